"""The facts of a page: data types, and the list of all facts that a page can state.

A fact is a value at a *place* under a *name*: ``request.input.prompt`` / ``max_length`` / 1000. The places are
those of `x-source` in openapi/*.yaml. The operation that creates a task needs no prefix; those of the
operation that queries a task begin with ``query.``.

Places and the names of their facts:

``request``, ``query.request``      method, path, host (with its scheme), content_type, body_required, deprecated,
                                    open (other fields than these are accepted), closed (they are refused)
``response``                        status, content_type
``auth``                            scheme (bearer), header, required (false if no key is needed)
``headers.<name>``                  type, required, sample (of a media type)
``request.<field>...``              type, items (the type of those of a list), required, default, enum, open, format,
                                    pattern, unit (s, ms), max_length, min_length, max_words, minimum, maximum,
                                    exclusive_minimum, exclusive_maximum, step, max_items, min_items, unique_items,
                                    media_types, max_bytes, min_bytes, min_pixels and max_pixels (of a side),
                                    min_seconds and max_seconds (of a video or sound),
                                    difference (of two fields: of, minimum, maximum),
                                    min_ratio and max_ratio (of the sides), in (query or path; absent: body), deprecated
``response.<field>...``             type, items, required, nullable, enum, open, format (json: a string that holds
                                    JSON), unit; the fields of the items of a list have the list's place
``codes``                           enum: all codes that a response may carry, as integers;
                                    success: the one of a successful request; open
``callback``                        field (its name in the request), method
``request.sample``, ``response.sample``, ``callback.body.sample``
                                    valid (it is JSON)
``models.<id>``                     name, features
``polling``                         seconds [least, most], schedule [{after or until, every [least, most]}], all in
                                    seconds; timeout_seconds, queries_per_second
``results``                         lifetime_hours

``described_as`` stands at a field only where its description calls it required or optional, and its mark means the
reverse. Where a page states several values of one fact, the fact is ``{values: [...]}``, in the order of the page.

``type`` is one of string, integer, number, boolean, object, array. ``items`` is the type of the items of a list; what
limits them begins with ``items.`` (``items.format``, ``items.max_length``), and fields of objects in a list have the
list's place before their names. ``enum`` has the order of the page; the order of lists is no difference. ``open`` is
true where the page states that its list of values is not complete. A field that only a sample shows has the sample's
type and ``stated_by: sample``; ``nullable`` is true where a sample shows null. A text too long to be a name or a number
is vendor prose and stands as its `digest`.
"""

import hashlib
import re
import unicodedata
from typing import Any, TypeAlias, cast

from attrs import field, frozen

Value: TypeAlias = Any
"""JSON: a scalar, a list, or a mapping (`digest`, several values)."""

MODEL = re.compile(r"model(?:_?(?:name|id))?", re.IGNORECASE)
"""The name of a request's field for the model."""
OF_ITEMS = frozenset({"enum", "open", "format", "pattern", "max_length", "min_length", "max_words"})
PROSE = 60  # characters; what is longer is the vendor's text rather than a name


class Unreadable(Exception):
    """A page, or a part of one, without any facts that could be read."""

    def __init__(self, part: str, why: str) -> None:
        super().__init__(f"{part}: {why}")
        self.part = part
        self.why = why


@frozen
class Facts:
    """The facts of one page: place -> name -> each value that the page states.

    A page states many things twice (a limit in a table and again in a note). Equal values are one fact; others are
    kept side by side, so that a change in either shows.
    """

    _stated: dict[str, dict[str, list[Value]]] = field(factory=dict[str, dict[str, list[Value]]])
    unread: list[Unreadable] = field(factory=list[Unreadable])
    """The parts of the page that state something that could not be read."""
    described: dict[str, list[str]] = field(factory=dict[str, list[str]])
    """Place -> the texts that describe its field, to be held against its facts."""
    unlabelled: dict[str, list[str]] = field(factory=dict[str, list[str]])
    """Place -> the values that stand there without a label, to be looked for among its facts."""
    mentioned: dict[str, list[str]] = field(factory=dict[str, list[str]])
    """``sample``, ``code``, ``prose`` -> the ids of models that stand there."""

    def add(self, where: str, name: str, value: Value) -> None:
        """Add a value that the page states for a fact; one that is known already changes nothing."""
        values = self._stated.setdefault(where, {}).setdefault(name, [])
        if canonical(value) not in map(canonical, values):
            values.append(value)

    def skip(self, part: str, why: str) -> None:
        """Note a part that could not be read, once."""
        if (part, why) not in [(one.part, one.why) for one in self.unread]:
            self.unread.append(Unreadable(part, why))

    def describe(self, where: str, text: str) -> None:
        """Note a text about the field at a place."""
        self.described.setdefault(where, []).append(text)

    def mention(self, where: str, model: str) -> None:
        """Note the id of a model in a sample or in prose: it is the page's model where no field names one."""
        if model not in self.mentioned.setdefault(where, []):
            self.mentioned[where].append(model)

    def drop(self, prefix: str) -> None:
        """Take all facts out whose places begin so."""
        for where in [where for where in self._stated if where.startswith(prefix)]:
            del self._stated[where]

    def remove(self, where: str, name: str) -> list[Value]:
        """Take a fact out and return its values, which belong elsewhere."""
        return self._stated.get(where, {}).pop(name, [])

    def at(self, where: str) -> dict[str, Value]:
        """What is known so far of one place."""
        return {name: _combined(values) for name, values in self._stated.get(where, {}).items()}

    def kind(self, where: str) -> str | None:
        """The type of a field, if the page states one alone."""
        stated = self.at(where).get("type")
        return stated if isinstance(stated, str) else None

    @property
    def values(self) -> dict[str, dict[str, Value]]:
        """Place -> name -> value, in the order of the page."""
        return {
            where: {name: _combined(values) for name, values in facts.items()} for where, facts in self._stated.items()
        }


@frozen(kw_only=True)
class Document:
    """A page that was read."""

    name: str
    """The file's name without its suffix."""
    form: str
    """kie, tables, apifox or openapi: which kind of page it is."""
    api: str | None
    """Its API; None for another service."""
    models: tuple[str, ...]
    """The ids of the models that the page is about; empty if it is about none."""
    sha256: str
    """Of the text, as read from the file."""
    facts: dict[str, dict[str, Value]]
    unread: tuple[Unreadable, ...] = ()
    """The parts that state something that could not be read; the facts are those of the others."""

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


def values_of(value: Value) -> list[Value]:
    """Each value that a page states for a fact: one, or several that contradict each other."""
    return list(value["values"]) if is_conflict(value) else [value]


def is_conflict(value: Value) -> bool:
    """Whether a page states a fact in several ways."""
    return isinstance(value, dict) and value.keys() == {"values"}


def mapping(value: Value) -> dict[str, Any]:
    """The value if it is a JSON object, else an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def listed(value: Value) -> list[Any]:
    """The items of the value if it is a JSON array, else none."""
    return list(cast("list[Any]", value)) if isinstance(value, list | tuple) else []


def place(*names: str) -> str:
    """The dotted place of a field."""
    return ".".join(name for name in names if name)


def fact_name(name: str, kind: str | None) -> str:
    """The name of a fact of a field of this type: what limits a single value limits the items of a list."""
    return f"items.{name}" if kind == "array" and name in OF_ITEMS else name


def digest(text: str) -> Value:
    """The text itself if it is short, else its length in characters and its hash, without spacing and widths."""
    if len(text) <= PROSE:
        return text
    bare = "".join(unicodedata.normalize("NFKC", text).split())
    return {"chars": len(bare), "sha256": hashlib.sha256(bare.encode()).hexdigest()}


def canonical(value: Value) -> str:
    """Alike for values that mean the same: lists are sets; 1 and 1.0 are one number, True is none."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(sorted(map(canonical, listed(value))))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(sorted(f'{key}: {canonical(item)}' for key, item in mapping(value).items()))}}}"
    return repr(float(value)) if isinstance(value, int | float) and not isinstance(value, bool) else repr(value)


def _combined(values: list[Value]) -> Value:
    return values[0] if len(values) == 1 else {"values": values}
