"""Every change of meaning changes a fact, in its place, or is reported as unreadable."""

import re

import pytest

from contract_tests.documents.edits.corpus import TABLES, batches, changed, differences, document, edits, facts, texts
from contract_tests.documents.edits.fuzz import fuzzed
from contract_tests.support.vendor_documents import find_document

TEXTS = texts()
ELSEWHERE = 3
"""How many other places may change with it: a sample that no longer agrees, or a repetition."""

RENAMED = "renamed"
"""Renaming a field may change the facts of any place that refers to it."""


def missed(found, places, name):
    """The places without a difference, or without one of that name."""
    return [
        place for place in places if not any(re.search(place, where) and name in (None, fact) for where, fact in found)
    ]


def elsewhere(found, places):
    return {where for where, _ in found if not any(re.search(place, where) for place in places)}


@pytest.mark.parametrize("name", TABLES)
def test_every_edit_by_meaning_changes_a_fact_in_its_place(name):
    path = find_document(name)
    if path is None:
        pytest.skip("the vendor's documents are not here")
    text = path.read_text(encoding="utf-8")
    before, unseen, misplaced = facts(name, text), [], {}
    for batch in batches(edits(name), text):
        after = document(name, changed(text, batch))
        found = differences(before, after.facts) | {(one.part, "unread") for one in after.unread}
        unseen += [edit.what for edit in batch if missed(found, edit.places, edit.name)]
        far = elsewhere(found, [place for edit in batch for place in edit.places])
        if RENAMED not in batch[0].what and len(far) > ELSEWHERE * len(batch):
            misplaced[batch[0].what] = far
    assert unseen == []
    assert misplaced == {}


@pytest.mark.parametrize("name", TEXTS)
def test_no_field_of_a_page_can_change_unseen(name):
    """Type, mark, default, limit, choice and code of each."""
    text = TEXTS[name]
    before, unseen, made = facts(name, text), [], 0
    for batch, after in fuzzed(text):
        found = differences(before, facts(name, after))
        unseen += [change.what for change in batch if missed(found, [change.place], None)]
        made += len(batch)
    assert unseen == []
    assert made >= 30
