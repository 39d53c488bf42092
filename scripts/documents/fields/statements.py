"""The statements of a page about a field -> facts at its place."""

import re
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from scripts.documents.facts import Facts, digest, fact_name, listed, mapping, place
from scripts.documents.fields import allowed_values, limits, sentences
from scripts.documents.fields.choices import choices, media_types
from scripts.documents.fields.lenient_json import loads
from scripts.documents.fields.samples import kind
from scripts.documents.markdown.blocks import Bullets, Paragraph, Text, half_width
from scripts.documents.markdown.outline import Field, Statement, inside
from scripts.documents.markdown.vocabulary import (
    NUMBER,
    attribute,
    field_name,
    labelled,
    nothing,
    number,
    scalar,
    type_of,
    unquoted,
    yes,
)

_SHAPE = re.compile(r"\{\s*[\"']?\w+[\"']?\s*:\s*(?:\[[^\[\]]*\]|\{[^{}]*\}|\"[^\"]*\")\s*\}")
Reader: TypeAlias = Callable[[Statement, str | None], Iterator[tuple[str, Any]]]
"""A statement and the type of its field -> facts."""

_KEY = re.compile(r"\b(?:bearer|basic|api[ -]?key)\b", re.IGNORECASE)
_OTHERWISE = re.compile(r"\W*([^\W\d][\w ]{1,23}?)\s*(?:=\s|[→(]|[-–—]\s)\s*\S")
"""A label with another mark than a colon."""
_BARE = re.compile(rf"{NUMBER}\s*(?:\S{{1,4}}|\w+)?")
_SENTENCE = re.compile(r"。|\.(?=\s)")


def read_field(facts: Facts, where: str, field: Field, names: frozenset[str], base: str | None = None) -> None:
    """Read the statements about a field; `base` is its type if it is known from elsewhere."""
    statements = list(flat(field.statements))
    typed = next(
        (
            found
            for statement in statements
            if statement.attribute == "type" and (found := type_of(statement.text.plain))
        ),
        None,
    )
    basis = typed.name if typed else base
    for statement in statements:
        if statement.attribute not in {"example", "default", "enum"}:
            facts.describe(where, statement.text.marked)
        values = [*_values(statement, basis, names), *_of_response(where, statement, basis)]
        for name, value in values:
            if name != "media_types" or "response." not in where:  # only for files that are sent
                facts.add(where, fact_name(name, basis), value)
        if not values and (value := _bare_code(statement)):
            facts.unlabelled.setdefault(where, []).append(value)
        label = _unknown_label(statement) if statement in field.statements else None
        if what := f"this label is not known: {label}" if label else None if values else _unread(statement, basis):
            facts.skip(where, what)
    _read_requiredness(facts, where, statements)
    _read_shape(facts, where, statements)


def _unread(statement: Statement, basis: str | None) -> str | None:
    """What a statement says of which no fact was made: a value under a known label, or one without any."""
    text, name = statement.text, statement.attribute
    if name in _READERS and statement.label and not text.plain and not statement.below:
        return f"nothing stands after {statement.label}"
    if name in _READERS and not nothing(text.plain) and text.plain:
        silent = basis == "boolean" if name == "enum" else name == "type" and _KEY.search(text.plain)
        return None if silent else f"no {name} is read of: {text.plain}"
    if name != "description":
        return None
    label, value = labelled(text) or ("", text)
    if (other := _OTHERWISE.match(text.prose)) and attribute(other[1]) in _READERS:
        return f"this label and its value are not read: {text.plain}"
    bare = (label and _BARE.fullmatch(value.plain)) or yes(value.plain) is not None or type_of(value.plain) is not None
    if attribute(label) is None and (bare or (label and not value.plain.strip(":") and statement.below)):
        return f"this value has no label that is known: {text.plain}"
    return None


def _bare_code(statement: Statement) -> str | None:
    """The value that is the whole of a statement, without any label."""
    text = statement.text
    code = len(text.codes) == 1 and text.plain == half_width(text.codes[0]) and " " not in text.plain
    return unquoted(text.plain) if code and statement.attribute == "description" else None


def _unknown_label(statement: Statement) -> str | None:
    """A label in bold before what a statement says, if no attribute is known by it."""
    bold = re.match(r"\s*\ue002", statement.text.marked) is not None and statement.attribute == "description"
    found = labelled(statement.text) if bold else None
    if found is None or attribute(found[0]) is not None:
        return None
    name = field_name(Text(found[0]))
    return None if name and name[0].islower() else found[0]


def flat(statements: tuple[Statement, ...]) -> Iterator[Statement]:
    """Statements, with those nested below as statements in their own right; lists of choices stay whole."""
    for statement in statements:
        yield statement
        for block in statement.below:
            if isinstance(block, Bullets) and statement.attribute not in {"enum", "example"}:
                yield from flat(tuple(map(inside, block.items)))
            if isinstance(block, Paragraph):
                yield Statement("description", block.text)


def _values(statement: Statement, basis: str | None, names: frozenset[str]) -> Iterator[tuple[str, Any]]:
    text = statement.text
    reader = _READERS.get(statement.attribute)
    if reader is not None:
        yield from reader(statement, basis)
        if statement.attribute not in {"default", "enum"}:  # sentences and lists, which are one value
            yield from sentences.facts_of(" ".join(_SENTENCE.split(text.prose)[1:]), basis, names)
    elif statement.attribute not in {"example", "multiple", "name", "url", "value"}:
        if statement.attribute == "in":
            if (location := text.plain.strip("`\"' ").lower()) != "header":
                yield "in", location
            return
        yield from sentences.facts_of(text.prose, basis, names)


def _type(statement: Statement, _: str | None) -> Iterator[tuple[str, Any]]:
    for bracketed in re.findall(r"\(([^()]*)\)", statement.text.plain):
        if (mark := yes(bracketed)) is not None and attribute(bracketed) in {"required", "optional"}:
            yield "required", mark
    found = type_of(statement.text.plain)
    if found is None and _KEY.search(statement.text.plain):
        return  # the type of a key, not of a field
    if found is None:
        yield "type", unquoted(statement.text.plain).lower()
        return
    yield "type", found.name
    if found.items:
        yield "items", found.items
    if found.format:
        yield "format", found.format


def _required(statement: Statement, _: str | None) -> Iterator[tuple[str, Any]]:
    if (mark := yes(statement.text.plain)) is not None:
        yield "required", mark
    elif not nothing(statement.text.plain):
        yield "required", digest(statement.text.plain)


def _optional(statement: Statement, _: str | None) -> Iterator[tuple[str, Any]]:
    if (mark := yes(statement.text.plain)) is not None:
        yield "required", not mark


def _default(statement: Statement, basis: str | None) -> Iterator[tuple[str, Any]]:
    text = statement.text
    bare = text.codes[0] if text.codes and text.marked.strip().startswith("\ue000") else _unexplained(text.raw)
    if not nothing(bare) and unquoted(bare) != "":
        value = scalar(bare, basis)
        yield "default", digest(value) if isinstance(value, str) else value


def _unexplained(text: str) -> str:
    """A word or number without the explanation in brackets after it."""
    found = re.fullmatch(r"([^\s()（）]{1,24})\s*[(（][^()（）]*[)）]", text)
    return found[1] if found else text


def _enum(statement: Statement, basis: str | None) -> Iterator[tuple[str, Any]]:
    listed = [item.text for block in statement.below if isinstance(block, Bullets) for item in block.items]
    found = [choices(text.prose) for text in listed] if listed else [choices(_unbracketed(statement.text.prose, basis))]
    values = tuple(value for given in found for value in (given.values[:1] if listed else given.values))
    if values and basis != "boolean":
        yield "enum", allowed_values.distinct_values(values, basis)
        if any(given.open for given in found) or allowed_values.incomplete(f"{statement.label} {statement.text.plain}"):
            yield "open", True


def _unbracketed(text: str, basis: str | None) -> str:
    """A list without the brackets around it; two numbers in brackets are the ends of an interval."""
    found = re.fullmatch(r"\s*[\ue000\s]*\[([^\[\]]*)\][\ue001\s.]*", text)
    return found[1] if found and (basis not in {"number", None} or found[1].count(",") != 1) else text


def _limit(name: str, text: str, basis: str | None, value: float) -> tuple[str, Any]:
    """What a figure under such a label limits: by its unit, and by the type of the field."""
    if name in {"minimum", "maximum"}:
        if (size := limits.size(text)) is not None:
            return name.replace("imum", "_bytes"), size
        name = name.replace("imum", {"string": "_length", "array": "_items"}.get(basis or "", "imum"))
    return (name.replace("length", "words") if limits.in_words(text) else name), value


def _figure(name: str) -> Reader:
    def reader(statement: Statement, basis: str | None) -> Iterator[tuple[str, Any]]:
        if (value := number(statement.text.plain)) is not None:
            yield _limit(name, statement.text.plain, basis, value)

    return reader


def _range(statement: Statement, basis: str | None) -> Iterator[tuple[str, Any]]:
    if basis == "string":
        yield from limits.lengths(
            f"{statement.text.plain} 字符"
            if re.fullmatch(r"[\d\s,~-]+", statement.text.plain)
            else statement.text.plain
        )
    else:
        yield from limits.spans(f"范围 {statement.text.plain}")


def _size(name: str) -> Reader:
    def reader(statement: Statement, _: str | None) -> Iterator[tuple[str, Any]]:
        if (value := limits.size(statement.text.plain)) is not None:
            yield name, value

    return reader


def _media(statement: Statement, _: str | None) -> Iterator[tuple[str, Any]]:
    if kinds := media_types(statement.text.plain):
        yield "media_types", kinds


def _format(statement: Statement, _: str | None) -> Iterator[tuple[str, Any]]:
    if kinds := media_types(statement.text.plain):
        yield "media_types", kinds
        return
    bare = unquoted(statement.text.plain)
    if re.fullmatch(r"[a-z][a-z0-9-]*", bare):
        yield "format", bare
    else:
        yield from _enum(statement, "string")


_READERS: dict[str, Reader] = {
    "type": _type,
    "required": _required,
    "optional": _optional,
    "default": _default,
    "enum": _enum,
    "range": _range,
    "max_bytes": _size("max_bytes"),
    "min_bytes": _size("min_bytes"),
    "media_types": _media,
    "format": _format,
    **{
        name: _figure(name)
        for name in ("max_length", "min_length", "max_items", "min_items", "step", "minimum", "maximum")
    },
}


def _of_response(where: str, statement: Statement, basis: str | None) -> Iterator[tuple[str, Any]]:
    """Facts in descriptions: the unit of a number; of a response also null, and that a text is JSON."""
    if statement.attribute != "description":
        return
    if (unit := sentences.unit(statement.text.plain)) and basis not in {"array", "object"}:
        yield "unit", unit
    if "response." not in where:
        return
    if re.search(r"\bnull\b", statement.text.plain, re.IGNORECASE):
        yield "nullable", True
    if basis == "string" and re.search(r"JSON", statement.text.plain, re.IGNORECASE):
        yield "format", "json"


def _read_requiredness(facts: Facts, where: str, statements: list[Statement]) -> None:
    """Read whether a description calls a field required or optional, where no mark does or a mark means the reverse."""
    marked = facts.at(where).get("required")
    for statement in statements:
        if statement.attribute != "description" or (called := sentences.described(statement.text.plain)) is None:
            continue
        if marked is None:
            facts.add(where, "required", called)
        elif called != marked:
            facts.add(where, "described_as", "required" if called else "optional")


def _read_shape(facts: Facts, where: str, statements: list[Statement]) -> None:
    """Read the fields of an object that a description writes out, as `{urls: []}`."""
    for statement in statements:
        for shape in _SHAPE.findall(statement.text.raw):
            data, _ = loads(shape)
            for name, value in mapping(data).items():
                facts.add(place(where, name), "type", kind(value))
                for item in listed(value):
                    facts.add(place(where, name), "items", kind(item))
