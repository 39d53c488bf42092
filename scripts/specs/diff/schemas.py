"""Compare two schemas, and rate each change for the side that uses the value.

In a request, allowing more is minor and allowing less is major. In a response, whatever a typed reader would not expect
is major: another type, a field that is gone or may be absent; a new field is minor. A list of words that ends in their
bare type is open: its words are only the known ones, so that new ones, and removed ones, are minor on both sides.
"""

import json
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

from scripts.specs.diff.change import Change, Comparison
from scripts.specs.diff.shapes import (
    ANYTHING,
    FIELD_RULES,
    LEAST,
    MOST,
    NOTES,
    UNIONS,
    Alternative,
    alternatives,
    is_ambiguous,
    listed_fields,
    merged,
)
from scripts.specs.spec import Node, is_object

Alternatives = list[Alternative]

COMPARED = {"type", "enum", "const", "properties", "required", "items", "contentSchema", "default", "$ref", "allOf"}
"""Keywords that are compared apart; so are unions and `additionalProperties`. All others are limits."""


def schema_changes(it: Comparison, old: Node, new: Node) -> Iterator[Change]:
    """Yield all changes of a value's schema, except of its default."""
    before, after = alternatives(it.old, old), alternatives(it.new, new)
    yield from _types(it, before, after)
    was, now = is_ambiguous(it.old, old), is_ambiguous(it.new, new)
    if was != now:
        yield it.change("ambiguous oneOf", was, now, "major" if now else "minor")
    for kind in dict.fromkeys(part.kind for part in before):
        olds, news = _of(kind, before), _of(kind, after) or _of(_kin(kind), after)
        if not news or kind in ("null", ANYTHING):
            continue
        if kind == "object":
            yield from _forms(it, olds, news)
        else:
            yield from _words(it, olds, news)
            yield from _plain(it, olds, news)


def sketch(parts: Alternatives) -> str:
    """Describe in short what a value may be: `integer 5, 10 or null`."""
    words = (f"{part.kind} {', '.join(map(_json, part.values or ()))}".strip() for part in parts)
    return " or ".join(dict.fromkeys(words))


def default_changes(it: Comparison, old: Node, new: Node, *, required: bool) -> Iterator[Change]:
    """Yield a changed default: clients send it for a field left out, or read it for an absent one."""
    was, now = merged(it.old, old).get("default"), merged(it.new, new).get("default")
    if not _same(was, now):
        harmless = was is None and required and it.side == "request"  # a field that had to be given may now be left out
        yield it.change("default", was, now, "minor" if harmless else "major")


def _types(it: Comparison, before: Alternatives, after: Alternatives) -> Iterator[Change]:
    was, now = {part.kind for part in before}, {part.kind for part in after}
    anything = {ANYTHING} & (was | now)
    if ("null" in was) != ("null" in now) and not anything:
        more = "null" in now
        level = it.when(request="minor" if more else "major", response="major" if more else "minor")
        yield it.change("null", not more, more, level)
    lost, gained = (was - now - {"null"}), (now - was - {"null"})
    if lost or gained:
        refused: set[str] = set() if ANYTHING in now else lost - ({"integer"} if "number" in now else set())
        level = it.when(request="major" if refused else "minor", response="major")
        yield it.change("type", sketch(before), sketch(after), level)


def _words(it: Comparison, olds: Alternatives, news: Alternatives) -> Iterator[Change]:
    """Yield changed choices; a list is open where an alternative names none."""
    was, now = _listed(olds), _listed(news)
    was_open, now_open = _is_open(olds), _is_open(news)
    if was_open != now_open:
        what = "list opened" if now_open else "list closed"
        level = it.when(request="minor" if now_open else "major", response="major")
        yield it.change(what, was or None, now or None, level)
        return
    gone, come = [word for word in was if word not in now], [word for word in now if word not in was]
    known = "known words" if now_open else "choices"
    if gone:
        yield it.change(f"{known} removed", gone, None, "minor" if now_open else "major")
    if come:
        level = it.when(request="minor", response="minor" if now_open else "major")
        yield it.change(f"{known} added", None, come, level)


def _plain(it: Comparison, olds: Alternatives, news: Alternatives) -> Iterator[Change]:
    """Yield changed limits, items and embedded JSON of a value without choices."""
    before, after = _unlisted(olds), _unlisted(news)
    if len(before) == len(after) == 1:
        yield from _limits(it, before[0], after[0])
        yield from _inner(it.items(), before[0].get("items"), after[0].get("items"))
        yield from _inner(it, before[0].get("contentSchema"), after[0].get("contentSchema"))
    elif before and after and not _alike(before, after):
        yield it.change("alternatives", len(before), len(after), "major")


def _inner(it: Comparison, old: Node | None, new: Node | None) -> Iterator[Change]:
    if old is not None or new is not None:
        yield from schema_changes(it, old or {}, new or {})


def _limits(it: Comparison, old: Node, new: Node) -> Iterator[Change]:
    """Yield changed limits; a change of a keyword not known here is major."""
    keywords = [key for key in {**old, **new} if key not in COMPARED | NOTES | {*UNIONS, "additionalProperties"}]
    for key in (key for key in keywords if not key.startswith("x-")):
        was, now = (None if node.get(key) is False else node.get(key) for node in (old, new))
        if not _same(was, now):
            tighter, looser = _tighter(key, was, now), _tighter(key, now, was)
            harmless = looser and not tighter if it.side == "request" else tighter and not looser
            yield it.change(key, was, now, "minor" if harmless else "major")


def _tighter(key: str, was: Any, now: Any) -> bool:
    """Whether the new value of a keyword allows less than the old one."""
    if key == FIELD_RULES:
        rules: list[Any] = now or []
        return any(rule not in (was or []) for rule in rules)
    if was is None or now is None:
        return was is None
    if key in MOST or key in LEAST:
        return bool(now < was if key in MOST else now > was)
    if key == "multipleOf":
        return Fraction(str(now)) % Fraction(str(was)) == 0
    return True


def _forms(it: Comparison, olds: Alternatives, news: Alternatives) -> Iterator[Change]:
    """Yield changes of objects: each old form is compared with the new form that matches it."""
    pairs, gone, come = _matched(olds, news)
    for old, new in pairs:
        yield from _form(it, old, new)
    for form in gone:
        yield it.change("form removed", _called(form), None, "major")
    for form in come:
        yield it.change("form added", None, _called(form), it.when(request="minor", response="major"))


def _form(it: Comparison, old: Alternative, new: Alternative) -> Iterator[Change]:
    """Yield the changes of one form; a pair of components is compared once, under its own name."""
    pair = (it.side, old.name, new.name)
    if old.name and new.name:
        if pair in it.seen:
            return
        it.seen.add(pair)
    yield from _objects(it.of(old.name) if old.name and old.name == new.name else it, old.node, new.node)


def _objects(it: Comparison, old: Node, new: Node) -> Iterator[Change]:
    before, after = old.get("properties", {}), new.get("properties", {})
    had, has = old.get("required", ()), new.get("required", ())
    for name in {**before, **after}:
        here, needed = it.at(name), name in has
        if name not in after:
            yield here.change("field removed", sketch(alternatives(it.old, before[name])), None, "major")
        elif name not in before:
            level = it.when(request="major" if needed else "minor", response="minor")
            yield here.change("field added", None, sketch(alternatives(it.new, after[name])), level)
        else:
            yield from schema_changes(here, before[name], after[name])
            yield from default_changes(here, before[name], after[name], required=needed)
    for name in (name for name in dict.fromkeys([*had, *has]) if (name in before) == (name in after)):
        if (name in had) != (name in has):
            more = name in has
            level = it.when(request="major" if more else "minor", response="minor" if more else "major")
            yield it.at(name).change("required", not more, more, level)
    yield from _limits(it, old, new)
    yield from _additional_properties(it, old.get("additionalProperties", True), new.get("additionalProperties", True))


def _additional_properties(it: Comparison, old: Any, new: Any) -> Iterator[Change]:
    """Yield a change of `additionalProperties`."""
    old, new = old if old != {} else True, new if new != {} else True
    if is_object(old) and is_object(new):
        yield from schema_changes(it.at("*"), old, new)
    elif old != new:
        closing = new is False or old is True
        yield it.change("additionalProperties", old, new, "major" if closing else "minor")


def _matched(
    olds: Alternatives, news: Alternatives
) -> tuple[list[tuple[Alternative, Alternative]], Alternatives, Alternatives]:
    """Match old forms with new ones by name, by constants, then the one left on each side; return also the rest."""
    pairs: list[tuple[Alternative, Alternative]] = []
    gone, come = list(olds), list(news)
    for sign in (_name, _constants):
        for old in list(gone):
            if partner := next((new for new in come if sign(old) and sign(old) == sign(new)), None):
                pairs.append((old, partner))
                gone.remove(old)
                come.remove(partner)
    if len(gone) == len(come) == 1:
        pairs.append((gone.pop(), come.pop()))
    return pairs, gone, come


def _name(form: Alternative) -> str:
    return form.name


def _constants(form: Alternative) -> str:
    """Return the constants of a form as JSON; they distinguish it from others."""
    fixed = {name: values for name, values in listed_fields(form).items() if len(values) == 1}
    return _json(fixed) if fixed else ""


def _called(form: Alternative) -> str:
    return form.name or f"an object of {', '.join(form.node.get('properties', {}))}"


def _of(kind: str, parts: Alternatives) -> Alternatives:
    return [part for part in parts if part.kind == kind]


def _kin(kind: str) -> str:
    return {"integer": "number", "number": "integer"}.get(kind, "")


def _listed(parts: Alternatives) -> list[Any]:
    return [value for part in parts for value in part.values or ()]


def _unlisted(parts: Alternatives) -> list[Node]:
    return [part.node for part in parts if part.values is None]


def _is_open(parts: Alternatives) -> bool:
    return any(part.values is None for part in parts)


def _same(was: Any, now: Any) -> bool:
    return bool(was == now) and isinstance(was, bool) == isinstance(now, bool)


def _alike(olds: Iterable[Node], news: Iterable[Node]) -> bool:
    return sorted(map(_demand, olds)) == sorted(map(_demand, news))


def _demand(node: Node) -> str:
    return _json({key: node[key] for key in sorted(node) if key not in NOTES and not key.startswith("x-")})


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
