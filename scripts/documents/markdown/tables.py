"""Classify tables: fields, attributes of one field, codes, models, or states, by their cells and then their headers."""

import re
from collections.abc import Callable, Iterable, Iterator

from scripts.documents.markdown.blocks import Table, Text
from scripts.documents.markdown.outline import Field, Group, Statement
from scripts.documents.markdown.vocabulary import attribute, field_name, nothing, type_of, yes

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


def unread(table: Table) -> Iterator[str]:
    """The rows of a table that cannot be read as the others are; its header if it is one of fields without any."""
    yield from table.odd
    for fits, number in (
        (_is_code, _codes_at(table)),
        (_is_id, _models_at(table)),
        (field_name, _fields_at(table)),
        (_is_word, _states_at(table)),
    ):
        if number is not None:
            yield from (_row(row) for row in table.rows if not fits(row[number]) and any(cell.plain for cell in row))
            return
    labels = {attribute(head.plain) for head in table.header}
    named = all(map(field_name, column(table, 0))) and labels == {"name", "description"}
    if ({"name", "type"} <= labels or named) and attributes(table) is None:
        yield _row(table.header)


def unknown_columns(table: Table) -> Iterator[str]:
    """The titles in a table of fields that no reader knows, over cells that say something."""
    known = columns(table).values() if _fields_at(table) is not None else range(len(table.header))
    for number, head in enumerate(table.header):
        cells = [cell.plain for cell in column(table, number)]
        counts = cells == [str(row) for row in range(1, len(cells) + 1)]
        if number not in known and attribute(head.plain) is None and not counts and not all(map(nothing, cells)):
            yield head.plain


def codes(table: Table) -> dict[int, str] | None:
    """Code -> its meaning, if the table lists codes."""
    number = _codes_at(table)
    if number is None:
        return None
    rows = [row for row in table.rows if _is_code(row[number])]
    others = [" ".join(cell.plain for at, cell in enumerate(row) if at != number) for row in rows]
    return {int(re.sub(r"\D", "", row[number].plain)): text for row, text in zip(rows, others, strict=True)}


def fields(table: Table) -> Group | None:
    """The fields that the table describes, if it describes fields."""
    at = _fields_at(table)
    if at is None:
        return None
    attributes = {number: name for name, number in columns(table).items()}
    return Group(tuple(_field(row, at, attributes) for row in table.rows if field_name(row[at])))


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
    number = _models_at(table)
    if number is None:
        return None
    rest = [at for at in range(len(table.header)) if at != number]
    name = next(
        (at for at in rest if MODEL.search(table.header[at].plain) or attribute(table.header[at].plain) == "name"), None
    )
    others = [at for at in rest if at != name]
    titled = (at for at in others if FEATURE.search(table.header[at].plain))
    feature = next(titled, max(others, key=lambda at: sum(len(cell.plain) for cell in column(table, at)), default=None))
    return {_bare(row[number]): (_cell(row, name), _cell(row, feature)) for row in table.rows if _is_id(row[number])}


def states(table: Table) -> tuple[str, ...] | None:
    """The words of a table of states."""
    number = _states_at(table)
    return None if number is None else tuple(_bare(cell) for cell in column(table, number) if _is_word(cell))


def _is_code(cell: Text) -> bool:
    return _CODE.fullmatch(cell.plain) is not None


def _codes_at(table: Table) -> int | None:
    """The column of codes: most cells, or under no such title all cells and of three digits."""
    number = _column(table, lambda cell: _is_code(cell) and len(re.sub(r"\D", "", cell.plain)) == 3)
    titled = [at for at, head in enumerate(table.header) if CODE_WORD.search(head.plain)]
    return number if number is not None else _column(table, _is_code, most=True, among=titled)


def _is_id(cell: Text) -> bool:
    return MODEL_ID.fullmatch(_bare(cell)) is not None


def _models_at(table: Table) -> int | None:
    """The column of the ids of models, in a table that has a title about models."""
    titled = any(MODEL.search(head.plain) for head in table.header)
    return _column(table, _is_id, most=fields(table) is None) if titled else None


def _fields_at(table: Table) -> int | None:
    """The column of the names of fields."""
    where = columns(table)
    described = "type" in where or {"required", "description"} <= where.keys()
    return where.get("name") if described else None


def _is_word(cell: Text) -> bool:
    return WORD.fullmatch(_bare(cell)) is not None


def _states_at(table: Table) -> int | None:
    return _column(
        table, _is_word, most=True, among=[at for at, head in enumerate(table.header) if STATE.search(head.plain)]
    )


def _row(row: tuple[Text, ...]) -> str:
    return " | ".join(" ".join(cell.plain.split()) for cell in row)


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
    """Whether most cells of a column match its header; checked for names, types and marks only."""
    cells = column(table, number)
    if name == "name":
        names = {found for cell in cells if (found := field_name(cell))}
        titled = attribute(table.header[number].plain) == "name"
        return len(names) * 2 > len(cells) if titled else 0 < len(names) == len(cells)
    if name == "type":
        return bool(cells) and sum(type_of(cell.plain) is not None for cell in cells) * 2 > len(cells)
    if name == "required":
        return bool(cells) and sum(yes(cell.plain) is not None for cell in cells) * 2 > len(cells)
    return True


def _column(
    table: Table, fits: Callable[[Text], bool], *, most: bool = False, among: Iterable[int] | None = None
) -> int | None:
    for number in range(len(table.header)) if among is None else among:
        cells = column(table, number)
        if cells and (sum(map(fits, cells)) * 2 >= len(cells) if most else all(map(fits, cells))):
            return number
    return None
