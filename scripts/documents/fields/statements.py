"""What is said about a field -> facts at its place."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from scripts.documents.facts import Facts, digest, place
from scripts.documents.fields import allowed_values, limits, sentences
from scripts.documents.fields.choices import choices, media_types
from scripts.documents.fields.lenient_json import loads
from scripts.documents.fields.samples import kind
from scripts.documents.markdown.blocks import Bullets
from scripts.documents.markdown.outline import Field, Said, inside
from scripts.documents.markdown.vocabulary import nothing, number, scalar, type_of, unquoted, yes

_SHAPE = re.compile(r"\{\s*[\"']?\w+[\"']?\s*:\s*(?:\[[^\[\]]*\]|\{[^{}]*\}|\"[^\"]*\")\s*\}")
Reader: TypeAlias = Callable[[Said, str | None], Iterator[tuple[str, Any]]]
"""What is said under an attribute, and the type of the field -> facts."""

_SENTENCE = re.compile(r"。|\.(?=\s)")


def tell_field(facts: Facts, where: str, field: Field, names: frozenset[str], base: str | None = None) -> None:
    """Tell what is said about a field at its place; `base` is its type if it is known from elsewhere."""
    says = list(flat(field.says))
    typed = next((found for said in says if said.attribute == "type" and (found := type_of(said.text.plain))), None)
    basis = typed.name if typed else base
    for said in says:
        for name, value in (*_told(said, basis, names), *_of_answers(where, said, basis)):
            if name != "media_types" or "response." not in where:  # only what is sent has a type that is asked for
                facts.tell(where, name, value)
    _tell_requiredness(facts, where, says)
    _tell_shape(facts, where, says)


def flat(says: tuple[Said, ...]) -> Iterator[Said]:
    """What is said, with what hangs below it as things said in their own right; lists of choices stay whole."""
    for said in says:
        yield said
        for block in said.below:
            if isinstance(block, Bullets) and said.attribute not in {"enum", "example"}:
                yield from flat(tuple(map(inside, block.items)))


def _told(said: Said, basis: str | None, names: frozenset[str]) -> Iterator[tuple[str, Any]]:
    text = said.text
    reader = _READERS.get(said.attribute)
    if reader is not None:
        yield from reader(said, basis)
        if said.attribute not in {"default", "enum"}:  # sentences and lists, which are one value
            yield from sentences.told(" ".join(_SENTENCE.split(text.prose)[1:]), basis, names)
    elif said.attribute not in {"example", "multiple", "name", "url", "value"}:
        if said.attribute == "in":
            if (location := text.plain.strip("`\"' ").lower()) != "header":
                yield "in", location
            return
        yield from sentences.told(text.prose, basis, names)


def _type(said: Said, _: str | None) -> Iterator[tuple[str, Any]]:
    found = type_of(said.text.plain)
    if found is None:
        yield "type", unquoted(said.text.plain).lower()
        return
    yield "type", found.name
    if found.items:
        yield "items", found.items
    if found.format:
        yield "format", found.format


def _required(said: Said, _: str | None) -> Iterator[tuple[str, Any]]:
    if (mark := yes(said.text.plain)) is not None:
        yield "required", mark
    elif not nothing(said.text.plain):
        yield "required", digest(said.text.plain)


def _optional(said: Said, _: str | None) -> Iterator[tuple[str, Any]]:
    if (mark := yes(said.text.plain)) is not None:
        yield "required", not mark


def _default(said: Said, basis: str | None) -> Iterator[tuple[str, Any]]:
    text = said.text
    bare = text.codes[0] if text.codes and text.marked.strip().startswith("\ue000") else _unexplained(text.raw)
    if not nothing(bare) and unquoted(bare) != "":
        value = scalar(bare, basis)
        yield (
            "default",
            digest(value if isinstance(value, str) else json.dumps(value)) if isinstance(value, str) else value,
        )


def _unexplained(text: str) -> str:
    """A word or number without the explanation in brackets after it."""
    found = re.fullmatch(r"([^\s()（）]{1,24})\s*[(（][^()（）]*[)）]", text)
    return found[1] if found else text


def _enum(said: Said, basis: str | None) -> Iterator[tuple[str, Any]]:
    listed = [item.text for block in said.below if isinstance(block, Bullets) for item in block.items]
    found = [choices(text.prose) for text in listed] if listed else [choices(_unbracketed(said.text.prose, basis))]
    values = tuple(value for given in found for value in (given.values[:1] if listed else given.values))
    if values and basis != "boolean":
        yield "enum", allowed_values.sorted_values(values, basis)
        if any(given.open for given in found) or allowed_values.incomplete(f"{said.label} {said.text.plain}"):
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
    def reader(said: Said, basis: str | None) -> Iterator[tuple[str, Any]]:
        if (value := number(said.text.plain)) is not None:
            yield _limit(name, said.text.plain, basis, value)

    return reader


def _range(said: Said, basis: str | None) -> Iterator[tuple[str, Any]]:
    if basis == "string":
        yield from limits.lengths(
            f"{said.text.plain} 字符" if re.fullmatch(r"[\d\s,~-]+", said.text.plain) else said.text.plain
        )
    else:
        yield from limits.spans(f"范围 {said.text.plain}")


def _size(name: str) -> Reader:
    def reader(said: Said, _: str | None) -> Iterator[tuple[str, Any]]:
        if (value := limits.size(said.text.plain)) is not None:
            yield name, value

    return reader


def _media(said: Said, _: str | None) -> Iterator[tuple[str, Any]]:
    if kinds := media_types(said.text.plain):
        yield "media_types", kinds


def _format(said: Said, _: str | None) -> Iterator[tuple[str, Any]]:
    if kinds := media_types(said.text.plain):
        yield "media_types", kinds
        return
    bare = unquoted(said.text.plain)
    if re.fullmatch(r"[a-z][a-z0-9-]*", bare):
        yield "format", bare
    else:
        yield from _enum(said, "string")


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


def _of_answers(where: str, said: Said, basis: str | None) -> Iterator[tuple[str, Any]]:
    """What descriptions of answers say: the unit of a number, and that a text is JSON."""
    if said.attribute != "description":
        return
    if unit := sentences.unit(said.text.plain):
        yield "unit", unit
    if "response." not in where:
        return
    if re.search(r"\bnull\b", said.text.plain, re.IGNORECASE):
        yield "nullable", True
    if basis == "string" and re.search(r"JSON", said.text.plain, re.IGNORECASE):
        yield "format", "json"


def _tell_requiredness(facts: Facts, where: str, says: list[Said]) -> None:
    """Tell where a description calls a field optional that is marked as required, or the reverse."""
    marked = facts.at(where).get("required")
    for said in says:
        if said.attribute != "description" or (called := sentences.described(said.text.plain)) is None:
            continue
        if marked is None:
            facts.tell(where, "required", called)
        elif called != marked:
            facts.tell(where, "described_as", "required" if called else "optional")


def _tell_shape(facts: Facts, where: str, says: list[Said]) -> None:
    """Tell the fields of an object that a description writes out, as `{urls: []}`."""
    for said in says:
        for shape in _SHAPE.findall(said.text.raw):
            data, _ = loads(shape)
            for name, value in data.items() if isinstance(data, dict) else ():
                facts.tell(place(where, name), "type", kind(value))
                for item in value if isinstance(value, list) else ():
                    facts.tell(place(where, name), "items", kind(item))
