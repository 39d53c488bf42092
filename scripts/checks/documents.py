"""Compare the facts of the documents with a spec: each fact is in the spec or waived, and the spec has no others.

What the documents do not have names the observation behind it, and docs/observed.md lists where.
"""

from collections.abc import Iterable, Iterator

from scripts.facts.comparison import Difference, differences
from scripts.facts.missing_sources import missing_sources
from scripts.facts.sheets import Sheet, sheets
from scripts.facts.spec_entries import DOC_REQUIRED, spec_entries
from scripts.facts.waivers import number_of, spec_for, unused_waivers, unwaived_problems
from scripts.specs import citations
from scripts.specs.citations import unlisted
from scripts.specs.field import observed, shared_place, sources
from scripts.specs.spec import Spec, walk


def problems(api: str, spec: Spec, committed: Iterable[Sheet] | None = None) -> list[str]:
    """Return where the committed facts and a spec disagree."""
    known = list(sheets() if committed is None else committed)
    ours = [sheet for sheet in known if sheet.api == api]
    numbers: dict[str, str] = spec["info"].get("x-documents", {})
    found = [f"{name}: it has no facts file" for name in numbers.values() if name not in {s.document for s in ours}]
    found += [
        f"{it.document}: its facts are not those of its digest: run make accept on the document"
        for it in ours
        if it.edited
    ]
    waived: list[Difference] = []
    for sheet in ours:
        number, own = number_of(spec, sheet.document), spec_for(spec, sheet, ours)
        if number is None or own is None:
            found.append(f"{sheet.document}: openapi/{api}.yaml does not name it under x-documents")
            continue
        nodes = dict(walk(own))
        entries = spec_entries(own, number, nodes)
        waived += differences(sheet.facts, entries)
        found += [f"{sheet.document}: {sentence}" for sentence in unwaived_problems(sheet, entries)]
        found += [f"{sheet.document}: {sentence}" for sentence in missing_sources(nodes, number, sheet.facts)]
        found += _lists(sheet, spec)
    found += unused_waivers((waiver for sheet in ours[:1] for waiver in sheet.waivers if waiver.shared), waived)
    found += unlisted(api, spec, citations.PAGE.read_text("utf-8"))
    return found + [f"{pointer}: {source} names no document" for pointer, source in _strays(spec, numbers)]


def compared(api: str) -> int:
    """Count the facts that are compared."""
    return sum(len(values) for sheet in sheets() if sheet.api == api for values in sheet.facts.values())


def _lists(sheet: Sheet, spec: Spec) -> Iterator[str]:
    """Where a spec requires other fields than a document, it notes the document's own list."""
    waived = [it for it in sheet.waivers if it.fact.endswith(".required") and it.document is True and it.spec is False]
    if any(it.fact.startswith("request.") for it in waived) and not any(DOC_REQUIRED in node for _, node in walk(spec)):
        yield f"{sheet.document}: it lists required fields that are not, and no {DOC_REQUIRED} keeps the list"


def _strays(spec: Spec, numbers: dict[str, str]) -> Iterator[tuple[str, str]]:
    for pointer, node in walk(spec):
        for source in sources(node):
            known = observed(source) is not None or shared_place(source) is not None
            if not known and source.partition(": ")[0] not in numbers:
                yield pointer, source
