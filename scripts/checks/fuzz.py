"""Run schemathesis on an application, in process and from a seed; record what it sent, checked and found."""

import json
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterable, Mapping
from contextlib import contextmanager
from copy import deepcopy
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import schemathesis
from attrs import frozen
from schemathesis import engine
from schemathesis.engine import Status, events

from scripts.checks.exchanges import BASE, App
from scripts.specs.spec import Spec, is_object, paid_operation, plain_validator, validator

PHASES: Final = ("examples", "coverage", "fuzzing", "stateful")
SEED: Final = 20260101
UNTYPED: Final[Any] = schemathesis
"""Its own annotations leave parts unknown."""


@frozen
class Finding:
    """One failed check of schemathesis."""

    phase: str
    check: str
    what: str


@frozen
class Run:
    """The results of one run."""

    cases: Mapping[str, int]
    """Phase -> requests."""
    checks: Mapping[str, int]
    """Check -> how often it ran."""
    findings: tuple[Finding, ...]


def fuzz(
    spec: Spec,
    app: App,
    keys: Mapping[str, str],
    *,
    phases: Collection[str] = PHASES,
    examples: int = 15,
    once: Collection[str] = (),
) -> Run:
    """Run schemathesis on an application; the same arguments give the same requests.

    Args:
        spec: What the application is to be held to.
        app: The application.
        keys: User -> API key; no user is to see another's tasks.
        phases: Which of schemathesis's phases to run.
        examples: How many cases are drawn for each operation in the phases that draw.
        once: Fields of a body whose value may be given once: each request gets a new one.
    """
    with TemporaryDirectory() as folder, _renaming(once):
        users = Path(folder, "users.json")
        users.write_text(json.dumps({"auth": [_user(*entry) for entry in keys.items()]}), encoding="utf-8")
        schema = schemathesis.openapi.from_dict(deepcopy(spec), config=_config(users, keys, phases, examples))
        schema.app = app
        return _run(spec, engine.from_schema(schema).execute())


def stock_checks() -> set[str]:
    """Return the names of all checks that schemathesis brings."""
    UNTYPED.checks.load_all_checks()
    return set(UNTYPED.checks.CHECKS.get_all_names())


def _user(name: str, key: str) -> dict[str, Any]:
    return {"name": name, "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {key}"}]}


def _config(users: Path, keys: Collection[str], phases: Collection[str], examples: int) -> Any:
    return UNTYPED.Config.from_dict(
        {
            "seed": SEED,
            "base-url": BASE,
            "cache": {"enabled": False},
            "generation": {"deterministic": True, "database": "none", "max-examples": examples},
            "phases": {phase: {"enabled": phase in phases} for phase in PHASES},
            "auth": {"wfc": {"path": str(users), "peers": list(keys)}},
        }
    )


def _run(spec: Spec, stream: Iterable[events.EngineEvent]) -> Run:
    cases, checks, findings = Counter[str](), Counter[str](), list[Finding]()
    breaks_rules = rule_breakers(spec)
    for event in stream:
        if isinstance(event, events.ScenarioFinished):
            cases[event.phase.value] += len(event.recorder.interactions)
            sent: Any = event.recorder.cases
            for case, results in event.recorder.checks.items():
                checks.update(result.name for result in results)
                failed = [result for result in results if result.status is not Status.SUCCESS]
                if failed and breaks_rules(sent[case].value.body):
                    failed = [result for result in failed if result.name != "positive_data_acceptance"]
                findings += [_finding(event, result) for result in failed]
        elif isinstance(event, events.NonFatalError):
            findings.append(Finding("", "engine", f"{event.label}: {event.value!r}"))
        elif isinstance(event, events.FatalError):
            raise event.exception
    return Run(cases, checks, tuple(findings))


def rule_breakers(spec: Spec) -> Callable[[Any], bool]:
    """Return a function that tells whether a body breaks `x-rules` alone, which schemathesis does not know.

    A body that plain JSON Schema refuses as well does not count: schemathesis should have known.
    """
    schema = paid_operation(spec).body or {}
    plain, full = plain_validator(spec, schema), validator(spec, schema)
    return lambda body: is_object(body) and plain.is_valid(body) and not full.is_valid(body)


def _finding(event: events.ScenarioFinished, result: Any) -> Finding:
    info = result.failure_info
    return Finding(event.phase.value, result.name, f"{info.failure}\n{info.code_sample}" if info else "it crashed")


@contextmanager
def _renaming(once: Collection[str]) -> Generator[None]:
    """While the block lasts, make the values of these fields differ from request to request."""
    numbers = count(1)

    def before_call(context: Any, case: Any, kwargs: Any) -> None:  # noqa: ARG001 - schemathesis looks at the names
        for name in once:
            if is_object(case.body) and isinstance(case.body.get(name), str) and case.body[name]:
                case.body[name] += f"-{next(numbers)}"

    UNTYPED.hook(before_call)
    try:
        yield
    finally:
        UNTYPED.hooks.unregister(before_call)
