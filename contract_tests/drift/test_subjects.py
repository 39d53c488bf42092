"""The facts file that a page is compared with is found by its content, not by its name."""

import pytest

from contract_tests.drift.pages import CREATE, MODEL, facts, page, sheet
from scripts.facts.subjects import match

OTHER = "tick-1/image-to-video"
MOVED = {"request__path": "/v9/jobs/other"}


def about(model, **changed):
    """The facts of a page about another model."""
    return facts("models", request__model__enum=[model], **changed)


KNOWN = [sheet(), sheet(about(OTHER), (OTHER,)), sheet(facts("query", request__path="/kling/make"), ("k-1", "k-2"))]


@pytest.mark.parametrize("name", ["tick", "whatever"])
@pytest.mark.parametrize("at", [0, 1])
def test_the_model_decides_where_operations_are_the_same(name, at):
    known = KNOWN[at]
    found = match(page(known.facts, known.models, name), reversed(KNOWN))

    assert found.sheet is known


def test_an_unknown_model_is_a_new_subject():
    assert match(page(about("tick-9"), ("tick-9",)), KNOWN).sheet is None


def test_of_contradictory_models_the_known_one_counts():
    assert match(page(models=("tick-9", MODEL)), KNOWN).sheet is KNOWN[0]


def test_one_model_more_in_a_list_is_the_same_subject():
    assert match(page(KNOWN[2].facts, ("k-1", "k-2", "k-3")), KNOWN).sheet is KNOWN[2]


@pytest.mark.parametrize(
    "changed", [MOVED, {"request__method": "PUT"}, {"request__path": {"values": [CREATE["path"], "/x"]}}]
)
def test_an_operation_that_moved_is_the_same_subject(changed):
    assert match(page(facts(**changed)), KNOWN).sheet is KNOWN[0]


def test_another_operation_of_a_known_model_is_a_new_subject():
    """The names of the models are not enough: one service may give a model several addresses."""
    other = {place: stated for place, stated in about("k-1", **MOVED).items() if not place.startswith("request.input")}
    other |= {f"request.{name}": {"type": "string"} for name in ("image", "tail", "mask", "scale")}

    assert match(page(other, ("k-1",)), KNOWN).sheet is None


def test_a_page_about_the_query_is_compared_by_it_alone():
    found = match(page(facts("request", "response", "callback", "headers", "models"), ()), KNOWN[:1])

    assert found.sheet is KNOWN[0]
    assert found.prefixes == ("query.",)


def test_a_page_of_a_known_model_that_lost_its_creating_operation_is_compared_as_a_whole():
    found = match(page(facts("request", "response", "callback", "headers")), KNOWN)

    assert found.sheet is KNOWN[0]
    assert "" in found.prefixes


def test_facts_of_the_query_alone_are_taken_before_those_of_a_model():
    alone = sheet(facts("request", "response", "callback", "headers", "models", codes__enum=[1]), ())
    found = match(page(facts("request", "response", "callback", "headers", "models"), ()), [*KNOWN, alone])

    assert found.sheet is alone


def test_an_unknown_query_is_a_new_subject():
    stated = {"query.request": {"method": "GET", "path": "/v9/credit"}, "query.response.credit": {"type": "integer"}}

    assert match(page(stated, ()), KNOWN).sheet is None


def test_a_page_that_names_no_model_is_known_by_its_operation():
    assert match(page(KNOWN[2].facts, ()), KNOWN).sheet is KNOWN[2]


def test_a_page_that_names_no_model_is_never_taken_for_that_of_one():
    assert match(page(models=()), KNOWN[:2]).sheet is None


def test_without_facts_files_every_page_is_a_new_subject():
    assert match(page(), []).sheet is None
