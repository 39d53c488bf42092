"""The outline of a Markdown page: its passages, the sections they stand in, and the fields that bullets describe."""

import re
from collections.abc import Iterable, Iterator
from itertools import takewhile
from typing import TypeAlias

from attrs import frozen

from scripts.documents.markdown.blocks import (
    Block,
    Bullets,
    Fence,
    Heading,
    Item,
    Markup,
    Paragraph,
    Table,
    Text,
    texts,
)
from scripts.documents.markdown.vocabulary import NAME, attribute, field_name, labelled, type_of, unquoted, yes

TITLE = 40  # characters; a bold paragraph that is longer is no heading
BOLD_LEVEL = 7
FIELD_ATTRIBUTES = frozenset({"type", "required", "default", "enum", "max_length", "range", "step", "in"})

_HISTORY = re.compile(
    r"更新(日志|记录|历史)|变更(日志|记录|历史)|版本历史|\bchange ?log|release notes|\bhistory\b", re.IGNORECASE
)
"""Titles of what was so before."""
_MARK = "[\ue000-\ue003]*"
"""The marks around code and bold text (see `blocks`)."""
_NAMED = re.compile(
    rf"{_MARK}({NAME.pattern}){_MARK}\s*(?:[(（]([^()（）]*)[)）])?{_MARK}\s*(?:[:：]|[-–—](?=\s))?{_MARK}\s*(.*)",
    re.ASCII | re.DOTALL,
)
"""An item about a field: its name, what stands in brackets after it, and the rest."""
_CLAUSE = re.compile(r"\s*[,，、;；。|·]\s*|\s+[-–—]\s+")


@frozen
class Section:
    """A section, known by its number."""

    number: int
    title: Text


@frozen
class Statement:
    """One statement about a field: its attribute, its words, and the blocks nested below it."""

    attribute: str
    text: Text
    below: tuple[Block, ...] = ()
    label: str = ""


@frozen
class Field:
    """A field as a page describes it, under the name that it has there."""

    name: str
    statements: tuple[Statement, ...]

    def of(self, *attributes: str) -> Iterator[Statement]:
        """The statements with one of these attributes."""
        return (statement for statement in self.statements if statement.attribute in attributes)

    @property
    def texts(self) -> Iterator[Text]:
        """Its texts, including those nested below."""
        for statement in self.statements:
            yield statement.text
            yield from texts(statement.below)


@frozen
class Group:
    """Fields that stand together, and what seems to be about fields beside them and names none."""

    fields: tuple[Field, ...]
    odd: tuple[str, ...] = ()

    @property
    def attributes(self) -> frozenset[str]:
        """All attributes that the statements of the fields have."""
        return frozenset(statement.attribute for field in self.fields for statement in field.statements)


Content: TypeAlias = Paragraph | Bullets | Table | Fence | Markup | Group


@frozen
class Passage:
    """A passage of a page, and the sections that it stands in, the outermost first."""

    content: Content
    path: tuple[Section, ...]
    index: int

    @property
    def titles(self) -> tuple[str, ...]:
        """The titles above it, the nearest first."""
        return tuple(section.title.plain for section in reversed(self.path))

    @property
    def texts(self) -> Iterator[Text]:
        """Its texts, line by line."""
        if isinstance(self.content, Group):
            for field in self.content.fields:
                yield from field.texts
        else:
            for text in texts((self.content,)):
                yield from text.lines


def outline(found: tuple[Block, ...]) -> tuple[Passage, ...]:
    """The passages of a page."""
    path: list[tuple[int, Section]] = []
    passages: list[Passage] = []
    for number, block in enumerate(_grouped(found)):
        if isinstance(block, Heading):
            path = [*((level, section) for level, section in path if level < block.level)]
            path.append((block.level, Section(number, block.text)))
        else:
            passages.append(Passage(block, tuple(section for _, section in path), len(passages)))
    return tuple(passages)


def current(passages: Iterable[Passage]) -> Iterator[Passage]:
    """The passages that stand in no history."""
    return (passage for passage in passages if not any(map(_HISTORY.search, passage.titles)))


def labels(passage: Passage) -> Iterator[tuple[str, Text]]:
    """Label and text of each labelled line of a paragraph, item of a list, or row of two cells."""
    match passage.content:
        case Paragraph(text=text):
            yield from (found for line in text.lines if (found := labelled(line)))
        case Bullets(items=items):
            yield from (found for item in items for line in item.text.lines if (found := labelled(line)))
        case Table(header=header, rows=rows) if len(header) == 2:
            yield from ((row[0].plain, row[1]) for row in (header, *rows))
        case _:
            return


def sources(passage: Passage) -> Iterator[str]:
    """All text of a passage, code included."""
    if isinstance(passage.content, Fence):
        yield passage.content.content
    else:
        yield from (text.plain for text in passage.texts)


def inside(item: Item) -> Statement:
    """The statement that an item of a list makes about the field above it."""
    if found := labelled(item.text):
        name = attribute(found[0])
        if name is not None:
            return Statement(name, found[1], item.below, found[0])
    return Statement("description", item.text, item.below)


def _grouped(found: tuple[Block, ...]) -> Iterator[Heading | Content]:
    """Yield blocks; the fields below a heading are one group, after its other blocks, and bold titles are headings."""
    run: list[Field] = []
    odd: list[str] = []
    position = 0
    while position < len(found):
        block = found[position]
        after = found[position + 1] if position + 1 < len(found) else None
        if isinstance(block, Paragraph) and not block.text.raw:  # struck through
            position += 1 + isinstance(after, Bullets)
            continue
        described, length = _field(found[position:])
        if described is not None and not described.name:
            odd.append(block.text.plain if isinstance(block, Heading | Paragraph) else "")
        elif described is not None:
            run.append(described)
            position += length
            continue
        if isinstance(block, Heading) or _is_title(block):
            if run or odd:
                yield Group(tuple(run), tuple(odd))
                run, odd = [], []
            yield from [block] if isinstance(block, Heading) else _bold_headings(block)
        elif isinstance(block, Paragraph) and _names_a_type(block):
            odd.append(block.text.lines[0].plain)
        elif isinstance(block, Bullets) and (items := _of_items(block)):
            run += items
            odd += [item.text.plain for item in block.items if _of_item(item) is None]
        else:
            yield block
        position += 1
    if run or odd:
        yield Group(tuple(run), tuple(odd))


def _names_a_type(block: Paragraph) -> bool:
    """Whether a paragraph begins with a marked name and a type, as a field, though no field could be read of it."""
    line = block.text.lines[0]
    found = re.match(rf"[\ue000\ue002]+{NAME.pattern}[\ue001\ue003]+\s*[(:：-]?\s*(.*)", line.marked, re.ASCII)
    return found is not None and type_of(_CLAUSE.split(Text(found[1]).plain.strip("()"))[0]) is not None


def _is_title(block: Block) -> bool:
    return isinstance(block, Paragraph) and all(
        line.whole_bold and len(line.plain) <= TITLE for line in block.text.lines
    )


def _bold_headings(block: Block) -> Iterator[Heading]:
    for line in block.text.lines if isinstance(block, Paragraph) else ():
        yield Heading(BOLD_LEVEL, line)


def _field(found: tuple[Block, ...]) -> tuple[Field | None, int]:
    """A field and how many blocks describe it: a title with its name, then a list or lines of statements.

    The field has no name if the title is none, though what follows it says a type as of a field.
    """
    match found:
        case (Heading(text=title) | Paragraph(text=title), Bullets(items=items), *_):
            statements, length = tuple(map(inside, items)), 2
        case (Heading(text=title) | Paragraph(text=title), Paragraph(text=lines), *rest) if field_name(title):
            statements = tuple(statement for line in lines.lines for statement in _of_line(line))
            more = [*takewhile(_continues, rest)] if _describe_a_field(field_name(title) or "x", statements) else []
            statements += tuple(statement for block in more for statement in _beside(block))
            length = 2 + len(more)
        case (Paragraph(text=text), *_) if len(text.lines) > 1 and field_name(text.lines[0]):
            title, *below = text.lines
            statements, length = tuple(statement for line in below for statement in _of_line(line)), 1
        case _:
            return None, 0
    name = field_name(title)
    statements += tuple(_in_title(title)) if name else ()
    if not _describe_a_field(name or "x", statements):
        unknown = name and re.fullmatch(r"[a-z]\w*", name) and all(map(_has_unknown_label, statements))
        return (Field("", ()), 0) if unknown else (None, 0)
    typed = any(statement.attribute == "type" and type_of(statement.text.plain) for statement in statements)
    return Field(name or "", statements) if name or typed else None, length


def _has_unknown_label(statement: Statement) -> bool:
    found = labelled(statement.text) if statement.text.marked.startswith("\ue002") else None
    return found is not None and attribute(found[0]) is None


def _in_title(title: Text) -> Iterator[Statement]:
    """The type and the marks that stand in brackets after the name of a field in its title."""
    found = _NAMED.fullmatch(title.marked.strip())
    clauses = map(_clause, _CLAUSE.split(found[2])) if found and found[2] else ()
    yield from (statement for statement in clauses if statement)


def _continues(block: Block) -> bool:
    """Whether a block goes on about the field above it."""
    if isinstance(block, Paragraph):
        return bool(block.text.raw) and not _is_title(block) and not field_name(block.text.lines[0])
    return isinstance(block, Bullets) and not _of_items(block)


def _beside(block: Block) -> Iterator[Statement]:
    """The statements of a block under those of a field."""
    if isinstance(block, Paragraph):
        yield from (statement for line in block.text.lines for statement in _of_line(line))
    elif isinstance(block, Bullets):
        yield from map(inside, block.items)


def _of_line(line: Text) -> Iterator[Statement]:
    """The statements of a line by itself: with a label, or a type and marks, as `string` (required)."""
    labels = labelled(line)
    if labels and (name := attribute(labels[0])):
        yield Statement(name, labels[1], (), labels[0])
        return
    statements, rest = _beside_the_name("", line.marked)
    yield from (*statements, Statement("description", Text(rest)))


def _of_items(bullets: Bullets) -> list[Field]:
    """The fields that the items of a list name, most of them with their types: `size` (integer, optional): how big."""
    found = [_of_item(item) for item in bullets.items]
    typed = [one for one in found if one and any(one[0].of("type"))]
    return [field for one in found for field in one or ()] if len(typed) * 2 > len(found) else []


def _of_item(item: Item) -> list[Field] | None:
    """The field that an item names, and the fields below it."""
    named = _NAMED.fullmatch(item.text.marked.strip())
    name = field_name(Text(named[1])) if named else None
    if named is None or name is None or (name[0].isupper() and attribute(name)):
        return None
    statements, rest = _beside_the_name(named[2] or "", named[3])
    below: list[Field] = []
    for block in item.below:
        inner = _of_items(block) if isinstance(block, Bullets) else []
        below += [Field(f"{name}.{one.name}", one.statements) for one in inner]
        if isinstance(block, Bullets) and not inner:
            statements += map(inside, block.items)
    return [Field(name, (*statements, Statement("description", Text(rest)))), *below]


def _beside_the_name(bracketed: str, rest: str) -> tuple[list[Statement], str]:
    """The statements right after a field's name, in brackets or clause by clause, and the rest of the text."""
    statements = [
        _clause(clause) or Statement("description", Text(clause)) for clause in _CLAUSE.split(bracketed) if clause
    ]
    while statement := _clause((parts := _CLAUSE.split(rest, maxsplit=1))[0]):
        if bracketed and not statement.label:
            break
        statements.append(statement)
        rest = parts[1] if len(parts) > 1 else ""
    return statements, rest


def _clause(text: str) -> Statement | None:
    """A type or a mark that stands by itself."""
    plain = Text(text)
    if plain.plain and type_of(plain.plain):
        return Statement("type", plain)
    label, value = labelled(plain) or ("", plain)
    if (name := attribute(label)) in {"required", "optional"} and yes(value.plain) is not None:
        return Statement(str(name), value, (), label)
    marks = attribute(plain.plain) in {"required", "optional"} and yes(plain.plain) is not None
    return Statement("required", plain) if marks else None


def _describe_a_field(name: str, statements: tuple[Statement, ...]) -> bool:
    """Whether statements name a type, or enough other attributes of a field, and nothing of an operation."""
    specific = {statement.attribute for statement in statements} & FIELD_ATTRIBUTES
    typed = any(
        statement.attribute == "type"
        and (type_of(statement.text.plain) or re.fullmatch(r"\w+", unquoted(statement.text.plain)))
        for statement in statements
    )
    known = len(specific) > 1 or (bool(specific) and (name[0].islower() or "." in name))
    return (typed or known) and not {"method", "url"} & {statement.attribute for statement in statements}
