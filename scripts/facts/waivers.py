"""Match differences between a document and its spec with the waivers for those that are intended."""

from collections.abc import Iterable, Iterator

from scripts.documents import Value
from scripts.documents.facts import canonical
from scripts.facts.comparison import Difference, differences, self_contradictions, shown_value
from scripts.facts.sharing import own_spec
from scripts.facts.sheets import NONE, Sheet, Waiver
from scripts.facts.spec_entries import Entry, spec_entries
from scripts.specs.spec import Spec


def unwaived_problems(sheet: Sheet, entries: list[Entry]) -> Iterator[str]:
    """Yield each difference without a waiver, each waiver without a difference, and contradictions within the spec."""
    found = differences(sheet.facts, entries)
    yield from (str(difference) for difference in found if waiver_of(difference, sheet.waivers) is None)
    yield from unused_waivers((waiver for waiver in sheet.waivers if not waiver.shared), found)
    yield from self_contradictions(entries)


def unused_waivers(waivers: Iterable[Waiver], found: Iterable[Difference]) -> Iterator[str]:
    """Yield a sentence for each waiver that matches none of these differences; those of samples need the page."""
    listed = list(found)
    for waiver in waivers:
        if not waiver.fact.endswith(".sample.wrong") and not any(covers(waiver, difference) for difference in listed):
            document, spec = (shown_value(None if value == NONE else value) for value in (waiver.document, waiver.spec))
            yield f"{waiver.fact}: the waiver waives nothing: {document} against {spec}"


def entries_of(spec: Spec, sheet: Sheet, committed: Iterable[Sheet]) -> list[Entry] | None:
    """Return the entries of a spec for one document of its API; None if the spec does not name the document."""
    own = spec_for(spec, sheet, committed)
    return None if own is None else spec_entries(own, number_of(spec, sheet.document) or "")


def spec_for(spec: Spec, sheet: Sheet, committed: Iterable[Sheet]) -> Spec | None:
    """Return a spec with shared sources replaced by those of one document; None if it does not name the document."""
    number = number_of(spec, sheet.document)
    others = [it.facts for it in committed if it.api == sheet.api and it.document != sheet.document]
    return None if number is None else own_spec(spec, number, sheet.facts, others)


def number_of(spec: Spec, document: str) -> str | None:
    """Return the number under which the sources of a spec refer to a document."""
    return next((key for key, name in spec["info"].get("x-documents", {}).items() if name == document), None)


def waiver_of(difference: Difference, waivers: Iterable[Waiver]) -> Waiver | None:
    """Return the waiver for a difference, if there is one."""
    return next((waiver for waiver in waivers if covers(waiver, difference)), None)


def covers(waiver: Waiver, difference: Difference) -> bool:
    """Whether a waiver names the fact of a difference and the values of both sides."""
    return (
        waiver.fact == difference.fact
        and _same_value(waiver.document, difference.document)
        and _same_value(waiver.spec, difference.spec)
    )


def _same_value(waived: Value, value: Value) -> bool:
    return (waived == NONE and value is None) or canonical(waived) == canonical(value)
