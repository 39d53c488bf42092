"""The outline of a Markdown page: its pieces, the sections they stand in, and the fields that bullets describe."""

import re
from collections.abc import Iterator
from typing import TypeAlias

from attrs import frozen

from scripts.documents.markdown.blocks import Block, Bullets, Fence, Heading, Item, Paragraph, Table, Text, texts
from scripts.documents.markdown.vocabulary import NAME, attribute, field_name, labelled, type_of, unquoted, yes

TITLE = 40  # characters; a bold paragraph that is longer is no heading
BOLD_LEVEL = 7
TELLING = frozenset({"type", "required", "default", "enum", "max_length", "range", "step", "in"})

_MARK = "[\ue000-\ue003]*"
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
class Said:
    """One thing said about a field: under which attribute, in which words, and what hangs below it."""

    attribute: str
    text: Text
    below: tuple[Block, ...] = ()
    label: str = ""


@frozen
class Field:
    """A field as a page describes it, under the name that it has there."""

    name: str
    says: tuple[Said, ...]

    def of(self, *attributes: str) -> Iterator[Said]:
        """What is said under some attributes."""
        return (said for said in self.says if said.attribute in attributes)

    @property
    def texts(self) -> Iterator[Text]:
        """Its texts, what hangs below included."""
        for said in self.says:
            yield said.text
            yield from texts(said.below)


@frozen
class Group:
    """Fields that stand together."""

    fields: tuple[Field, ...]

    @property
    def attributes(self) -> frozenset[str]:
        """What the fields have said about them."""
        return frozenset(said.attribute for field in self.fields for said in field.says)


Content: TypeAlias = Paragraph | Bullets | Table | Fence | Group


@frozen
class Piece:
    """A piece of a page, and the sections that it stands in, the outermost first."""

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


def outline(found: tuple[Block, ...]) -> tuple[Piece, ...]:
    """The pieces of a page."""
    path: list[tuple[int, Section]] = []
    pieces: list[Piece] = []
    for number, block in enumerate(_grouped(found)):
        if isinstance(block, Heading):
            path = [*((level, section) for level, section in path if level < block.level)]
            path.append((block.level, Section(number, block.text)))
        else:
            pieces.append(Piece(block, tuple(section for _, section in path), len(pieces)))
    return tuple(pieces)


def labels(piece: Piece) -> Iterator[tuple[str, Text]]:
    """What a piece says under labels: lines of paragraphs, items of lists, rows of two cells."""
    match piece.content:
        case Paragraph(text=text):
            yield from (found for line in text.lines if (found := labelled(line)))
        case Bullets(items=items):
            yield from (found for item in items for line in item.text.lines if (found := labelled(line)))
        case Table(header=header, rows=rows) if len(header) == 2:
            yield from ((row[0].plain, row[1]) for row in (header, *rows))
        case _:
            return


def sources(piece: Piece) -> Iterator[str]:
    """Everything that a piece says, code included."""
    if isinstance(piece.content, Fence):
        yield piece.content.content
    else:
        yield from (text.plain for text in piece.texts)


def inside(item: Item) -> Said:
    """What an item of a list says about the field that it hangs below."""
    if found := labelled(item.text):
        name = attribute(found[0])
        if name is not None:
            return Said(name, found[1], item.below, found[0])
    return Said("description", item.text, item.below)


def _grouped(found: tuple[Block, ...]) -> Iterator[Heading | Content]:
    """Blocks, with titles and lists of fields made into groups, and bold titles into headings."""
    run: list[Field] = []
    position = 0
    while position < len(found):
        block = found[position]
        after = found[position + 1] if position + 1 < len(found) else None
        described = _field(block, after)
        if described is not None:
            run.append(described)
            position += 2
            continue
        if isinstance(block, Heading) or _is_title(block):
            if run:
                yield Group(tuple(run))
                run = []
            yield from [block] if isinstance(block, Heading) else _bold_headings(block)
        elif isinstance(block, Bullets) and (items := _of_items(block)):
            run += items
        else:
            yield block
        position += 1
    if run:
        yield Group(tuple(run))


def _is_title(block: Block) -> bool:
    return isinstance(block, Paragraph) and all(
        line.whole_bold and len(line.plain) <= TITLE for line in block.text.lines
    )


def _bold_headings(block: Block) -> Iterator[Heading]:
    for line in block.text.lines if isinstance(block, Paragraph) else ():
        yield Heading(BOLD_LEVEL, line)


def _field(title: Block, after: Block | None) -> Field | None:
    """A field: its name as a title, and what is said of it as a list."""
    if not isinstance(title, Heading | Paragraph) or not isinstance(after, Bullets):
        return None
    name = field_name(title.text)
    says = tuple(map(inside, after.items))
    if name is None or not _about_a_field(name, says):
        return None
    return Field(name, says)


def _of_items(bullets: Bullets) -> list[Field]:
    """The fields that the items of a list name, most of them with their types: `size` (integer, optional): how big."""
    found = [_of_item(item) for item in bullets.items]
    typed = [one for one in found if one and any(one[0].of("type"))]
    return [field for one in found for field in one or ()] if all(found) and len(typed) * 2 > len(found) else []


def _of_item(item: Item) -> list[Field] | None:
    """The field that an item names, and the fields below it."""
    named = _NAMED.fullmatch(item.text.marked.strip())
    name = field_name(Text(named[1])) if named else None
    if named is None or name is None or (name[0].isupper() and attribute(name)):
        return None
    says, rest = _beside_the_name(named[2] or "", named[3])
    below: list[Field] = []
    for block in item.below:
        inner = _of_items(block) if isinstance(block, Bullets) else []
        below += [Field(f"{name}.{one.name}", one.says) for one in inner]
        if isinstance(block, Bullets) and not inner:
            says += map(inside, block.items)
    return [Field(name, (*says, Said("description", Text(rest)))), *below]


def _beside_the_name(bracketed: str, rest: str) -> tuple[list[Said], str]:
    """What is said of a field right after its name, in brackets or clause by clause, and the rest."""
    says = [_clause(clause) or Said("description", Text(clause)) for clause in _CLAUSE.split(bracketed) if clause]
    while not bracketed and (said := _clause((parts := _CLAUSE.split(rest, maxsplit=1))[0])):
        says.append(said)
        rest = parts[1] if len(parts) > 1 else ""
    return says, rest


def _clause(text: str) -> Said | None:
    """A type or a mark that stands by itself."""
    plain = Text(text)
    if plain.plain and type_of(plain.plain):
        return Said("type", plain)
    marks = attribute(plain.plain) in {"required", "optional"} and yes(plain.plain) is not None
    return Said("required", plain) if marks else None


def _about_a_field(name: str, says: tuple[Said, ...]) -> bool:
    told = {said.attribute for said in says} & TELLING
    typed = any(
        said.attribute == "type" and (type_of(said.text.plain) or re.fullmatch(r"\w+", unquoted(said.text.plain)))
        for said in says
    )
    known = len(told) > 1 or (bool(told) and (name[0].islower() or "." in name))
    return (typed or known) and not {"method", "url"} & {said.attribute for said in says}
