"""Each change is classified as breaking or additive for a client that knows the old text."""

from typing import Any

import pytest

from contract_tests.drift.pages import FACTS, facts
from scripts.facts.changes import changes

BREAKING, ADDITIVE = "breaking", "additive"
CONTRADICTORY = {"values": [1, 2]}

FIELDS: list[tuple[str, Any, Any, str]] = [
    # place, facts before, facts after (None: the field is not there), impact
    ("request.input.seed", None, {"type": "integer", "required": False}, ADDITIVE),
    ("request.input.seed", None, {"type": "integer"}, ADDITIVE),
    ("request.input.seed", None, {"type": "integer", "required": True}, BREAKING),
    ("request.input.seed", {"type": "integer", "required": False}, None, BREAKING),
    ("query.request.seed", None, {"type": "string", "required": True}, BREAKING),
    ("response.data.cost", None, {"type": "integer", "required": True}, ADDITIVE),
    ("response.data.cost", {"type": "integer"}, None, BREAKING),
    ("query.response.data.cost", None, {"type": "integer"}, ADDITIVE),
    ("query.response.data.cost", {"type": "integer", "stated_by": "sample"}, None, BREAKING),
    ("headers.X-Trace", None, {"type": "string", "required": True}, BREAKING),
    ("headers.X-Trace", None, {"type": "string", "required": False}, ADDITIVE),
    ("models.tick-2", None, {"features": []}, ADDITIVE),
    ("models.tick-2", {"features": []}, None, BREAKING),
]

VALUES = [
    # place, fact, before, after (None: not stated), impact
    ("request.input.x", "type", "string", "integer", BREAKING),
    ("request.input.x", "type", None, "integer", ADDITIVE),
    ("request.input.x", "required", False, True, BREAKING),
    ("request.input.x", "required", None, True, BREAKING),
    ("request.input.x", "required", True, False, ADDITIVE),
    ("request.input.x", "required", True, None, ADDITIVE),
    ("request.input.x", "default", 5, 10, BREAKING),
    ("request.input.x", "default", 5, None, BREAKING),
    ("request.input.x", "default", None, 5, ADDITIVE),
    ("request.input.x", "enum", [5, 10], [5, 10, 15], ADDITIVE),
    ("request.input.x", "enum", [5, 10], [5], BREAKING),
    ("request.input.x", "enum", [5, 10], [5, 15], BREAKING),
    ("request.input.x", "enum", None, [5, 10], BREAKING),
    ("request.input.x", "enum", [5, 10], None, ADDITIVE),
    ("request.input.x", "open", None, True, ADDITIVE),
    ("request.input.x", "open", True, None, BREAKING),
    ("request.input.x", "max_length", 1000, 999, BREAKING),
    ("request.input.x", "max_length", 1000, 1001, ADDITIVE),
    ("request.input.x", "max_length", None, 1000, BREAKING),
    ("request.input.x", "max_length", 1000, None, ADDITIVE),
    ("request.input.x", "maximum", 1, 0.9, BREAKING),
    ("request.input.x", "maximum", 1, 2, ADDITIVE),
    ("request.input.x", "minimum", 0, 0.1, BREAKING),
    ("request.input.x", "minimum", 0, -1, ADDITIVE),
    ("request.input.x", "minimum", 0, None, ADDITIVE),
    ("request.input.x", "max_bytes", 10, 5, BREAKING),
    ("request.input.x", "media_types", ["image/png"], ["image/jpeg"], BREAKING),
    ("request.input.x", "media_types", ["image/png"], ["image/jpeg", "image/png"], ADDITIVE),
    ("request.input.x", "step", 0.1, 0.5, BREAKING),
    ("request.input.x", "step", 0.1, None, ADDITIVE),
    ("request.input.x", "format", None, "uri", BREAKING),
    ("request.input.x", "format", "uri", None, ADDITIVE),
    ("request.input.x", "stated_by", "sample", None, ADDITIVE),
    ("request.input.x", "max_length", 1000, CONTRADICTORY, BREAKING),
    ("request.input.x", "max_length", CONTRADICTORY, 1000, BREAKING),
    ("query.request.x", "in", "query", "path", BREAKING),
    ("response.data.x", "type", "string", "integer", BREAKING),
    ("response.data.x", "type", None, "integer", ADDITIVE),
    ("response.data.x", "required", True, False, BREAKING),
    ("response.data.x", "required", True, None, BREAKING),
    ("response.data.x", "required", None, True, ADDITIVE),
    ("response.data.x", "enum", ["done"], ["done", "failed"], ADDITIVE),
    ("response.data.x", "enum", ["done", "failed"], ["done"], BREAKING),
    ("response.data.x", "enum", None, ["done"], ADDITIVE),
    ("response.data.x", "enum", ["done"], None, BREAKING),
    ("response.data.x", "nullable", None, True, ADDITIVE),
    ("query.response.data.x", "enum", ["done", "failed"], ["done"], BREAKING),
    ("query.response.data.x", "max_length", 10, 20, BREAKING),
    ("request", "path", "/v1", "/v2", BREAKING),
    ("request", "method", "POST", "PUT", BREAKING),
    ("request", "host", "https://one.example", "https://two.example", BREAKING),
    ("request", "host", None, "https://two.example", ADDITIVE),
    ("request", "content_type", "application/json", "text/plain", BREAKING),
    ("request", "body_required", False, True, BREAKING),
    ("request", "body_required", True, False, ADDITIVE),
    ("auth", "scheme", "bearer", "basic", BREAKING),
    ("auth", "header", "Authorization", "X-Key", BREAKING),
    ("codes", "enum", [200, 400], [200, 400, 500], ADDITIVE),
    ("codes", "enum", [200, 400], [200], BREAKING),
    ("callback", "method", "POST", "PUT", BREAKING),
    ("callback", "field", None, "callBackUrl", ADDITIVE),
    ("headers.X-Trace", "required", False, True, BREAKING),
    ("headers.X-Trace", "sample", "a", "b", ADDITIVE),
    ("polling", "seconds", [2, 5], [5, 10], BREAKING),
    ("polling", "seconds", [5, 10], [2, 5], ADDITIVE),
    ("polling", "seconds", None, [5, 10], ADDITIVE),
    ("polling", "queries_per_second", 10, 5, BREAKING),
    ("polling", "queries_per_second", 10, 20, ADDITIVE),
    ("results", "lifetime_hours", 24, 12, BREAKING),
    ("results", "lifetime_hours", None, 24, ADDITIVE),
    ("models.tick-2", "features", ["sound"], ["sound", "case"], ADDITIVE),
    ("models.tick-2", "features", ["sound", "case"], ["sound"], BREAKING),
    ("request.sample", "valid", True, False, ADDITIVE),
    ("response.sample", "missing", None, ["data"], ADDITIVE),
    ("request.input.x", "a name yet to come", 1, 2, BREAKING),
]


def impact(place, was, now):
    """The impact of the one change between these facts of a place."""
    before, after = ({**facts(), place: stated} if stated is not None else facts(place) for stated in (was, now))
    (row,) = changes(before, after)
    return row.impact


@pytest.mark.parametrize(("place", "was", "now", "expected"), FIELDS)
def test_impact_of_an_added_or_removed_field(place, was, now, expected):
    assert impact(place, was, now) == expected


@pytest.mark.parametrize(("place", "fact", "was", "now", "expected"), VALUES)
def test_impact_of_a_changed_fact(place, fact, was, now, expected):
    before, after = ({fact: value} if value is not None else {} for value in (was, now))
    assert impact(place, {**before, "still": 1}, {**after, "still": 1}) == expected


def test_impact_of_an_added_or_removed_operation():
    removed, added = changes(FACTS, facts("query.")), changes(facts("query."), FACTS)
    assert [row.impact for row in (*removed, *added)] == [BREAKING, ADDITIVE]
