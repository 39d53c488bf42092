"""Tests of the report of a service's checks."""

from __future__ import annotations

from klingkit.contract import Check, Report


def test_the_table_ends_with_totals():
    report = Report("kie", "http://h", (Check("a", "passed", ""), Check("longer", "unknown", "why")))
    assert report.table() == (
        "passed   a       \nunknown  longer  why\n"
        "kie at http://h: 1 passed, 0 failed, 1 could not be run; nothing was accepted"
    )
