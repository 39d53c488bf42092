"""All checks of the square by name, and the least that each must compare: one that compared too little has failed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from attrs import frozen

from scripts.checks import documents, emulator, examples, generated_classes, requests, responses
from scripts.specs.files import load
from scripts.specs.lint import rules
from scripts.specs.lint.index import index
from scripts.specs.spec import Spec

Problems: TypeAlias = Callable[[str, Spec], list[str]]


@frozen
class Check:
    """One check: what it finds, and how much it compares."""

    problems: Problems
    compared: Callable[[str], int]
    """API -> how many things are compared."""
    floor: int
    """How many there must be for each API."""


def _looked_at(api: str) -> int:
    """Count the parts of a spec, times the rules that see them."""
    return len(rules.RULES) * len(index(load(api)).nodes)


# In the order of their cost: `make mutate MUTATE=--first` stops at the first that notices a mutant.
CHECKS: Final[Mapping[str, Check]] = {
    "lint": Check(rules.problems, _looked_at, 5_000),
    "responses": Check(responses.problems, responses.compared, 250),
    "requests": Check(requests.problems, requests.compared, 700),
    "examples": Check(examples.problems, examples.compared, 8),
    "documents": Check(documents.problems, documents.compared, 50),
    "emulator": Check(emulator.problems, emulator.compared, 1_000),
    "generated_classes": Check(generated_classes.problems, generated_classes.compared, 3_000),
}


def problems(api: str, names: Iterable[str] = CHECKS) -> Iterator[str]:
    """Yield what the named checks find in the committed spec of an API, and which of them compared too little."""
    for name in names:
        check = CHECKS[name]
        yield from (f"{name}: {problem}" for problem in check.problems(api, load(api)))
        if (count := check.compared(api)) < check.floor:
            yield f"{name}: it compared {count} things of {api}, and {check.floor} are the least"
