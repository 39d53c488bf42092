"""What a page says, as data.

A fact is a value at a *place* under a *name*: ``request.input.prompt`` / ``max_length`` / 1000. FactsByPlace are
those of `x-source` in openapi/*.yaml. The operation that creates a task needs no prefix; the one that asks for
a task has ``query.`` before its places.

FactsByPlace and the names of their facts:

``request``, ``query.request``      method, path, host (with its scheme), content_type, body_required, deprecated,
                                    open (other fields than these are accepted), closed (they are refused)
``response``                        status, content_type
``auth``                            scheme (bearer), header, required (false if no key is needed)
``headers.<name>``                  type, required, sample (of a media type)
``request.<field>...``              type, items (the type of those of a list), required, default, enum, open, format,
                                    pattern, unit (s, ms), max_length, min_length, max_words, minimum, maximum,
                                    exclusive_minimum, exclusive_maximum, step, max_items, min_items, media_types,
                                    max_bytes, min_bytes, min_pixels and max_pixels (of a side), min_ratio and
                                    max_ratio (of the sides), in (query or path; absent: body), deprecated
``response.<field>...``             type, items, required, nullable, enum, open, format (json: a string that holds
                                    JSON), unit; the fields of the items of a list have the list's place
``codes``                           enum: all codes that an answer may carry, as integers, wherever the page lists them;
                                    success: the one of an answer to a request that succeeded; open
``callback``                        field (its name in the request), method
``request.sample``, ``response.sample``, ``callback.body.sample``
                                    valid (it is JSON); unlisted (fields that no table has); missing (required
                                    ones that it lacks); wrong (fields whose value contradicts the tables)
``models.<id>``                     name, features
``polling``                         seconds [least, most], schedule [{after or until, every [least, most]}], all in
                                    seconds; timeout_seconds, queries_per_second
``results``                         lifetime_hours
``mentions``                        unknown

A fact of these names stands at a field only where the page is at odds with itself: ``described_as`` (its description
calls it required or optional, its mark says the reverse), ``example`` (wrong: it cannot be a value of the field),
``mislabelled`` (choices whose label shows another figure), ``mentioned`` (words that the prose uses as its values and
that are none), ``unknown`` (names that the prose uses and that no field has; at ``mentions`` if none is like them).

``type`` is one of string, integer, number, boolean, object, array. ``enum`` and ``media_types`` are sorted lists
without repetition. ``open`` is true where the page says that its list of values is not complete. A field that only a
sample shows has the sample's type and ``told_by: sample``; ``nullable`` is true where a sample shows null.
A text too long to be a name or a number is vendor prose and stands as its `digest`.
"""

import hashlib
import unicodedata
from typing import Any, TypeAlias

from attrs import field, frozen

Value: TypeAlias = Any
"""JSON: a scalar, a list, or a mapping (`digest`, `Conflict.value`)."""

PROSE = 60  # characters; what is longer is the vendor's text rather than a name


class Unreadable(Exception):
    """A page, or a part of one, that says nothing that could be understood."""

    def __init__(self, part: str, why: str) -> None:
        super().__init__(f"{part}: {why}")
        self.part = part
        self.why = why


@frozen
class Conflict:
    """What a page says in several ways: each different telling, in the order of the page."""

    told: tuple[Value, ...]

    @property
    def value(self) -> Value:
        """As it stands in a facts file."""
        return {"told": list(self.told)}


@frozen
class Facts:
    """The facts of one page: place -> name -> every telling of it.

    A page says many things twice (a limit in a table and again in a note). Tellings that agree are one fact;
    values_of that do not are a `Conflict`, so that a change in either shows.
    """

    _told: dict[str, dict[str, list[Value]]] = field(factory=dict)

    def tell(self, where: str, name: str, value: Value) -> None:
        """Add a telling."""
        values_of = self._told.setdefault(where, {}).setdefault(name, [])
        if canonical(value) not in map(canonical, values_of):
            values_of.append(value)

    def withdraw(self, where: str, name: str) -> list[Value]:
        """Take the values_of of a fact back, for they belong elsewhere."""
        return self._told.get(where, {}).pop(name, [])

    @property
    def values(self) -> dict[str, dict[str, Value]]:
        """Place -> name -> value, sorted, ready to be compared or written."""
        return {
            where: {name: _settled(values_of) for name, values_of in sorted(facts.items())}
            for where, facts in sorted(self._told.items())
        }


@frozen(kw_only=True)
class Document:
    """A page that was read."""

    name: str
    """The file's name without its suffix."""
    form: str
    """kie, tables, apifox or openapi: which kind of page it is."""
    api: str | None
    """kie, native, relay; None for another service."""
    models: tuple[str, ...]
    """The ids of the models that the page is about; empty if it is about none."""
    sha256: str
    """Of the text, as read from the file."""
    facts: dict[str, dict[str, Value]]

    @property
    def count(self) -> int:
        """How many facts there are."""
        return sum(map(len, self.facts.values()))

    @property
    def operations(self) -> dict[str, tuple[str, str]]:
        """Prefix of the places (empty, or ``query.``) -> method and path."""
        return {
            prefix: (self.facts[f"{prefix}request"]["method"], self.facts[f"{prefix}request"]["path"])
            for prefix in ("", "query.")
            if {"method", "path"} <= self.facts.get(f"{prefix}request", {}).keys()
        }


def place(*names: str) -> str:
    """The dotted place of a field."""
    return ".".join(name for name in names if name)


def digest(text: str) -> Value:
    """The text itself if it is short, else its length in characters and its hash, whatever its spacing and widths."""
    if len(text) <= PROSE:
        return text
    bare = "".join(unicodedata.normalize("NFKC", text).split())
    return {"chars": len(bare), "sha256": hashlib.sha256(bare.encode()).hexdigest()}


def canonical(value: Value) -> str:
    """Alike for values that mean the same: lists are sets; 1 and 1.0 are one number, True is none."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(sorted(map(canonical, value)))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(sorted(f'{key}: {canonical(item)}' for key, item in value.items()))}}}"
    return repr(float(value)) if isinstance(value, int | float) and not isinstance(value, bool) else repr(value)


def _settled(values: list[Value]) -> Value:
    return values[0] if len(values) == 1 else Conflict(tuple(values)).value
