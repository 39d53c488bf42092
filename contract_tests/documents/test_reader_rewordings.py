"""Rewording or reordering a page changes no fact."""

import pytest

from contract_tests.documents.edits.corpus import PAGES, differences, facts, texts
from contract_tests.documents.edits.rewordings import REWORDINGS, applied, batches, rewordings_that_change
from scripts.documents import Unreadable

TEXTS = texts()
OURS = tuple(page.stem for page in sorted(PAGES.glob("*.md")))
THEIRS = tuple(name for name in TEXTS if name not in OURS)
AT_ONCE = 16
"""About how many rewordings are applied together: this needs fewer readings, and tests combinations."""


def changed(name, text):
    """The facts that differ in a reworded text, or the part of it that cannot be read."""
    try:
        return differences(facts(name, TEXTS[name]), facts(name, text))
    except Unreadable as unreadable:
        return {(unreadable.part, unreadable.why)}


def culprits(name, rewordings):
    """Those of the rewordings that change a fact on their own; all of them if none does."""
    return [rewording for rewording in rewordings if changed(name, applied(TEXTS[name], rewording))] or list(rewordings)


def misread(name):
    """The rewordings that change facts, tried several at a time."""
    return {
        rewording
        for batch, text in batches(TEXTS[name], AT_ONCE)
        if changed(name, text)
        for rewording in culprits(name, batch)
    }


@pytest.mark.parametrize("name", OURS)
def test_no_rewording_changes_a_fact_of_our_pages(name):
    assert misread(name) == set()


@pytest.mark.skipif(not THEIRS, reason="the vendor's documents are not here")
@pytest.mark.parametrize("name", THEIRS)
def test_no_rewording_changes_a_fact_of_the_documents(name):
    assert misread(name) == set()


@pytest.mark.parametrize("name", TEXTS)
def test_all_rewordings_at_once_change_no_fact(name):
    """All that still change the text after those before them."""
    rewordings, text = next(batches(TEXTS[name], len(REWORDINGS)))
    assert changed(name, text) == set(), rewordings


def test_every_rewording_changes_some_page():
    assert REWORDINGS.keys() == {rewording for text in TEXTS.values() for rewording in rewordings_that_change(text)}
