"""Which facts count as changed, and how each change is reported."""

import pytest

from contract_tests.drift.pages import CREATE, FACTS, QUERY, facts
from scripts.facts.changes import changes

QUERY_OPERATION = "GET /v9/jobs/info"
CREATE_OPERATION = "POST /v9/jobs/create"


def rows(now, was=None, prefixes=("", "query.")):
    return [
        (row.operation, row.where, row.fact, row.was, row.now, row.kind)
        for row in changes(FACTS if was is None else was, now, prefixes)
    ]


def test_the_same_facts_are_no_change():
    assert rows(facts()) == []


def test_the_order_of_places_names_and_values_is_no_change():
    reordered = {place: dict(reversed(values.items())) for place, values in reversed(FACTS.items())}
    reordered["query.response.data.state"]["enum"] = ["queued", "done"]
    reordered["request.input.scale"]["maximum"] = 1.0

    assert rows(reordered) == []


@pytest.mark.parametrize(("place", "name"), [(place, name) for place, values in FACTS.items() for name in values])
def test_every_fact_that_changes_is_one_row_with_its_place_and_both_values(place, name):
    now = facts()
    now[place][name] = "something else"
    if place in ("request", "query.request") and name in ("method", "path"):
        operation = {"request": CREATE_OPERATION, "query.request": QUERY_OPERATION}[place]
    else:
        operation = QUERY_OPERATION if place.startswith("query.") else CREATE_OPERATION
    of_whole_page = place in ("auth", "codes", "polling", "results") or place.startswith("models.")

    assert rows(now) == [
        (
            None if of_whole_page else operation,
            place.removeprefix("query."),
            name,
            FACTS[place][name],
            "something else",
            "changed",
        )
    ]


@pytest.mark.parametrize("flip", [False, True])
def test_an_added_or_removed_field_is_one_row_with_all_its_facts(flip):
    without = facts("request.input.scale")
    stated = FACTS["request.input.scale"]
    found = rows(FACTS, without) if flip else rows(without)

    expected = (None, stated, "added") if flip else (stated, None, "removed")
    assert found == [(CREATE_OPERATION, "request.input.scale", "field", *expected)]


def test_a_removed_header_or_model_is_one_row():
    found = rows(facts("headers.", "models."))

    assert [(where, fact, kind) for _, where, fact, _, _, kind in found] == [
        ("headers.Accept", "header", "removed"),
        ("models.tick-1/text-to-video", "model", "removed"),
    ]


def test_each_field_below_a_removed_one_is_a_row():
    found = rows(facts("response.data"))

    assert [where for _, where, *_ in found] == ["response.data", "response.data.taskId"]


def test_facts_of_the_whole_page_are_reported_one_by_one():
    found = rows(facts("polling"))

    assert found == [
        (None, "polling", "queries_per_second", 10, None, "removed"),
        (None, "polling", "seconds", [5, 10], None, "removed"),
    ]


def test_a_removed_operation_is_one_row():
    assert rows(facts("query.")) == [(QUERY_OPERATION, "query", "operation", QUERY_OPERATION, None, "removed")]


def test_an_added_operation_is_one_row():
    assert rows(facts(), facts("query.")) == [(QUERY_OPERATION, "query", "operation", None, QUERY_OPERATION, "added")]


def test_a_removed_creation_is_one_row_with_its_fields_headers_and_callback():
    found = rows(facts("request", "response", "headers", "callback"))

    assert found == [(CREATE_OPERATION, "request", "operation", CREATE_OPERATION, None, "removed")]


def test_an_operation_that_moves_is_a_changed_path():
    found = rows(facts(query__request__path="/v9/jobs/other"))

    assert found == [(QUERY_OPERATION, "request", "path", QUERY["path"], "/v9/jobs/other", "changed")]


def test_contradictory_paths_are_still_one_operation():
    stated = {"values": [CREATE["path"], "/v9/jobs/other"]}

    assert rows(facts(request__path=stated)) == [
        (CREATE_OPERATION, "request", "path", CREATE["path"], stated, "changed")
    ]


def test_a_page_about_the_query_is_compared_in_nothing_else():
    now = facts(
        "request", "response", "callback", "headers", query__response__data__state__type="integer", codes__enum=[200]
    )
    found = rows(now, prefixes=("query.",))

    assert [(where, fact) for _, where, fact, *_ in found] == [("codes", "enum"), ("response.data.state", "type")]
