"""Print a report as short tables for the terminal."""

import io
import textwrap
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text
from ruamel.yaml.comments import CommentedSeq

from scripts.documents import Value, is_conflict
from scripts.documents.facts import canonical, listed, mapping
from scripts.facts.changes import Change, member_kind, split_prefix
from scripts.facts.comparison import Difference
from scripts.facts.draft import Schemas
from scripts.facts.report import Disagreement, Report
from scripts.facts.sheets import quoted, yaml

WIDTH = 120
LONG = 40
"""Characters of a value; what is longer is cut."""
NOTHING = "-"
INDENT = 4
"""Columns before the name of a schema in a spec."""


def show(found: Report) -> None:
    """Print a report."""
    console = _console()
    console.print(Text(_summary(found)))
    if found.draft is not None:
        _show_new(console, found, found.draft)
    if found.sheet is None:
        return
    if found.changes:
        console.print(_changes_table(found.changes))
    _show_spec(console, found.spec)


def differing(was: Value, now: Value) -> tuple[str, str]:
    """Return two values in short; of two lists only the items that the other lacks."""
    if isinstance(was, list) and isinstance(now, list):
        return _only_in_first("-", listed(was), listed(now)), _only_in_first("+", listed(now), listed(was))
    return short(was), short(now)


def short(value: Value) -> str:
    """Return a value in a few words."""
    if value is None:
        return NOTHING
    if is_conflict(value):
        return _cut(" against ".join(map(short, value["values"])))
    if isinstance(value, dict) and value.keys() == {"chars", "sha256"}:
        return f"a text of {value['chars']} characters"
    if isinstance(value, dict):
        return _cut(", ".join(f"{key} {short(item)}" for key, item in mapping(value).items()))
    if isinstance(value, list):
        return _cut(", ".join(map(short, listed(value))))
    return _cut(str(value).lower() if isinstance(value, bool) else str(value))


def _summary(found: Report) -> str:
    document = found.document
    head = f"{document.name} ({document.form}): {found.subject}, {document.count} facts"
    if found.sheet is None:
        return head
    breaking = sum(change.impact == "breaking" for change in found.changes)
    changed = f"{len(found.changes)} {'change' if len(found.changes) == 1 else 'changes'}, breaking: {breaking}"
    count = changed if found.changes else "nothing changed"
    return f"{head}; {count}"


def _changes_table(changes: Iterable[Change]) -> Table:
    table = _table("where", "fact", "was", "now", "impact")
    for change in sorted(changes, key=lambda change: (change.operation or "", change.where)):
        table.add_row(
            _with_method(change.where, change.operation), change.fact, *differing(change.was, change.now), change.impact
        )
    return table


def _show_spec(console: Console, rows: list[Disagreement]) -> None:
    unwaived = [row for row in rows if row.waiver is None]
    if unwaived:
        table = _table("where the spec disagrees", "fact", "document", "spec")
        for row in unwaived:
            table.add_row(*_disagreement(row.difference, row.operation))
        console.print(table)
    console.print(f"spec: {len(unwaived)} disagreements, and {len(rows) - len(unwaived)} that are waived")


def _disagreement(difference: Difference, operation: str | None) -> tuple[str, str, str, str]:
    where = _with_method(split_prefix(difference.place)[1], operation)
    return (
        where,
        difference.name or member_kind(difference.place) or "place",
        *differing(difference.document, difference.spec),
    )


def _show_new(console: Console, found: Report, schemas: Schemas) -> None:
    console.print("a draft for the spec; write the descriptions, and examples of your own.")
    console.print("under info.x-documents:")
    console.print(Text(f'    "{found.number}": {found.document.name}\n'), soft_wrap=True)
    console.print("under components.schemas:")
    for name, schema in schemas.items():
        console.print(Text(_yaml_to_paste({name: schema})), soft_wrap=True)
    if found.nearest:
        sheet, rows = found.nearest
        console.print(f"most like {sheet.document}, from which it differs so:")
        console.print(_changes_table(rows))


def _yaml_to_paste(schemas: Schemas) -> str:
    """YAML in the style of the specs, indented for its place."""
    text, writer = io.StringIO(), yaml()
    writer.dump(_yaml_styled(schemas), text)
    return textwrap.indent(text.getvalue(), " " * INDENT)


def _yaml_styled(value: Value, key: str = "") -> Value:
    """With lists of values on one line, and quotation marks where they are needed."""
    if isinstance(value, dict):
        return {name: _yaml_styled(item, name) for name, item in mapping(value).items()}
    items = listed(value)
    if items and not any(isinstance(item, dict) for item in items):
        line: Any = CommentedSeq(map(quoted, items))
        line.fa.set_flow_style()
        return line
    return list(map(_yaml_styled, items)) if items else value if key == "description" else quoted(value)


def _with_method(where: str, operation: str | None) -> str:
    return f"{operation.partition(' ')[0]} {where}" if operation else where


def _only_in_first(sign: str, values: list[Value], others: list[Value]) -> str:
    known = {*map(canonical, others)}
    return _cut(", ".join(f"{sign}{short(value)}" for value in values if canonical(value) not in known)) or NOTHING


def _cut(text: str) -> str:
    return text if len(text) <= LONG else f"{text[: LONG - 1]}…"


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in headings:
        table.add_column(heading, overflow="fold", no_wrap=heading.startswith(("where", "fact", "impact")))
    return table


def _console() -> Console:
    console = Console(highlight=False, markup=False)
    return console if console.is_terminal else Console(highlight=False, markup=False, width=WIDTH)
