"""What is wrong with a value, in plain words: the field, the limit, the value."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias, cast

from jsonschema_rs import ValidationError

__all__ = ["WORDS", "Violation", "explain", "short", "shown"]

Path: TypeAlias = tuple[str | int, ...]

LONGEST: Final = 60
"""Characters of a value that are shown."""


@dataclass(frozen=True)
class Violation:
    """One thing that a spec forbids.

    Attributes:
        where: The field, dotted (`input.prompt`, `data.videos.0.url`), `query.taskId`, `headers.content-type`, `path`,
            `method`, `status`, or `body` for the whole of it.
        what: What it is, and what it may be.
    """

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class Flaw(NamedTuple):
    """A keyword of a schema that a value does not satisfy."""

    path: Path
    keyword: str
    expected: Any
    value: Any


def explain(errors: Iterable[ValidationError], below: Path = ()) -> list[Violation]:
    """Say what a validator found; each thing once.

    Args:
        errors: Of one value.
        below: The path of this value within the body.
    """
    flaws = [flaw._replace(path=(*below, *flaw.path)) for error in errors for flaw in _flaws(error)]
    listed = {flaw.path for flaw in flaws if flaw.keyword == "enum"}  # the words say the type, too
    told = [_told(flaw) for flaw in flaws if flaw.keyword != "type" or flaw.path not in listed]
    return list(dict.fromkeys(told))


def short(value: object) -> str:
    """Write a value as JSON, cut where it is long."""
    text = shown(json.dumps(value, ensure_ascii=False, default=str))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def shown(text: str) -> str:
    """Write what is not printable as Python does: no server's words shall steer a terminal, or look like ours."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def _flaws(error: ValidationError) -> list[Flaw]:
    kind = cast("Any", error.kind)
    path = tuple(error.instance_path)
    if kind.name in {"anyOf", "oneOf"}:
        branches = [[flaw for one in branch for flaw in _flaws(one)] for branch in kind.context]
        return _nearest(path, error.instance, branches)
    if kind.name == "required":
        return [Flaw((*path, kind.property), kind.name, None, None)]
    if kind.name == "additionalProperties":
        return [Flaw((*path, name), kind.name, None, None) for name in kind.unexpected]
    return [Flaw(path, kind.name, kind.value, error.instance)]


def _nearest(path: Path, value: object, branches: Sequence[list[Flaw]]) -> list[Flaw]:
    """What keeps a value from the alternative that it was probably meant for.

    Where it is of no alternative's type, or none of their words, they are told together.
    """
    own = [[flaw for flaw in branch if flaw.path == path] for branch in branches]
    if all(own):
        return [_merged(path, value, own)]
    meant = [branch for branch, flaws in zip(branches, own, strict=True) if not flaws]
    tags = [[flaw for flaw in branch if flaw.keyword == "const"] for branch in meant]
    if all(tags):
        return [_merged(tags[0][0].path, tags[0][0].value, tags)]
    return min(meant, key=lambda branch: _distance(path, branch))


def _merged(path: Path, value: object, branches: Sequence[list[Flaw]]) -> Flaw:
    types = [flaws[0].expected for flaws in branches if {flaw.keyword for flaw in flaws} == {"type"}]
    if types:  # an alternative that is open to all values of a type outdoes those that list some
        return Flaw(path, "type", list(dict.fromkeys(name for names in types for name in names)), value)
    words = [flaw for flaws in branches for flaw in flaws if flaw.keyword != "type"]
    options = [one for flaw in words for one in (flaw.expected if flaw.keyword == "enum" else [flaw.expected])]
    return Flaw(path, "enum", options, value)


def _distance(path: Path, branch: list[Flaw]) -> tuple[int, int, int, int]:
    """How far an alternative is: its name first, then its words, then what it lacks, then all."""
    keywords = [flaw.keyword for flaw in branch]
    lacking = sum(flaw.keyword == "required" and flaw.path[:-1] == path for flaw in branch)
    return keywords.count("const"), keywords.count("enum"), lacking, len(branch)


def _told(flaw: Flaw) -> Violation:
    where = ".".join(map(str, flaw.path)) or "body"
    return Violation(where, WORDS[flaw.keyword](flaw.expected, flaw.value))


def _length(limit: int, value: str) -> str:
    return f"has {len(value)} characters, may have {limit}"


def _options(options: list[object], value: object) -> str:
    listed = ", ".join(json.dumps(one, ensure_ascii=False) for one in options)
    return f"is {short(value)}, must be {'one of ' if len(options) > 1 else ''}{listed}"


TYPES: Final = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "an integer",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}


def _types(names: list[str], value: object) -> str:
    told = " or ".join(TYPES[name] for name in sorted(names, key="null".__eq__))  # null comes last
    return f"is {short(value)}, must be {told}"


WORDS: Final[dict[str, Callable[[Any, Any], str]]] = {
    "additionalProperties": lambda _, __: "is no field that is known here",
    "const": lambda expected, value: _options([expected], value),
    "enum": _options,
    "format": lambda name, value: f"is {short(value)}, must be a {name.upper()}",
    "maxLength": _length,
    "maximum": lambda limit, value: f"is {short(value)}, may be at most {limit:g}",
    "minimum": lambda limit, value: f"is {short(value)}, must be at least {limit:g}",
    "multipleOf": lambda step, value: f"is {short(value)}, must be a multiple of {step:g}",
    "required": lambda _, __: "is missing",
    "type": _types,
}
"""Keyword -> what to say of it, given what it asks for and what was found."""
