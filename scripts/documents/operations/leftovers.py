"""Report each line of a page that states something that no reader took."""

import re
from collections.abc import Iterable, Iterator

from attrs import evolve

from scripts.documents.facts import Facts
from scripts.documents.fields.leftovers import Known, Line, unread_in_field, unread_in_line
from scripts.documents.markdown.blocks import Block, Bullets, Fence, Heading, Markup, Paragraph, Table, Text
from scripts.documents.markdown.outline import Group, Passage, current
from scripts.documents.markdown.vocabulary import NAME, attribute
from scripts.documents.operations.codes import mentioned_codes
from scripts.documents.operations.roles import QUERY_PARAMETERS, REQUEST_FIELDS, RESPONSE_FIELDS

_SAMPLE = re.compile(r"\s*(?:\$\s*)?(?:[{\[]|curl\b)")
_PLAIN = frozenset(["", "yaml", "yml", "text", "txt", "plain", "toml", "ini", "csv", "properties"])
"""What a block of code says that it is, where its lines may state something."""
_FRAGMENT = re.compile(r"\s*\"\w+\"\s*:")
"""A part of a sample, beside the field that it shows."""
_INLINE = re.compile("(?<=.)```.*|\ue000[^\ue001]*\n[^\ue001]*\ue001", re.DOTALL)
"""A block of code that begins within a line: a part of a sample, too."""
_DECLARED = re.compile(
    r"^\s*[-|+]*\s*[\"']?\w+[\"']?\??\s*[:=|,\s]\s*[\"']?(?:type\b|string|str|integer|int|number|float|bool)",
    re.MULTILINE,
)


def skip_leftovers(facts: Facts, lines: Iterable[Line], samples: Iterable[str]) -> None:
    """Note what lines beside the fields, and the descriptions of fields, state that is no fact."""
    known = Known.of(facts.values, [*samples, " ".join(REQUEST_FIELDS | RESPONSE_FIELDS | QUERY_PARAMETERS)])
    for line in lines:
        codes = (one for one in mentioned_codes(line.text.plain) if str(one) not in known.codes)
        for what in (*unread_in_line(line, known), *(f"this code is not known: {one}" for one in codes)):
            facts.skip("line", f"{what}, in: {_short(line.text)}")
    for where, values in facts.unlabelled.items():
        for value in values:
            if value not in known.scalars(where):
                facts.skip(where, f"this value has no label that is known: {value}")
    for where, texts in facts.described.items():
        for text in texts:
            for what in unread_in_field(where, text, known):
                facts.skip(where, f"{what}, in: {_short(Text(text))}")


def lines_of(found: Iterable[Block | Group], title: str = "") -> Iterator[Line]:
    """The lines of blocks, each with the name in the title above it."""
    for block in found:
        match block:
            case Heading(text=text):
                title = _name(text)
                yield Line(text)
            case Paragraph(text=text):
                yield from _of_text(text, title)
            case Bullets(items=items):
                for item in items:
                    yield from _of_text(item.text, title)
                    below = (one for one in item.below if not (isinstance(one, Fence) and _FRAGMENT.match(one.content)))
                    yield from lines_of(below, _name(item.text) or title)
            case Table():
                yield from _of_table(block)
            case Markup(lines=texts):
                yield from _of_text(Text("\n".join(text.marked for text in texts)), title)
            case Group():
                yield from _of_group(block, title)
            case Fence() if not _SAMPLE.match(block.content):
                yield from _of_code(block, title)
            case _:
                pass


def lines_beside(passages: Iterable[Passage]) -> Iterator[Line]:
    """The lines of passages beside structured data, but for a history."""
    titled: set[int] = set()
    for passage in current(passages):
        for section in passage.path:
            if section.number not in titled:
                yield Line(section.title)
            titled.add(section.number)
        yield from lines_of([passage.content], _name(passage.path[-1].title) if passage.path else "")


def samples_in(found: Iterable[Block | Group]) -> Iterator[str]:
    """The texts of samples."""
    for block in found:
        if isinstance(block, Fence) and (_SAMPLE.match(block.content) or _FRAGMENT.match(block.content)):
            yield block.content
        elif isinstance(block, Bullets):
            for item in block.items:
                yield from samples_in(item.below)


def _of_table(table: Table) -> Iterator[Line]:
    """The rows of a table; where one title alone is a name, or a row gives one, they are about it.

    A type is reported even then: another operation may have a field of the same name.
    """
    given = (row[1] for row in table.rows if len(row) == 2 and attribute(row[0].plain) == "name")
    names = [name for cell in (*table.header, *given) if (name := _name(cell))]
    title = names[0] if len(names) == 1 else ""
    for row in (table.header, *table.rows):
        of_another = title not in map(_name, table.header) and attribute(row[0].plain) == "type"
        yield Line(Text(" | ".join(cell.marked for cell in row)), "" if of_another else title)


def _of_group(group: Group, title: str) -> Iterator[Line]:
    """A line for each field, and what names none."""
    yield from (Line(Text(one), title) for one in group.odd)
    for field in group.fields:
        words = "; ".join(text.marked for text in field.texts)
        yield Line(Text(f"{field.name}: {words}"))


def _of_code(fence: Fence, title: str) -> Iterator[Line]:
    """The lines of a block of code that holds plain text; of a program, those that declare a type."""
    if fence.info.lower() in _PLAIN:
        yield from (evolve(line, program=True) for line in _of_text(Text(fence.content), title))
    else:
        declared = filter(_DECLARED.match, fence.content.splitlines())
        yield from (Line(Text(line), title, program=True) for line in declared)


def _of_text(text: Text, title: str) -> Iterator[Line]:
    """The lines of a text; a name that stands alone on the first one is the title of the others."""
    first, *rest = Text(_INLINE.sub("", text.marked).replace("\n: ", ": ", 1)).lines or (Text(),)
    name = _name(first) if rest else ""
    yield Line(first, "" if name else title)
    name = name or _name(Text(text.marked.partition("\n: ")[0]))
    yield from (Line(line, name or title) for line in rest)


def _name(text: Text) -> str:
    """The name that a title is; empty if it is none."""
    bare = text.plain.strip(" :*")
    return bare if NAME.fullmatch(bare) and (bare[0].islower() or "_" in bare) else ""


def _short(text: Text) -> str:
    bare = " ".join(text.plain.split())
    return bare if len(bare) <= 80 else f"{bare[:77]}..."
