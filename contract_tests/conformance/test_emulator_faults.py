"""Tests that every fault of an emulator is reported: by the laws of a task's life (`lifecycle`), or by the spec."""

from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any

import pytest

from contract_tests.conformance.emulator_faults import FAULTS, spec
from scripts.checks import emulator, lifecycle
from scripts.checks.endpoints import ENDPOINTS
from scripts.checks.recording import (
    Session,
    Subject,
    accepted_media_types,
    bodies,
    create,
    examples,
    follow_tasks,
    record,
    send_odd_requests,
)

SEEDED_FAULTS = 232
"""The least number of faults: otherwise a removed fault would go unnoticed."""
LAWS = {law.__name__ for law in (*lifecycle.LAWS, lifecycle.callbacks)}
BODIES_AT_ONCE = 25


@cache
def bodies_at_limits(api: str, field: str) -> list[Any]:
    """Return bodies at the limits of a field and beyond them."""
    return bodies(spec(api), field)


def broken_laws(subject: Subject) -> set[str]:
    """Return the laws broken in the lives of two tasks; if none is, those broken by odd requests."""
    problems = lifecycle.problems(subject.endpoints, follow_tasks(subject, examples(subject.spec)[-1:]))
    names = {problem.partition(":")[0] for problem in problems}
    return names or {
        problem.partition(":")[0] for problem in lifecycle.problems(subject.endpoints, send_odd_requests(subject))
    }


def disagreements_with_spec(subject: Subject, field: str = "") -> Iterator[str]:
    """Yield where exchanges and the spec disagree: odd requests and bodies at all limits, or bodies at one field's."""
    sessions = [] if field else [send_odd_requests(subject)]
    media_types = accepted_media_types(subject)
    exchanges = create(subject, bodies_at_limits(subject.endpoints.api, field))
    while sessions or (chunk := [*islice(exchanges, BODIES_AT_ONCE)]):
        recording = record(subject, sessions or [Session(None, chunk)], media_types, {})
        yield from emulator.disagreements(recording, subject.spec, emulator.OF_EXCHANGES)
        sessions = []


@pytest.mark.parametrize("api", ENDPOINTS)
def test_every_fault_is_reported_and_every_law_reports_one(api: str) -> None:
    faults = [fault for fault in FAULTS if api in fault.apis]
    laws_by_fault = {fault: broken_laws(fault.subject(api)) for fault in faults if not fault.field}
    reporting_laws = set[str]().union(*laws_by_fault.values())
    assert LAWS - reporting_laws == (set() if api == "kie" else {"params"})
    faults_within_laws = [fault for fault in faults if not laws_by_fault.get(fault)]
    assert [
        str(fault)
        for fault in faults_within_laws
        if next(disagreements_with_spec(fault.subject(api), fault.field), None) is None
    ] == []


@pytest.mark.parametrize("api", ENDPOINTS)
def test_a_correct_emulator_breaks_no_law(api: str) -> None:
    correct = Subject(ENDPOINTS[api], spec(api))
    assert broken_laws(correct) == set()
    odd = record(correct, [send_odd_requests(correct)], accepted_media_types(correct), {})
    assert emulator.disagreements(odd, correct.spec, emulator.OF_EXCHANGES) == []
    assert [*disagreements_with_spec(correct, correct.endpoints.callback)] == []  # mutation/test_score.py sends all


def test_no_seeded_fault_is_gone() -> None:
    assert sum(len(fault.apis) for fault in FAULTS) >= SEEDED_FAULTS
