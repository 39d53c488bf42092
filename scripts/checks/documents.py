"""Documents and specs: every committed fact is in the spec, or waived with a reason; and nothing else is.

What the documents do not have names the observation behind it, and docs/observed.md lists where.
"""

from collections.abc import Iterable, Iterator

from scripts.facts.naming import unnamed
from scripts.facts.sheets import Sheet, sheets
from scripts.facts.transcript import LISTED, transcript
from scripts.facts.waivers import number_of, unsettled
from scripts.specs import citations
from scripts.specs.citations import unlisted
from scripts.specs.field import observed, sources
from scripts.specs.spec import Spec, walk


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
            found += _lists(sheet, spec)
            found += [f"{sheet.document}: {sentence}" for sentence in unnamed(spec, number, sheet.facts)]
    found += unlisted(api, spec, citations.PAGE.read_text("utf-8"))
    return found + [f"{pointer}: {source} names no document" for pointer, source in _strays(spec, numbers)]


def compared(api: str) -> int:
    """Count the facts that are compared."""
    return sum(len(values) for sheet in sheets() if sheet.api == api for values in sheet.facts.values())


def _lists(sheet: Sheet, spec: Spec) -> Iterator[str]:
    """Where a spec does not follow a document in what is required, it keeps the document's list."""
    waived = [it for it in sheet.waivers if it.fact.endswith(".required") and it.document is True and it.spec is False]
    if any(it.fact.startswith("request.") for it in waived) and not any(LISTED in node for _, node in walk(spec)):
        yield f"{sheet.document}: it lists required fields that are not, and no {LISTED} keeps the list"


def _strays(spec: Spec, numbers: dict[str, str]) -> Iterator[tuple[str, str]]:
    for pointer, node in walk(spec):
        for source in sources(node):
            if observed(source) is None and source.partition(": ")[0] not in numbers:
                yield pointer, source
