"""Explains validation errors in plain words: the field, the limit, the value."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias, cast

from jsonschema_rs import ValidationError

__all__ = ["PROBLEMS", "Path", "Violation", "escaped", "explain"]

Path: TypeAlias = tuple[str | int, ...]

MAX_SHOWN: Final = 60
"""Characters of a value in a message."""


@dataclass(frozen=True)
class Violation:
    """One rule of a spec that a request, a response or a callback breaks.

    Attributes:
        where: The field, dotted (`input.prompt`, `data.videos.0.url`), `query.taskId`, `headers.content-type`, `path`,
            `method`, `status`, or `body` for the whole of it.
        problem: The value and its limit: "has 2501 characters, may have 2500".
    """

    where: str
    problem: str

    def __str__(self) -> str:
        return f"{self.where}: {self.problem}"


class Failure(NamedTuple):
    """A keyword of a schema that a value does not satisfy."""

    path: Path
    keyword: str
    expected: Any
    value: Any


def explain(errors: Iterable[ValidationError], below: Path = ()) -> list[Violation]:
    """Turn the errors of a validator into violations, each once.

    Args:
        errors: The errors of one value.
        below: The path of this value within the body.
    """
    failures = [failure._replace(path=(*below, *failure.path)) for error in errors for failure in _failures(error)]
    choices = {failure.path for failure in failures if failure.keyword == "enum"}  # the list of choices shows the type
    kept = [failure for failure in failures if failure.keyword != "type" or failure.path not in choices]
    return list(dict.fromkeys(map(_violation, kept)))


def escaped(text: str) -> str:
    """Escape what is not printable, so that a server's text neither steers a terminal nor imitates the report."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def _excerpt(value: object) -> str:
    """Write a value as JSON, cut where it is long."""
    text = escaped(json.dumps(value, ensure_ascii=False, default=str))
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


def _failures(error: ValidationError) -> list[Failure]:
    kind = cast("Any", error.kind)
    path = tuple(error.instance_path)
    if kind.name in {"anyOf", "oneOf"}:
        branches = [[failure for one in branch for failure in _failures(one)] for branch in kind.context]
        return _nearest(path, error.instance, branches)
    if kind.name == "required":
        return [Failure((*path, kind.property), kind.name, None, None)]
    if kind.name == "additionalProperties":
        return [Failure((*path, name), kind.name, None, None) for name in kind.unexpected]
    if kind.name == "x-rules":
        fields, _, limit = kind.message.partition(" must ")
        return [Failure((*path, name), kind.name, limit, None) for name in fields.split(", ")]
    return [Failure(path, kind.name, kind.value, error.instance)]


def _nearest(path: Path, value: object, branches: Sequence[list[Failure]]) -> list[Failure]:
    """Return the failures of the alternative that a value was probably meant for.

    If the value matches the type or the choices of no alternative, all of these are merged into one failure.
    """
    own = [[failure for failure in branch if failure.path == path] for branch in branches]
    if all(own):
        return [_merged(path, value, own)]
    possible = [branch for branch, failures in zip(branches, own, strict=True) if not failures]
    discriminators = [[failure for failure in branch if _is_discriminator(path, failure)] for branch in possible]
    if all(discriminators):
        return [_merged(discriminators[0][0].path, discriminators[0][0].value, discriminators)]
    return min(possible, key=lambda branch: _distance(path, branch))


def _merged(path: Path, value: object, branches: Sequence[list[Failure]]) -> Failure:
    types = [failures[0].expected for failures in branches if {failure.keyword for failure in failures} == {"type"}]
    if types:  # if an alternative allows a whole type, name the types only
        return Failure(path, "type", list(dict.fromkeys(name for names in types for name in names)), value)
    choices = [failure for failures in branches for failure in failures if failure.keyword != "type"]
    options = [
        one for choice in choices for one in (choice.expected if choice.keyword == "enum" else [choice.expected])
    ]
    return Failure(path, "enum", options, value)


def _is_discriminator(path: Path, failure: Failure) -> bool:
    """Return whether a field of the value itself has not the constant of an alternative."""
    return failure.keyword == "const" and failure.path[:-1] == path


def _distance(path: Path, branch: list[Failure]) -> tuple[int, int, int, int]:
    """Rank an alternative: by its `const` fields first, then its choices, then missing fields, then all failures."""
    keywords = [failure.keyword for failure in branch if failure.keyword != "const" or _is_discriminator(path, failure)]
    missing = sum(failure.keyword == "required" and failure.path[:-1] == path for failure in branch)
    return keywords.count("const"), keywords.count("enum"), missing, len(branch)


def _violation(failure: Failure) -> Violation:
    where = ".".join(map(str, failure.path)) or "body"
    return Violation(where, PROBLEMS[failure.keyword](failure.expected, failure.value))


def _length(limit: int, value: str) -> str:
    return f"has {len(value)} characters, may have {limit}"


def _options(options: list[object], value: object) -> str:
    listed = ", ".join(json.dumps(one, ensure_ascii=False) for one in options)
    return f"is {_excerpt(value)}, must be {'one of ' if len(options) > 1 else ''}{listed}"


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
    allowed = " or ".join(TYPES[name] for name in sorted(names, key="null".__eq__))  # null comes last
    return f"is {_excerpt(value)}, must be {allowed}"


PROBLEMS: Final[dict[str, Callable[[Any, Any], str]]] = {
    "additionalProperties": lambda _, __: "is an unknown field",
    "const": lambda expected, value: _options([expected], value),
    "enum": _options,
    "falseSchema": lambda _, value: f"is {_excerpt(value)}, must be absent beside the other fields",
    "format": lambda name, value: f"is {_excerpt(value)}, must be a {name.upper()}",
    "maxItems": lambda limit, value: f"has {len(value)} items, may have {limit}",
    "maxLength": _length,
    "maximum": lambda limit, value: f"is {_excerpt(value)}, may be at most {limit:g}",
    "minItems": lambda limit, value: f"has {len(value)} items, must have {limit}",
    "minimum": lambda limit, value: f"is {_excerpt(value)}, must be at least {limit:g}",
    "multipleOf": lambda step, value: f"is {_excerpt(value)}, must be a multiple of {step:g}",
    "required": lambda _, __: "is missing",
    "type": _types,
    "uniqueItems": lambda _, __: "has an item twice",
    "x-rules": lambda limit, _: f"must {limit}",
}
"""Keyword -> a function that describes the problem, from the keyword's value and the value that was found."""
