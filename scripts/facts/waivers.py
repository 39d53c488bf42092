"""Waivers: the differences between a document and its spec that are meant, and those that are not."""

from collections.abc import Iterable, Iterator

from scripts.documents import Value
from scripts.documents.facts import canonical
from scripts.facts.comparison import Difference, differences, disunited, said
from scripts.facts.sheets import NONE, Sheet, Waiver
from scripts.facts.transcript import Entry
from scripts.specs.spec import Spec


def unsettled(sheet: Sheet, entries: list[Entry]) -> Iterator[str]:
    """Each difference that nothing waives, each waiver that waives nothing, and where the spec contradicts itself."""
    found = differences(sheet.facts, entries)
    yield from (str(difference) for difference in found if waiver_of(difference, sheet.waivers) is None)
    for waiver in sheet.waivers:
        if not any(covers(waiver, difference) for difference in found):
            document, spec = (said(None if value == NONE else value) for value in (waiver.document, waiver.spec))
            yield f"{waiver.fact}: the waiver waives nothing: {document} against {spec}"
    yield from disunited(entries)


def number_of(spec: Spec, document: str) -> str | None:
    """The number of a document in the places of a spec."""
    return next((key for key, name in spec["info"].get("x-documents", {}).items() if name == document), None)


def waiver_of(difference: Difference, waivers: Iterable[Waiver]) -> Waiver | None:
    """The waiver that was written for this very difference."""
    return next((waiver for waiver in waivers if covers(waiver, difference)), None)


def covers(waiver: Waiver, difference: Difference) -> bool:
    """Whether a waiver is about a difference, with the values of both sides."""
    return (
        waiver.fact == difference.fact
        and _alike(waiver.document, difference.document)
        and _alike(waiver.spec, difference.spec)
    )


def _alike(waived: Value, value: Value) -> bool:
    return (waived == NONE and value is None) or canonical(waived) == canonical(value)
