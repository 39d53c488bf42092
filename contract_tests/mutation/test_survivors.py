"""The committed survivors: each is a mutant there is, once, in order, with a reason."""

from collections import Counter

import pytest

from scripts.mutation.mutants import mutants
from scripts.mutation.score import explanations
from scripts.specs.files import apis, load


@pytest.fixture(scope="module")
def explained():
    return explanations()


def test_they_are_sorted_and_there_is_one_reason_for_each(explained):
    known = [(it.api, it.pointer, it.name) for it in explained]
    assert known == sorted(known)
    assert [mutant for mutant, times in Counter(known).items() if times > 1] == []


def test_every_reason_is_a_sentence(explained):
    assert [it for it in explained if len(it.why.split()) < 4 or not it.why.endswith(".")] == []


def test_every_one_is_a_mutant(explained):
    made = {(api, mutant.pointer, mutant.name) for api in apis() for mutant in mutants(load(api))}
    assert [it for it in explained if (it.api, it.pointer, it.name) not in made] == []
