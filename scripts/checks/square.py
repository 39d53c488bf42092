"""The square at a glance: what was compared on each side, what disagrees, and what differs on purpose."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from attrs import field, frozen

from scripts.checks import client_requests as sent
from scripts.checks import corpus, documents, emulator, requests
from scripts.checks import responses as answers
from scripts.facts.sheets import Sheet, sheets
from scripts.specs.field import Observation, observations
from scripts.specs.files import apis, load
from scripts.specs.spec import Spec

Count = Callable[[str], int]
Check = Callable[[str, Spec], list[str]]


@frozen(kw_only=True)
class Side:
    """One side of the square, over all APIs."""

    name: str
    what: str
    """What is counted."""
    counts: dict[str, int]
    """API -> how many were compared."""
    problems: tuple[str, ...]
    waived: int = 0
    tests: int = 0
    failed: int = 0

    @property
    def compared(self) -> int:
        """How many in all."""
        return sum(self.counts.values())


@frozen(kw_only=True)
class Square:
    """All four sides, and what is waived."""

    sides: tuple[Side, ...]
    sheets: tuple[Sheet, ...]
    observations: Mapping[str, Observation]
    """What no document has."""
    tests: int = 0
    failed: int = 0
    seconds: float = 0.0
    scores: tuple[Mapping[str, Any], ...] = field(factory=tuple)
    """What mutation told last, where it has been run."""


TESTS: Mapping[str, tuple[str, ...]] = {
    "documents and specs": ("contract_tests.documents", "contract_tests.drift", "contract_tests.specs"),
    "specs and client": (
        "contract_tests.generated",
        "contract_tests.conformance.test_client_answers",
        "contract_tests.conformance.test_client_golden",
        "contract_tests.conformance.test_client_limits",
        "contract_tests.conformance.test_laws",
    ),
    "client and specs": ("contract_tests.conformance.test_client_requests",),
    "emulator and specs": ("contract_tests.conformance.test_emulator",),
}
"""Side -> where its tests are, as JUnit names modules."""


def square(junit: Path | None = None, scores: tuple[Mapping[str, Any], ...] = ()) -> Square:
    """Compare everything now, and add what a run of the tests told."""
    cases = list(_cases(junit)) if junit is not None and junit.exists() else []
    committed = tuple(sheets())
    waived = sum(len(sheet.waivers) for sheet in committed)
    sides = (
        _side("documents and specs", "facts", _facts_of(committed), documents.problems, cases, waived),
        _side("specs and client", "answers", lambda api: len(answers.answers(api)), answers.problems, cases),
        _side("client and specs", "requests", _requests_of, requests.problems, cases),
        _side("emulator and specs", "exchanges", _exchanges_of, emulator.problems, cases),
    )
    return Square(
        sides=sides,
        sheets=committed,
        observations=observations(),
        tests=len(cases),
        failed=sum(case.failed for case in cases),
        seconds=sum(case.seconds for case in cases),
        scores=scores,
    )


@frozen
class Case:
    """A test that was run."""

    module: str
    seconds: float
    failed: bool


def _cases(junit: Path) -> Iterator[Case]:
    for case in ET.parse(junit).iter("testcase"):  # noqa: S314 - pytest wrote it
        failed = any(child.tag in {"failure", "error"} for child in case)
        yield Case(case.get("classname", ""), float(case.get("time", 0)), failed)


def _side(name: str, what: str, count: Count, check: Check, cases: list[Case], waived: int = 0) -> Side:
    ours = [case for case in cases if case.module.startswith(TESTS[name])]
    return Side(
        name=name,
        what=what,
        counts={api: count(api) for api in apis()},
        problems=tuple(problem for api in apis() for problem in check(api, load(api))),
        waived=waived,
        tests=len(ours),
        failed=sum(case.failed for case in ours),
    )


def _facts_of(committed: tuple[Sheet, ...]) -> Count:
    return lambda api: sum(len(told) for sheet in committed if sheet.api == api for told in sheet.facts.values())


def _requests_of(api: str) -> int:
    return len(sent.paid(api)) + len(sent.asked(api)) + len(sent.refused(api))


def _exchanges_of(api: str) -> int:
    ours = corpus.corpus(api)
    return len(ours.created) + len(ours.asked) + len(ours.keyless) + len(ours.strays) + len(ours.callbacks)
