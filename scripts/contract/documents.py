"""Documents and specs: every committed fact is in the spec, or waived with a reason; and nothing else is."""

from collections.abc import Iterable, Iterator

from scripts.contract.comparison import Difference, differences, disunited, said
from scripts.contract.facts import NONE, Sheet, Waiver, sheets
from scripts.contract.schemas import sources
from scripts.contract.spec import Spec, walk
from scripts.contract.transcript import Entry, transcript
from scripts.documents import Value
from scripts.documents._document import canonical


def problems(api: str, spec: Spec, committed: Iterable[Sheet] | None = None) -> list[str]:
    """Whatever is wrong between the committed facts and a spec."""
    ours = [sheet for sheet in (sheets() if committed is None else committed) if sheet.api == api]
    numbers: dict[str, str] = spec["info"].get("x-documents", {})
    found = [f"{name}: it has no facts file" for name in numbers.values() if name not in {s.document for s in ours}]
    for sheet in ours:
        number = number_of(spec, sheet.document)
        if number is None:
            found.append(f"{sheet.document}: openapi/{api}.yaml does not name it under x-documents")
        else:
            found += [f"{sheet.document}: {sentence}" for sentence in unsettled(sheet, transcript(spec, number))]
    return found + [f"{pointer}: {source} names no document" for pointer, source in _strays(spec, numbers)]


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


def _strays(spec: Spec, numbers: dict[str, str]) -> Iterator[tuple[str, str]]:
    for pointer, node in walk(spec):
        for source in sources(node):
            if source != "field" and source.partition(": ")[0] not in numbers:
                yield pointer, source
