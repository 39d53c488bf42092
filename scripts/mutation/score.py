"""Find which checks notice a changed fact: run every check on every mutant of a spec."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import TypeAlias

from attrs import frozen

from scripts.checks import registry
from scripts.mutation.mutants import Mutant, mutants
from scripts.specs.baseline import remember
from scripts.specs.files import ROOT, load, read_yaml
from scripts.specs.spec import Spec

Check: TypeAlias = Callable[[str, Spec], list[str]]
Run: TypeAlias = Callable[[Callable[[int], list["Verdict"]], Iterable[int]], Iterable[list["Verdict"]]]

CHECKS: Mapping[str, Check] = {
    name: check.problems for name, check in registry.CHECKS.items() if name != "generated_classes"
}
"""The checks that are scored; not that of the generated classes, which any change of a spec makes others."""
FEWEST = 1_000
"""Mutants of an API: with less, the operators do not see the spec."""
SURVIVORS = ROOT / "contract_tests" / "mutation" / "survivors.yaml"
CHUNK = 50


class NotReadyError(Exception):
    """The checks find something in the unchanged spec, or compare too little: then a score means nothing."""


@frozen
class Verdict:
    """The checks that notice one mutant."""

    pointer: str
    name: str
    killers: tuple[str, ...]
    """The checks that notice it."""
    crashes: tuple[str, ...] = ()
    """Checks that raised an exception, and which; that is no notice."""

    def __str__(self) -> str:
        return f"{self.pointer} {self.name}"


@frozen
class Score:
    """The verdicts on all mutants of one API."""

    api: str
    verdicts: tuple[Verdict, ...]

    @property
    def killed(self) -> int:
        """How many mutants some check notices."""
        return sum(bool(verdict.killers) for verdict in self.verdicts)

    @property
    def share(self) -> float:
        """Of all mutants, in percent."""
        return 100 * self.killed / len(self.verdicts)

    @property
    def survivors(self) -> list[Verdict]:
        """The mutants that no check notices."""
        return [verdict for verdict in self.verdicts if not verdict.killers]

    def killed_by(self, check: str, *, alone: bool = False) -> int:
        """How many mutants this check notices; or it alone."""
        return sum(verdict.killers == (check,) if alone else check in verdict.killers for verdict in self.verdicts)


@frozen(order=True)
class Explanation:
    """A mutant that may survive, and the reason."""

    api: str
    pointer: str
    name: str
    why: str


def expect_silence(api: str, checks: Iterable[str] = CHECKS) -> None:
    """Raise unless each check compares enough and finds nothing in the unchanged spec; else it would kill all mutants.

    Raises:
        NotReadyError: One finds something, or compares too little; or there is no check, or hardly any mutant.
    """
    names = list(checks)
    found = list(registry.problems(api, names))
    found += [] if names else ["there is no check"]
    count = len(_mutants(api))
    found += [f"there are {count} mutants, and {FEWEST} are the least"] if count < FEWEST else []
    if found:
        raise NotReadyError(f"{api} as it is: {found[0]}")


def score(api: str, *, checks: Iterable[str] = CHECKS, first: bool = False, every: int = 1, run: Run = map) -> Score:
    """Run the checks on the mutants of an API; with `first`, only until one notices.

    `run` is `map`, or that of a pool of processes. Of `every` mutants one is judged; which one depends on the spec, so
    that each change of it draws others.
    """
    names = tuple(checks)
    expect_silence(api, names)
    starts = range(_offset(api, every), len(_mutants(api)), CHUNK * every)
    return Score(api, tuple(chain.from_iterable(run(partial(_chunk, api, names, first, every), starts))))


def _offset(api: str, every: int) -> int:
    return int(sha256(json.dumps(load(api)).encode()).hexdigest(), 16) % every


@cache
def _mutants(api: str) -> tuple[Mutant, ...]:
    spec = load(api)
    remember(spec)
    return tuple(mutants(spec))


def _chunk(api: str, names: tuple[str, ...], first: bool, every: int, start: int) -> list[Verdict]:  # noqa: FBT001 - a bound argument
    checks = {name: CHECKS[name] for name in names}
    return [judge(api, it, checks, first=first) for it in _mutants(api)[start : start + CHUNK * every : every]]


def judge(api: str, mutant: Mutant, checks: Mapping[str, Check], *, first: bool = False) -> Verdict:
    """Run every check on a mutant; with `first`, only until one notices."""
    killers: list[str] = []
    crashes: list[str] = []
    for name, check in checks.items():
        try:
            noticed = check(api, mutant.spec)
        except Exception as error:  # noqa: BLE001 - every crash is reported
            crashes.append(f"{name}: {type(error).__name__}: {error}")
            continue
        if noticed:
            killers.append(name)
            if first:
                break
    return Verdict(mutant.pointer, mutant.name, tuple(killers), tuple(crashes))


def explanations(path: Path = SURVIVORS) -> list[Explanation]:
    """Return the committed survivors."""
    return [Explanation(**entry) for entry in read_yaml(path) or ()]


def unexplained(score: Score, explained: Iterable[Explanation]) -> list[Verdict]:
    """Return the survivors without a reason."""
    known = {(it.pointer, it.name) for it in explained if it.api == score.api}
    return [verdict for verdict in score.survivors if (verdict.pointer, verdict.name) not in known]


def stale(score: Score, explained: Iterable[Explanation]) -> Iterator[Explanation]:
    """Return the reasons for mutants that are noticed by now, or do not exist any more."""
    alive = {(verdict.pointer, verdict.name) for verdict in score.survivors}
    judged = {(verdict.pointer, verdict.name) for verdict in score.verdicts}
    left_out = {(it.pointer, it.name) for it in _mutants(score.api)} - judged
    return (it for it in explained if it.api == score.api and (it.pointer, it.name) not in alive | left_out)
