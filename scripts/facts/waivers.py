"""Waivers: the differences between a document and its spec that are meant, and those that are not."""

from collections.abc import Iterable, Iterator

from scripts.documents import Value
from scripts.documents.facts import canonical
from scripts.facts.comparison import Difference, differences, disunited, said
from scripts.facts.sharing import own_spec
from scripts.facts.sheets import NONE, Sheet, Waiver
from scripts.facts.spec_entries import Entry, spec_entries
from scripts.specs.spec import Spec


def unsettled(sheet: Sheet, entries: list[Entry]) -> Iterator[str]:
    """Each difference that nothing waives, each waiver that waives nothing, and where the spec contradicts itself."""
    found = differences(sheet.facts, entries)
    yield from (str(difference) for difference in found if waiver_of(difference, sheet.waivers) is None)
    yield from unused((waiver for waiver in sheet.waivers if not waiver.shared), found)
    yield from disunited(entries)


def unused(waivers: Iterable[Waiver], found: Iterable[Difference]) -> Iterator[str]:
    """Each waiver that waives none of these differences; a shared one need not waive any of one page."""
    listed = list(found)
    for waiver in waivers:
        if not any(covers(waiver, difference) for difference in listed):
            document, spec = (said(None if value == NONE else value) for value in (waiver.document, waiver.spec))
            yield f"{waiver.fact}: the waiver waives nothing: {document} against {spec}"


def entries_of(spec: Spec, sheet: Sheet, committed: Iterable[Sheet]) -> list[Entry] | None:
    """What a spec says for one document, others of its API being left to them; None if it does not name it."""
    own = spec_for(spec, sheet, committed)
    return None if own is None else spec_entries(own, number_of(spec, sheet.document) or "")


def spec_for(spec: Spec, sheet: Sheet, committed: Iterable[Sheet]) -> Spec | None:
    """A spec as one document has it, sources that all pages share included; None if it does not name the document."""
    number = number_of(spec, sheet.document)
    others = [it.facts for it in committed if it.api == sheet.api and it.document != sheet.document]
    return None if number is None else own_spec(spec, number, sheet.facts, others)


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
