"""Tests that each committed survivor is an existing mutant, occurs once, in order, and has a reason."""

from collections import Counter

import pytest

from scripts.mutation.mutants import mutants
from scripts.mutation.score import explanations
from scripts.specs.files import apis, load


@pytest.fixture(scope="module")
def survivors():
    return explanations()


def test_survivors_are_sorted_and_each_has_one_reason(survivors):
    keys = [(survivor.api, survivor.pointer, survivor.name) for survivor in survivors]
    assert keys == sorted(keys)
    assert [mutant for mutant, count in Counter(keys).items() if count > 1] == []


def test_every_reason_is_a_sentence(survivors):
    assert [survivor for survivor in survivors if len(survivor.why.split()) < 4 or not survivor.why.endswith(".")] == []


def test_every_survivor_is_an_existing_mutant(survivors):
    existing_mutants = {(api, mutant.pointer, mutant.name) for api in apis() for mutant in mutants(load(api))}
    assert [
        survivor for survivor in survivors if (survivor.api, survivor.pointer, survivor.name) not in existing_mutants
    ] == []
