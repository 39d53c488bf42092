"""Classify tables: fields, attributes of one field, codes, models, or states, by their cells and then their headers."""

import re
from collections.abc import Callable

from scripts.documents.markdown.blocks import Table, Text
from scripts.documents.markdown.outline import Field, Group, Statement
from scripts.documents.markdown.vocabulary import attribute, field_name, type_of, yes

STATE = re.compile(r"状态|\bstate\b|\bstatus\b", re.IGNORECASE)
MODEL = re.compile(r"模型|\bmodels?\b", re.IGNORECASE)
FEATURE = re.compile(r"功能|能力|支持|用途|feature|support|capabilit", re.IGNORECASE)
CODE_WORD = re.compile(r"码|代码|\bcodes?\b|\bstatus\b|状态|错误|error", re.IGNORECASE)
_CODE = re.compile(r"\d{1,5}|(?:HTTP\s*)?\d{3}(?:\s+[A-Za-z][A-Za-z ]*)?", re.ASCII)
WORD = re.compile(r"[A-Za-z][\w-]*")
MODEL_ID = re.compile(r"(?=.*[\d/])[A-Za-z0-9]+(?:[-/.][A-Za-z0-9.]+)+")


def columns(table: Table) -> dict[str, int]:
    """Attribute -> number of its column, by its header, or by its cells where the header is not known."""
    found: dict[str, int] = {}
    for number, head in enumerate(table.header):
        named = attribute(head.plain)
        if named is not None and named not in found and _fits(named, table, number):
            found[named] = number
    for name in ("name", "type", "required"):
        free = [number for number in range(len(table.header)) if number not in found.values()]
        fitting = [number for number in free if name not in found and _fits(name, table, number)]
        if fitting:
            found[name] = fitting[0]
    return found


def column(table: Table, number: int) -> tuple[Text, ...]:
    """The cells of a column."""
    return tuple(row[number] for row in table.rows if number < len(row))


def codes(table: Table) -> dict[int, str] | None:
    """Code -> its meaning, if the table lists codes."""
    number = _column(table, lambda text: _CODE.fullmatch(text.plain) is not None)
    if number is None:
        return None
    found = [re.sub(r"\D", "", cell.plain) for cell in column(table, number)]
    if not CODE_WORD.search(table.header[number].plain) and not all(len(code) == 3 for code in found):
        return None
    others = [" ".join(cell.plain for at, cell in enumerate(row) if at != number) for row in table.rows]
    return {int(code): text for code, text in zip(found, others, strict=True)}


def fields(table: Table) -> Group | None:
    """The fields that the table describes, if it describes fields."""
    where = columns(table)
    if "name" not in where or not ("type" in where or {"required", "description"} <= where.keys()):
        return None
    attributes = {number: name for name, number in where.items()}
    return Group(tuple(_field(row, where["name"], attributes) for row in table.rows))


def attributes(table: Table) -> tuple[Statement, ...] | None:
    """The statements of a table about one field, one attribute a row."""
    number = _column(table, lambda text: text.plain != "" and len(text.plain) < 24, most=True)
    labels = [attribute(cell.plain) for cell in column(table, 0)]
    known = [label for label in labels if label in {"type", "required", "optional", "format", "method", "default"}]
    if number is None or len(known) < 2 or len(table.header) < 2:
        return None
    value = next((at for at, head in enumerate(table.header) if attribute(head.plain) == "value"), 1)
    return tuple(Statement(label or "description", row[value]) for label, row in zip(labels, table.rows, strict=True))


def models(table: Table) -> dict[str, tuple[str, str]] | None:
    """Model -> its name and features, if the table lists models."""
    if not any(MODEL.search(head.plain) for head in table.header):
        return None
    number = _column(table, lambda text: MODEL_ID.fullmatch(_bare(text)) is not None)
    if number is None:
        return None
    rest = [at for at in range(len(table.header)) if at != number]
    name = next(
        (at for at in rest if MODEL.search(table.header[at].plain) or attribute(table.header[at].plain) == "name"), None
    )
    others = [at for at in rest if at != name]
    titled = (at for at in others if FEATURE.search(table.header[at].plain))
    feature = next(titled, max(others, key=lambda at: sum(len(cell.plain) for cell in column(table, at)), default=None))
    return {_bare(row[number]): (_cell(row, name), _cell(row, feature)) for row in table.rows}


def states(table: Table) -> tuple[str, ...] | None:
    """The words of a table of states."""
    for number, head in enumerate(table.header):
        cells = column(table, number)
        if STATE.search(head.plain) and cells and all(WORD.fullmatch(_bare(cell)) for cell in cells):
            return tuple(_bare(cell) for cell in cells)
    return None


def _bare(cell: Text) -> str:
    return cell.plain.strip("`\"'")


def _cell(row: tuple[Text, ...], number: int | None) -> str:
    return "" if number is None else row[number].plain


def _field(row: tuple[Text, ...], name: int, attributes: dict[int, str]) -> Field:
    statements = tuple(
        Statement(attributes.get(number, "description"), cell) for number, cell in enumerate(row) if number != name
    )
    return Field(field_name(row[name]) or row[name].plain, statements)


def _fits(name: str, table: Table, number: int) -> bool:
    """Whether the cells of a column match its header; checked for names, types and marks only."""
    cells = column(table, number)
    if name == "name":
        return bool(cells) and all(map(field_name, cells)) and len({cell.plain for cell in cells}) == len(cells)
    if name == "type":
        return bool(cells) and sum(type_of(cell.plain) is not None for cell in cells) * 2 > len(cells)
    if name == "required":
        return bool(cells) and sum(yes(cell.plain) is not None for cell in cells) * 2 > len(cells)
    return True


def _column(table: Table, fits: Callable[[Text], bool], *, most: bool = False) -> int | None:
    for number in range(len(table.header)):
        cells = column(table, number)
        if cells and (sum(map(fits, cells)) * 2 > len(cells) if most else all(map(fits, cells))):
            return number
    return None
