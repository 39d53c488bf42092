"""Rewording or reordering a page changes no fact."""

import pytest

from contract_tests.documents.edits.corpus import PAGES, differences, facts, texts
from contract_tests.documents.edits.rewordings import FORMS, applied, batches, changing
from scripts.documents import Unreadable

TEXTS = texts()
OURS = tuple(page.stem for page in sorted(PAGES.glob("*.md")))
THEIRS = tuple(name for name in TEXTS if name not in OURS)
AT_ONCE = 16
"""How many forms about a text takes at a time: fewer readings, and the forms meet each other."""


def changed(name, text):
    """Where the text does not say the same any more; its part that cannot be read, if there is one."""
    try:
        return differences(facts(name, TEXTS[name]), facts(name, text))
    except Unreadable as unreadable:
        return {(unreadable.part, unreadable.why)}


def culprits(name, forms):
    """Those of the forms that change a fact all by themselves; all of them, if none does."""
    return [form for form in forms if changed(name, applied(TEXTS[name], form))] or list(forms)


def misread(name):
    """The forms that change facts, tried several at a time."""
    return {
        form for batch, text in batches(TEXTS[name], AT_ONCE) if changed(name, text) for form in culprits(name, batch)
    }


@pytest.mark.parametrize("name", OURS)
def test_no_form_changes_a_fact_of_our_pages(name):
    assert misread(name) == set()


@pytest.mark.skipif(not THEIRS, reason="the vendor's documents are not here")
@pytest.mark.parametrize("name", THEIRS)
def test_no_form_changes_a_fact_of_the_documents(name):
    assert misread(name) == set()


@pytest.mark.parametrize("name", TEXTS)
def test_all_forms_at_once_change_no_fact(name):
    """As many as still find something to change after those before them."""
    forms, text = next(batches(TEXTS[name], len(FORMS)))
    assert changed(name, text) == set(), forms


def test_every_form_changes_some_page():
    assert FORMS.keys() == {form for text in TEXTS.values() for form in changing(text)}
