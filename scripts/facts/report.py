"""Build the report on a page: what changed, where the spec disagrees, and a draft for a new subject."""

from typing import Any

from attrs import evolve, frozen

from scripts.documents import Document
from scripts.facts.changes import OPERATION, Change, changes, in_scope, member_kind, split_prefix
from scripts.facts.comparison import WHOLE_PLACE, Difference, differences
from scripts.facts.draft import Schemas, draft, next_number
from scripts.facts.sheets import FactsByPlace, Sheet, subject_of
from scripts.facts.subjects import Match, match, nearest
from scripts.facts.waivers import entries_of, number_of, waiver_of
from scripts.specs.files import apis, load
from scripts.specs.spec import Spec

NEW = "(new)"


@frozen(kw_only=True)
class Disagreement:
    """A difference between a page and the spec, with the reason if it is waived."""

    difference: Difference
    operation: str | None
    waiver: str | None


@frozen(kw_only=True)
class Report:
    """The result of comparing a page with the committed facts and the spec."""

    document: Document
    sheet: Sheet | None
    """The facts file that the page was compared with; None if its subject is new."""
    changes: list[Change]
    spec: list[Disagreement]
    draft: Schemas | None = None
    number: str = ""
    """The next free number of a document, which the draft uses: for a new subject, and one that no spec names yet."""
    nearest: tuple[Sheet, list[Change]] | None = None
    """For a new subject: the most similar facts file, and the changes from there to the page."""

    @property
    def subject(self) -> str:
        """The models that the page is about, or its operation; marked if new."""
        named = subject_of(self.document)
        return named if self.sheet else f"{named} {NEW}"


def report(document: Document, sheets: list[Sheet]) -> Report:
    """Compare a page with the committed facts, and with the spec."""
    found = match(document, sheets)
    if found.sheet is None:
        return _report_on_new(document, sheets)
    api = found.sheet.api
    named = api is None or (api in apis() and number_of(load(api), found.sheet.document) is not None)
    number = "" if named else next_number()
    return Report(
        document=document,
        sheet=found.sheet,
        changes=changes(found.sheet.facts, document.facts, found.prefixes),
        spec=_disagreements(document, found.sheet, found, sheets),
        draft=draft(document, number) if number else None,
        number=number,
    )


def as_json(found: Report) -> dict[str, Any]:
    """Return a report as data for JSON."""
    rows: dict[str, Any] = {
        "document": found.document.name,
        "form": found.document.form,
        "api": found.document.api,
        "subject": found.subject,
        "facts": found.document.count,
        "changes": [_change_row(change) for change in found.changes],
        "spec": [_disagreement_row(row) for row in found.spec],
    }
    if found.document.unread:
        rows["unreadable"] = [{"part": reason.part, "why": reason.why} for reason in found.document.unread]
    if found.draft is not None:
        rows["draft"] = found.draft
    if found.nearest is not None:
        sheet, rest = found.nearest
        rows["nearest"] = {
            "document": sheet.document,
            "subject": sheet.subject,
            "changes": [_change_row(row) for row in rest],
        }
    return rows


def _report_on_new(document: Document, sheets: list[Sheet]) -> Report:
    similar, number = nearest(document, sheets), next_number()
    return Report(
        document=document,
        sheet=None,
        changes=[evolve(change, impact="additive") for change in changes({}, document.facts)],
        spec=[],
        draft=draft(document, number),
        number=number,
        nearest=(similar, changes(similar.facts, document.facts)) if similar else None,
    )


def _disagreements(document: Document, sheet: Sheet, found: Match, committed: list[Sheet]) -> list[Disagreement]:
    spec: Spec = load(sheet.api) if sheet.api in apis() else {"info": {}}
    scope = frozenset(found.prefixes)
    facts: FactsByPlace = {place: values for place, values in document.facts.items() if in_scope(place, scope)}
    entries = entries_of(spec, evolve(sheet, facts={**sheet.facts, **facts}), committed)
    if entries is None:
        return []
    entries = [entry for entry in entries if in_scope(entry.place, scope)]
    return [_disagreement(difference, sheet) for difference in differences(facts, entries)]


def _disagreement(difference: Difference, sheet: Sheet) -> Disagreement:
    waiver = waiver_of(difference, sheet.waivers)
    return Disagreement(
        difference=difference, operation=_operation_of(difference, sheet), waiver=waiver.why if waiver else None
    )


def _operation_of(difference: Difference, sheet: Sheet) -> str | None:
    """Method and path of what a difference is about; None for facts of the page as a whole."""
    if difference.name == OPERATION:
        return str(difference.document or difference.spec)
    operations = sheet.operations.get(split_prefix(difference.place)[0])
    return " ".join(operations[0]) if operations and not in_scope(difference.place, frozenset()) else None


def _change_row(change: Change) -> dict[str, Any]:
    return {
        "where": change.where,
        "operation": change.operation,
        "fact": change.fact,
        "was": change.was,
        "now": change.now,
        "kind": change.kind,
        "impact": change.impact,
    }


def _disagreement_row(row: Disagreement) -> dict[str, Any]:
    difference = row.difference
    whole = (member_kind(difference.place) or "place") if difference.name == WHOLE_PLACE else difference.name
    return {
        "where": split_prefix(difference.place)[1],
        "operation": row.operation,
        "fact": whole,
        "document": difference.document,
        "spec": difference.spec,
        "waiver": row.waiver,
    }
