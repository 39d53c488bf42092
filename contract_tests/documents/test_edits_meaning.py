"""An edit by meaning always changes a fact, in its place."""

import re

import pytest

from contract_tests.documents.edits.corpus import PAGES, differences, edits, facts, vendor
from contract_tests.documents.edits.fuzz import changes

ELSEWHERE = 3
"""How many other places may change with it: a sample that no longer agrees, another telling."""

RENAMED = "renamed"
"""What is known under another name may be seen from anywhere."""


def missed(changed, places, name):
    """The places of which nothing was said, or nothing under that name."""
    return [
        place
        for place in places
        if not any(re.search(place, where) and name in (None, found) for where, found in changed)
    ]


def elsewhere(changed, places):
    return {where for where, _ in changed if not any(re.search(place, where) for place in places)}


@pytest.mark.parametrize("edit", list(edits()), ids=str)
def test_an_edit_by_meaning_changes_a_fact_in_its_place(edit):
    path = vendor(edit.document)
    if path is None:
        pytest.skip("the vendor's documents are not here")
    text = path.read_text(encoding="utf-8")
    changed = differences(facts(edit.document, text), facts(edit.document, edit.apply(text)))
    assert missed(changed, edit.places, edit.name) == [], changed
    assert RENAMED in edit.what or len(elsewhere(changed, edit.places)) <= ELSEWHERE, changed


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda page: page.stem)
def test_every_field_of_our_pages_counts(page):
    """Type, mark, default, limit, choice and code of each: none can change or go unseen."""
    text = page.read_text(encoding="utf-8")
    made = list(changes(text))
    before = facts(page.stem, text)
    unseen = [
        change.what
        for change in made
        if missed(differences(before, facts(page.stem, change.text)), [change.place], None)
    ]
    assert unseen == []
    assert len(made) > 30
