"""Every fault of an emulator is noticed: by the laws of a task's life, or by the spec."""

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
"""At least: a fault less would go unnoticed."""
LAWS = {law.__name__ for law in (*lifecycle.LAWS, lifecycle.callbacks)}
CHUNK = 25


@cache
def at_limits(api: str, field: str) -> list[Any]:
    """Bodies at the limits of a field and beyond them."""
    return bodies(spec(api), field)


def broken_laws(subject: Subject) -> set[str]:
    """The laws that are broken in the lives of two tasks; if none is, those that odd requests show."""
    found = lifecycle.problems(subject.endpoints, follow_tasks(subject, examples(subject.spec)[-1:]))
    names = {it.partition(":")[0] for it in found}
    return names or {it.partition(":")[0] for it in lifecycle.problems(subject.endpoints, send_odd_requests(subject))}


def against_the_spec(subject: Subject, field: str = "") -> Iterator[str]:
    """Yield where exchanges and the spec disagree: odd ones, and those at the limits of all fields, or of one alone."""
    sessions = [] if field else [send_odd_requests(subject)]
    taken = accepted_media_types(subject)
    created = create(subject, at_limits(subject.endpoints.api, field))
    while sessions or (chunk := [*islice(created, CHUNK)]):
        seen = record(subject, sessions or [Session(None, chunk)], taken, {})
        yield from emulator.disagreements(seen, subject.spec, emulator.OF_EXCHANGES)
        sessions = []


@pytest.mark.parametrize("api", ENDPOINTS)
def test_every_fault_is_noticed_and_every_law_notices_one(api: str) -> None:
    seeded = [fault for fault in FAULTS if api in fault.apis]
    noticed = {fault: broken_laws(fault.subject(api)) for fault in seeded if not fault.field}
    unlawful = set[str]().union(*noticed.values())
    assert LAWS - unlawful == (set() if api == "kie" else {"params"})
    lawful = [fault for fault in seeded if not noticed.get(fault)]
    assert [str(it) for it in lawful if next(against_the_spec(it.subject(api), it.field), None) is None] == []


@pytest.mark.parametrize("api", ENDPOINTS)
def test_a_sound_emulator_breaks_no_law(api: str) -> None:
    sound = Subject(ENDPOINTS[api], spec(api))
    assert broken_laws(sound) == set()
    assert [*against_the_spec(sound)] == []


def test_no_seeded_fault_is_gone() -> None:
    assert sum(len(fault.apis) for fault in FAULTS) >= SEEDED_FAULTS
