"""The contract report as data: what was compared on each side, what disagrees, and what differs on purpose."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from attrs import field, frozen

from scripts.checks.registry import CHECKS, problems
from scripts.facts.sheets import Sheet, sheets
from scripts.specs.field import Observation, observations
from scripts.specs.files import apis


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
    """The result of the last mutation, if there is one."""


@frozen
class Plan:
    """The checks and facts of one side."""

    what: str
    checks: tuple[str, ...]
    tests: tuple[str, ...]
    """Where its tests are, as JUnit names modules."""


PLANS: Mapping[str, Plan] = {
    "documents and specs": Plan(
        "facts", ("documents",), ("contract_tests.documents", "contract_tests.drift", "contract_tests.specs")
    ),
    "specs and client": Plan(
        "responses",
        ("responses", "generated_classes"),
        (
            "contract_tests.generated",
            *(f"contract_tests.conformance.test_{it}" for it in ("response", "golden", "generated", "laws")),
        ),
    ),
    "client and specs": Plan("requests", ("requests",), ("contract_tests.conformance.test_client_requests",)),
    "emulator and specs": Plan(
        "exchanges",
        ("emulator",),
        ("contract_tests.conformance.test_emulator", "contract_tests.conformance.test_fuzz"),
    ),
}
"""Side -> what is compared there, and by which checks and tests."""


def square(junit: Path | None = None, scores: tuple[Mapping[str, Any], ...] = ()) -> Square:
    """Compare everything now, and add the results of a run of the tests."""
    cases = list(_cases(junit)) if junit is not None and junit.exists() else []
    committed = tuple(sheets())
    waived = sum(len(sheet.waivers) for sheet in committed)
    sides = tuple(_side(name, cases, waived) for name in PLANS)
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
    """The result of one test."""

    module: str
    seconds: float
    failed: bool


def _cases(junit: Path) -> Iterator[Case]:
    for case in ET.parse(junit).iter("testcase"):  # noqa: S314 - pytest wrote it
        failed = any(child.tag in {"failure", "error"} for child in case)
        yield Case(case.get("classname", ""), float(case.get("time", 0)), failed)


def _side(name: str, cases: list[Case], waived: int) -> Side:
    plan = PLANS[name]
    ours = [case for case in cases if case.module.startswith(plan.tests)]
    return Side(
        name=name,
        what=plan.what,
        counts={api: CHECKS[plan.checks[0]].compared(api) for api in apis()},
        problems=tuple(f"{api}: {problem}" for api in apis() for problem in problems(api, plan.checks)),
        waived=waived if "documents" in plan.checks else 0,
        tests=len(ours),
        failed=sum(case.failed for case in ours),
    )
