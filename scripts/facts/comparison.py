"""A document against a spec, both as facts, place by place, in both directions.

Three things are no difference, for they are notation: a printed number for a string of its digits; a mark that is not
there for one that says no (`MARKS`); how a fact of a field was come by (`stated_by`). And some things go without saying
in a document, but not in a spec (`ASSUMED`).
"""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import Any, cast

from attrs import frozen

from scripts.documents import Value, is_conflict, values_of
from scripts.documents.facts import canonical
from scripts.facts.changes import OPERATION, in_scope, split
from scripts.facts.sheets import FactsByPlace, FactValues, named_places, operations_of
from scripts.facts.spec_entries import LISTED, Entry

WHOLE = ""
"""In place of a fact's name: the place as a whole."""
MARKS = frozenset({"required", "nullable", "open", "body_required"})
DESCRIBED = "described_as"
CALLED = "name"
FIELDS = "fields"
ASSUMED = {"body_required": True, "status": 200, "content_type": "application/json", "items": "object"}
CODES = {"type": "integer"}
"""What is assumed of codes: a document that lists them lists numbers."""
CODE_FIELDS = frozenset({"response.code", "query.response.code"})
"""Fields for which the list of codes holds that the page has elsewhere."""
UNCOMPARED = frozenset({"stated_by"})
SAMPLE: FactValues = {"valid": True}
"""What every example of a spec is; other checks hold the specs to it."""


@frozen(kw_only=True)
class Difference:
    """What a document and a spec say differently about one fact; None for a side that says nothing."""

    place: str
    name: str
    document: Value
    spec: Value
    pointer: str = ""

    @property
    def fact(self) -> str:
        """How a waiver names it."""
        return f"{self.place}.{self.name}".removesuffix(".")

    def __str__(self) -> str:
        where = f" ({self.pointer})" if self.pointer else ""
        return f"{self.fact}: the document says {said(self.document)}, the spec {said(self.spec)}{where}"


def said(value: Value) -> Value:
    """A value, or that there is none."""
    return "nothing" if value is None else value


def differences(facts: FactsByPlace, entries: list[Entry]) -> list[Difference]:
    """What a document and the nodes of a spec that name its places say differently."""
    operations = {split(entry.place)[0]: _called(entry.facts) for entry in entries if "path" in entry.facts}
    told = {prefix: _called(facts[f"{prefix}request"]) for prefix in operations_of(facts)}
    alone = [_of_operation(prefix, told, operations) for prefix in operations.keys() ^ told.keys()]
    scope = operations.keys() & told.keys()
    ours = {place: values for place, values in facts.items() if in_scope(place, scope)}
    theirs = [entry for entry in entries if in_scope(entry.place, scope)] + [*_of_samples(ours)]
    known, spoken = {*named_places(ours)}, {entry.place for entry in theirs if entry.whole and entry.reached}
    found = [difference for entry in theirs for difference in _of_entry(entry, ours, known)]
    lacking = [difference for entry in theirs for difference in _of_fields(entry, ours, spoken)]
    silent = [
        Difference(place=place, name=WHOLE, document=ours[place], spec=None) for place in ours if place not in spoken
    ]
    return _distinct([*alone, *found, *lacking, *silent])


def disunited(entries: Iterable[Entry]) -> Iterator[str]:
    """Nodes that name the same place and do not say the same of it, whatever the document says.

    Only requests may differ in whether they are open: what goes over the wire is, where typed requests are not.
    """
    spoken: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.called:
            spoken.setdefault(entry.place, []).append(entry)
    for place, (first, *others) in spoken.items():
        for entry in others:
            for name in sorted({*first.facts, *entry.facts} - ({"open"} if place.startswith("request") else set())):
                one, other = first.facts.get(name), entry.facts.get(name)
                if canonical(one) != canonical(other):
                    yield f"{place}.{name}: {first.pointer} says {said(one)}, {entry.pointer} says {said(other)}"


def agree(name: str, document: Value, spec: Value) -> bool:
    """Whether both sides say the same of a fact."""
    if is_conflict(document):
        return False
    if name in MARKS:
        return bool(document) == bool(spec)
    return canonical(_printed(document, spec)) == canonical(spec)


def _of_entry(entry: Entry, facts: FactsByPlace, known: set[str]) -> Iterator[Difference]:
    if entry.place not in known:
        yield _difference(entry, WHOLE, None, entry.facts)
        return
    told = {**facts.get(entry.place, {}), **({LISTED: _listed(facts, entry.place)} if LISTED in entry.facts else {})}
    for name in sorted({*told, *entry.facts} - UNCOMPARED):
        says = _spoken(entry, name)
        if name in entry.facts and not agree(name, told.get(name, _assumed(entry, name, facts)), says):
            yield _difference(entry, name, told.get(name), says)
        elif name not in entry.facts and entry.whole and not agree(name, told[name], says):
            yield _difference(entry, name, told[name], says)
    last = entry.place.rpartition(".")[2]
    if entry.called not in (None, last):
        yield _difference(entry, CALLED, last, entry.called)


def _of_fields(entry: Entry, facts: FactsByPlace, spoken: AbstractSet[str]) -> Iterator[Difference]:
    """Fields that other nodes of the spec have, and this object lacks."""
    if entry.fields is None:
        return
    told = sorted(name for name in _fields(facts, entry.place) if f"{entry.place}.{name}" in spoken)
    here = [name for name in told if name in entry.fields]
    if told != here:
        yield _difference(entry, FIELDS, told, here)


def _assumed(entry: Entry, name: str, facts: FactsByPlace) -> Value:
    if name == "enum" and entry.place in CODE_FIELDS:
        return facts.get("codes", {}).get(name)
    return (CODES if entry.place == "codes" else ASSUMED).get(name)


def _difference(entry: Entry, name: str, document: Value, spec: Value) -> Difference:
    return Difference(place=entry.place, name=name, document=document, spec=spec, pointer=entry.pointer)


def _of_operation(prefix: str, document: dict[str, str], spec: dict[str, str]) -> Difference:
    """One for an operation that only one side describes."""
    place = prefix.removesuffix(".") or "request"
    return Difference(place=place, name=OPERATION, document=document.get(prefix), spec=spec.get(prefix))


def _called(facts: FactValues) -> str:
    return f"{facts['method']} {facts['path']}"


def _fields(facts: FactsByPlace, place: str) -> list[str]:
    """The fields directly below a place that the document has facts of."""
    below = (where.removeprefix(f"{place}.") for where in facts if where.startswith(f"{place}."))
    return [name for name in below if "." not in name and name != "sample"]


def _listed(facts: FactsByPlace, place: str) -> list[str]:
    """The fields of a place that the document lists as required, whatever it says of them elsewhere."""
    return [name for name in _fields(facts, place) if True in values_of(facts[f"{place}.{name}"].get("required"))]


def _spoken(entry: Entry, name: str) -> Value:
    """What a node says; a mark for required fields also says what a description may put into words."""
    if name == DESCRIBED and "required" in entry.facts:
        return "required" if entry.facts["required"] else "optional"
    return entry.facts.get(name)


def _of_samples(facts: FactsByPlace) -> Iterator[Entry]:
    for place in facts:
        if place.rpartition(".")[2] == "sample" and "type" not in facts[place]:
            yield Entry(place=place, pointer="", facts=SAMPLE, whole=True)


def _distinct(found: Iterable[Difference]) -> list[Difference]:
    """One for each pair of values, for several nodes may say the same; of a place as a whole the first."""
    unique: dict[tuple[str, str, str], Difference] = {}
    for difference in found:
        spec = None if difference.name == WHOLE else difference.spec
        unique.setdefault((difference.fact, canonical(difference.document), canonical(spec)), difference)
    return sorted(unique.values(), key=lambda difference: difference.fact)


def _printed(document: Value, spec: Value) -> Value:
    """The document's value, as a string where the spec has strings: documents print both alike."""
    if isinstance(spec, list) and isinstance(document, list):
        first = next(iter(cast("Any", spec)), None)
        return [_printed(value, first) for value in cast("Any", document)]
    number = isinstance(document, int | float) and not isinstance(document, bool)
    return str(document) if number and isinstance(spec, str) else document
