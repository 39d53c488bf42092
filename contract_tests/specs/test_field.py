"""Tests of openapi/field.yaml: the form of its entries, and the values that they state."""

import pytest
from attrs import evolve

from scripts.specs.field import Observation, is_observed_alone, malformed_entries, observations, observed_values

ENTRY = Observation(claim="A kite has a tail.", kind="vendor", date="2026-09", confidence="high")


def test_the_committed_entries_have_the_form():
    assert len(observations()) > 40
    assert list(malformed_entries(observations())) == []


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("Kite", {}, "is no id"),
        ("kite-", {}, "is no id"),
        ("kite", {"claim": "a kite has a tail."}, "not one sentence"),
        ("kite", {"claim": "A kite has a tail"}, "not one sentence"),
        ("kite", {"claim": "A kite flies. It has a tail."}, "not one sentence"),
        ("kite", {"kind": "rumour"}, "no kind of source"),
        ("kite", {"confidence": "sure"}, "no kind of source"),
        ("kite", {"date": "last year"}, "no date"),
        ("kite", {"date": "2026-09/"}, "no date"),
        ("kite", {"values": {"title": "Kite"}}, "states ['title']"),
    ],
)
def test_a_malformed_entry_is_found(name, changes, message):
    (reported,) = malformed_entries({name: evolve(ENTRY, **changes)})
    assert message in reported


@pytest.mark.parametrize("date", ["2026", "2026-09", "2026-09-20", "2025/2026", "2026-07/2026-09"])
def test_a_date_may_be_a_span_and_as_exact_as_it_is_known(date):
    assert list(malformed_entries({"kite": evolve(ENTRY, date=date)})) == []


def test_choices_of_several_entries_are_one_list():
    entries = {"a": evolve(ENTRY, values={"enum": ["x"], "maximum": 5}), "b": evolve(ENTRY, values={"enum": ["y"]})}
    node = {"x-source": ["001: request.kite", "field: a", "field: b", "field: c"]}
    assert observed_values(node, entries) == {"enum": ["x", "y"], "maximum": [5]}


@pytest.mark.parametrize(
    ("source", "observed_alone"),
    [("field: a", True), (["field: a", "field: b"], True), (["001: request", "field: a"], False), ([], False)],
)
def test_a_node_without_a_document_is_only_observed(source, observed_alone):
    assert is_observed_alone({"x-source": source}) is observed_alone
