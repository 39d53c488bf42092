"""Compare a document with a spec, both as facts: place by place, in both directions.

Three things are only notation and no difference: a number that is printed for a string of its digits; a flag that is
absent rather than false (`FLAGS`); where on the page a fact was found (`stated_by`). Some facts are assumed of a
document that does not state them, while a spec states them (`ASSUMED`).
"""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import Any, cast

from attrs import frozen

from scripts.documents import Value, is_conflict, values_of
from scripts.documents.facts import canonical
from scripts.facts.changes import OPERATION, in_scope, split_prefix
from scripts.facts.sheets import FactsByPlace, FactValues, named_places, operations_of
from scripts.facts.spec_entries import DOC_REQUIRED, Entry

WHOLE_PLACE = ""
"""Used as the name of a fact where a difference is about the place as a whole."""
FLAGS = frozenset({"required", "nullable", "open", "body_required"})
DESCRIBED = "described_as"
FIELD_NAME = "name"
FIELDS = "fields"
ASSUMED = {"body_required": True, "status": 200, "content_type": "application/json", "items": "object"}
ASSUMED_OF_CODES = {"type": "integer"}
"""As `ASSUMED`, for codes: a document that lists codes lists numbers."""
CODE_FIELDS = frozenset({"response.code", "query.response.code"})
"""Fields whose values are the list of codes that the page has elsewhere."""
UNCOMPARED = frozenset({"stated_by"})
SAMPLE: FactValues = {"valid": True}
"""Assumed of every example of a spec; other checks validate the examples."""


@frozen(kw_only=True)
class Difference:
    """A fact for which a document and a spec state different values; None for a side that does not state it."""

    place: str
    name: str
    document: Value
    spec: Value
    pointer: str = ""

    @property
    def fact(self) -> str:
        """Place and name of the fact, as a waiver names it."""
        return f"{self.place}.{self.name}".removesuffix(".")

    def __str__(self) -> str:
        where = f" ({self.pointer})" if self.pointer else ""
        return f"{self.fact}: the document says {shown_value(self.document)}, the spec {shown_value(self.spec)}{where}"


def shown_value(value: Value) -> Value:
    """Return a value as messages show it: ``nothing`` for one that is not stated."""
    return "nothing" if value is None else value


def differences(facts: FactsByPlace, entries: list[Entry]) -> list[Difference]:
    """Return every difference between a document and the nodes of a spec that name its places."""
    operations = {
        split_prefix(entry.place)[0]: _method_and_path(entry.facts) for entry in entries if "path" in entry.facts
    }
    documented = {prefix: _method_and_path(facts[f"{prefix}request"]) for prefix in operations_of(facts)}
    one_sided = [
        _operation_difference(prefix, documented, operations) for prefix in operations.keys() ^ documented.keys()
    ]
    scope = operations.keys() & documented.keys()
    in_document = {place: values for place, values in facts.items() if in_scope(place, scope)}
    in_spec = [entry for entry in entries if in_scope(entry.place, scope)] + [*_sample_entries(in_document)]
    known = {*named_places(in_document)}
    covered = {entry.place for entry in in_spec if entry.complete and entry.reached}
    found = [difference for entry in in_spec for difference in _entry_differences(entry, in_document, known)]
    missing = [difference for entry in in_spec for difference in _missing_fields(entry, in_document, covered)]
    not_in_spec = [
        Difference(place=place, name=WHOLE_PLACE, document=in_document[place], spec=None)
        for place in in_document
        if place not in covered
    ]
    return _distinct([*one_sided, *found, *missing, *not_in_spec])


def self_contradictions(entries: Iterable[Entry]) -> Iterator[str]:
    """Yield a sentence for each fact that two nodes of a spec state differently about the same place.

    Only requests may differ in `open`: requests on the wire are open to other fields, typed requests are not.
    """
    by_place: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.field_name:
            by_place.setdefault(entry.place, []).append(entry)
    for place, (first, *others) in by_place.items():
        for entry in others:
            for name in sorted({*first.facts, *entry.facts} - ({"open"} if place.startswith("request") else set())):
                one, other = first.facts.get(name), entry.facts.get(name)
                if canonical(one) != canonical(other):
                    values = (f"{first.pointer} says {shown_value(one)}", f"{entry.pointer} says {shown_value(other)}")
                    yield f"{place}.{name}: {', '.join(values)}"


def agree(name: str, document: Value, spec: Value) -> bool:
    """Whether both sides state the same value of a fact."""
    if is_conflict(document):
        return False
    if name in FLAGS:
        return bool(document) == bool(spec)
    return canonical(_as_printed(document, spec)) == canonical(spec)


def _entry_differences(entry: Entry, facts: FactsByPlace, known: set[str]) -> Iterator[Difference]:
    if entry.place not in known:
        yield _difference(entry, WHOLE_PLACE, None, entry.facts)
        return
    documented = {
        **facts.get(entry.place, {}),
        **({DOC_REQUIRED: _required_fields(facts, entry.place)} if DOC_REQUIRED in entry.facts else {}),
    }
    for name in sorted({*documented, *entry.facts} - UNCOMPARED):
        stated = _value_in_spec(entry, name)
        if name in entry.facts and not agree(name, documented.get(name, _assumed_value(entry, name, facts)), stated):
            yield _difference(entry, name, documented.get(name), stated)
        elif name not in entry.facts and entry.complete and not agree(name, documented[name], stated):
            yield _difference(entry, name, documented[name], stated)
    last = entry.place.rpartition(".")[2]
    if entry.field_name not in (None, last):
        yield _difference(entry, FIELD_NAME, last, entry.field_name)


def _missing_fields(entry: Entry, facts: FactsByPlace, covered: AbstractSet[str]) -> Iterator[Difference]:
    """The difference of an object that lacks documented fields which other nodes of the spec have."""
    if entry.fields is None:
        return
    documented = sorted(name for name in _fields_below(facts, entry.place) if f"{entry.place}.{name}" in covered)
    present = [name for name in documented if name in entry.fields]
    if documented != present:
        yield _difference(entry, FIELDS, documented, present)


def _assumed_value(entry: Entry, name: str, facts: FactsByPlace) -> Value:
    if name == "enum" and entry.place in CODE_FIELDS:
        return facts.get("codes", {}).get(name)
    return (ASSUMED_OF_CODES if entry.place == "codes" else ASSUMED).get(name)


def _difference(entry: Entry, name: str, document: Value, spec: Value) -> Difference:
    return Difference(place=entry.place, name=name, document=document, spec=spec, pointer=entry.pointer)


def _operation_difference(prefix: str, document: dict[str, str], spec: dict[str, str]) -> Difference:
    """The difference of an operation that only one side describes."""
    place = prefix.removesuffix(".") or "request"
    return Difference(place=place, name=OPERATION, document=document.get(prefix), spec=spec.get(prefix))


def _method_and_path(facts: FactValues) -> str:
    return f"{facts['method']} {facts['path']}"


def _fields_below(facts: FactsByPlace, place: str) -> list[str]:
    """The fields directly below a place for which the document has facts."""
    below = (where.removeprefix(f"{place}.") for where in facts if where.startswith(f"{place}."))
    return [name for name in below if "." not in name and name != "sample"]


def _required_fields(facts: FactsByPlace, place: str) -> list[str]:
    """The fields of a place that the document states as required anywhere, even if it also states the opposite."""
    return [name for name in _fields_below(facts, place) if True in values_of(facts[f"{place}.{name}"].get("required"))]


def _value_in_spec(entry: Entry, name: str) -> Value:
    """The value that a node states; its `required` also counts as what a description calls the field in words."""
    if name == DESCRIBED and "required" in entry.facts:
        return "required" if entry.facts["required"] else "optional"
    return entry.facts.get(name)


def _sample_entries(facts: FactsByPlace) -> Iterator[Entry]:
    for place in facts:
        if place.rpartition(".")[2] == "sample" and "type" not in facts[place]:
            yield Entry(place=place, pointer="", facts=SAMPLE, complete=True)


def _distinct(found: Iterable[Difference]) -> list[Difference]:
    """One for each pair of values, since several nodes may state the same; of a place as a whole the first."""
    unique: dict[tuple[str, str, str], Difference] = {}
    for difference in found:
        spec = None if difference.name == WHOLE_PLACE else difference.spec
        unique.setdefault((difference.fact, canonical(difference.document), canonical(spec)), difference)
    return sorted(unique.values(), key=lambda difference: difference.fact)


def _as_printed(document: Value, spec: Value) -> Value:
    """The document's value, as a string where the spec has strings: documents print numbers and strings alike."""
    if isinstance(spec, list) and isinstance(document, list):
        first = next(iter(cast("Any", spec)), None)
        return [_as_printed(value, first) for value in cast("Any", document)]
    number = isinstance(document, int | float) and not isinstance(document, bool)
    return str(document) if number and isinstance(spec, str) else document
