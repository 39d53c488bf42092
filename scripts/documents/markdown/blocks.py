"""Markdown -> blocks: headings, paragraphs, lists, tables and fences, from markdown-it's tokens."""

import logging
import re
import unicodedata
from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import TypeAlias

from attrs import define, frozen
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

CODE, CODE_END, BOLD, BOLD_END = "\ue000", "\ue001", "\ue002", "\ue003"
"""Characters of no meaning that stand for the marks around code and bold text."""
INDENT = 2
"""By how many columns a line has to be further from the margin to hang below another."""

logging.getLogger("markdown_it").setLevel(logging.INFO)  # it reports every rule that it tries
_GONE, _GONE_END = "\ue004", "\ue005"
"""Around what is struck through, or points to a footnote: it states nothing."""
_TAGS = {
    "br": "\n",
    **dict.fromkeys(("code",), CODE),
    **dict.fromkeys(("/code",), CODE_END),
    **dict.fromkeys(("b", "strong", "th"), BOLD),
    **dict.fromkeys(("/b", "/strong", "/th"), BOLD_END),
    **dict.fromkeys(("s", "del", "strike"), _GONE),
    **dict.fromkeys(("/s", "/del", "/strike"), _GONE_END),
}
_UNMARKED = ("i", "em", "u", "span", "kbd", "sub", "p", "div", "a")
_STRUCK = re.compile(rf"{_GONE}[^{_GONE_END}]*{_GONE_END}(?:\s*[,、，/|;；])?|~~[^~\n]+~~(?:\s*[,、，/|;；])?")
_FOOTNOTE = re.compile(
    r"\[\^[^\]\s]+\](?!:)|(?<=[A-Za-z_\ue001\ue003])(?:<sup>[\d*†‡,\s]+</sup>|[⁰¹²³⁴-⁹†‡]+)", re.IGNORECASE
)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ITEM = re.compile(r"</?(?:p|div|li|ul|ol|dl|dt|dd|h\d|summary|details)\b[^>]*>", re.IGNORECASE)
_HTML_TABLE = re.compile(r"<table\b.*?</table\s*>", re.IGNORECASE | re.DOTALL)
_ROW = re.compile(r"<tr\b[^>]*>(.*?)(?=</?(?:tr|thead|tbody|table)\b)", re.IGNORECASE | re.DOTALL)
_CELL = re.compile(r"<t[hd]\b[^>]*>(.*?)(?=</?t[hdr]\b|$)", re.IGNORECASE | re.DOTALL)
_LOST = re.compile(r"^.*(?:</?t[dhr]\b|<(?:Param|Response)Field\b|\|[ :-]*---).*$", re.IGNORECASE | re.MULTILINE)
"""A line of a table, or of a field, within markup that is not read."""
_STATES = re.compile(r"^\s*(?:export )?(?:interface \w+|type \w+ =) \{|(?:\A|\n)\n#{2,6} [^\n]+(?=\n\n)", re.MULTILINE)
_MARKS = re.compile(f"[{CODE}{CODE_END}{BOLD}{BOLD_END}]")
_BOLD = re.compile(f"[{BOLD}{BOLD_END}]")
_CODES = re.compile(f"{CODE}([^{CODE_END}]*){CODE_END}")


@define(slots=False, frozen=True)
class Text:
    """Inline text in which code and bold are still marked."""

    marked: str = ""
    """With `CODE` and `CODE_END` around code, `BOLD` and `BOLD_END` around what is bold."""

    @cached_property
    def raw(self) -> str:
        """The words alone, as they were typed."""
        return _MARKS.sub("", self.marked).strip()

    @cached_property
    def plain(self) -> str:
        """The words alone; full-width punctuation and digits are half-width."""
        return half_width(self.raw)

    @cached_property
    def prose(self) -> str:
        """As `plain`, with the marks around code, which say where a value begins and ends."""
        return half_width(_BOLD.sub("", self.marked).strip())

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """What was marked as code."""
        return tuple(code.strip() for code in _CODES.findall(self.marked))

    @cached_property
    def lines(self) -> tuple["Text", ...]:
        """Line by line; a mark does not cross a line."""
        return tuple(Text(line) for line in self.marked.split("\n") if line.strip())

    @property
    def whole_bold(self) -> bool:
        """Whether there is nothing but bold text."""
        bare = self.marked.strip()
        return bare.startswith(BOLD) and bare.endswith(BOLD_END) and bare.count(BOLD) == 1


@frozen
class Heading:
    """A heading; bold paragraphs that serve as one come below all levels."""

    level: int
    text: Text


@frozen
class Paragraph:
    """A paragraph, or the text of a quotation."""

    text: Text


@frozen
class Item:
    """An item of a list: its own text, and what hangs below it."""

    text: Text
    below: tuple["Block", ...] = ()


@frozen
class Bullets:
    """A list, ordered or not."""

    items: tuple[Item, ...]


@frozen
class Table:
    """A table: the cells of its header, its rows, and those with another number of cells, which cannot be trusted."""

    header: tuple[Text, ...]
    rows: tuple[tuple[Text, ...], ...]
    odd: tuple[str, ...] = ()


@frozen
class Fence:
    """A block of code; whether its end is marked."""

    content: str
    info: str = ""
    closed: bool = True


@frozen
class Markup:
    """The text of HTML that is no table, line by line: no reader takes it."""

    lines: tuple[Text, ...]


Block: TypeAlias = Heading | Paragraph | Bullets | Table | Fence | Markup


def half_width(text: str) -> str:
    """Return text with half-width letters, digits and punctuation, as Chinese pages mix both widths."""
    return unicodedata.normalize("NFKC", text)


def marked(text: str) -> str:
    """Text in which backticks mark code, as `Text.prose` has it."""
    return half_width(re.sub(r"`([^`\n]*)`", rf"{CODE}\1{CODE_END}", _STRUCK.sub("", text.replace("**", ""))))


@lru_cache(maxsize=256)
def blocks(text: str) -> tuple[Block, ...]:
    """The blocks of a page, in its order; two readers look at the same page, and pages share descriptions of fields."""
    text = _HTML_TABLE.sub(lambda found: re.sub(r"\n\s*\n", "\n", found[0]), text)
    tree = SyntaxTreeNode(MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text))
    return tuple(_blocks(tree, text.splitlines()))


def texts(found: tuple[Block, ...]) -> Iterator[Text]:
    """Every text below some blocks, fences aside."""
    for block in found:
        match block:
            case Heading(text=text) | Paragraph(text=text):
                yield text
            case Bullets(items=items):
                for item in items:
                    yield item.text
                    yield from texts(item.below)
            case Table(header=header, rows=rows):
                yield from header
                for row in rows:
                    yield from row
            case Fence() | Markup():
                pass


def _blocks(parent: SyntaxTreeNode, lines: list[str]) -> Iterator[Block]:
    listed: list[tuple[int, Item]] = []
    for node in parent.children:
        if node.type in {"bullet_list", "ordered_list"}:
            listed += [(_indent(item, lines), _item(item, lines)) for item in node.children if not _is_struck(item)]
            continue
        if listed:
            yield _nested(listed)
            listed = []
        yield from _block(node, lines)
    if listed:
        yield _nested(listed)


def _block(node: SyntaxTreeNode, lines: list[str]) -> Iterator[Block]:
    """Yield what a node that is no list stands for."""
    match node.type:
        case "heading" | "paragraph" if _is_struck(node):
            yield Paragraph(Text())
        case "heading":
            yield Heading(int(node.tag[1:]), _text(node))
        case "paragraph" if any(_LOST.match(one.content) for one in node.walk() if one.type == "html_inline"):
            yield Table((), (), tuple(lost(lines[node.map[0]])) if node.map else ())
        case "paragraph":
            yield Paragraph(_text(node))
        case "table":
            yield _table(node, lines)
        case "fence" | "code_block":
            yield Fence(node.content, node.info.strip(), _closed(node, lines))
        case "html_block":
            yield from map(_html_table, _HTML_TABLE.findall(node.content))
            rest = _HTML_TABLE.sub("", node.content)
            yield from (Table((), (), (line,)) for line in lost(rest))
            yield Markup(
                tuple(line for line in _text_of_html(_ITEM.sub("\n", _COMMENT.sub("", rest))).lines if line.plain)
            )
        case "blockquote":
            yield from _blocks(node, lines)
        case _:
            pass


def lost(text: str) -> Iterator[str]:
    """The first line of a table or a field within markup that is not read."""
    if found := _LOST.search(text):
        yield found[0].strip()


def lost_in_code(fence: Fence) -> Iterator[str]:
    """The first line in a block of code that would state something outside: of a table, of a type, or a heading."""
    yield from [*lost(fence.content)] or (found[0].strip() for found in [*_STATES.finditer(fence.content)][:1])


def _indent(node: SyntaxTreeNode, lines: list[str]) -> int:
    """How far the mark of an item stands from the margin."""
    line = lines[node.map[0]].expandtabs(4) if node.map else ""
    return len(line) - len(line.lstrip("> "))


def _nested(listed: list[tuple[int, Item]]) -> Bullets:
    """Items in a row as one list, with any marks; an indented one is nested below the one before it."""
    margin, found = listed[0][0], list[Item]()
    for indent, item in listed:
        if not found or indent < margin + INDENT:
            found.append(item)
            continue
        found[-1] = _nested_below(found[-1], item)
    return Bullets(tuple(found))


def _nested_below(above: Item, item: Item) -> Item:
    """An item with another one below it, at the end of the list there."""
    match above.below:
        case (*before, Bullets(items=items)):
            return Item(above.text, (*before, Bullets((*items, item))))
        case _:
            return Item(above.text, (*above.below, Bullets((item,))))


def _item(node: SyntaxTreeNode, lines: list[str]) -> Item:
    found = tuple(_blocks(node, lines))
    match found:
        case (Paragraph(text=text), *below):
            return Item(text, tuple(below))
        case _:
            return Item(Text(), found)


def _table(node: SyntaxTreeNode, lines: list[str]) -> Table:
    """A table; a row with a bar too many in a cell has its texts in other columns than it seems."""
    rows = [row for part in node.children for row in part.children]
    header, *kept = [row for row in rows if not (row.children and _is_struck(row.children[0]))]
    texts = {row: lines[row.map[0]] if row.map else "" for row in (header, *kept)}
    long = [row for row in kept if _bars(texts[row]) > _bars(texts[header])]
    short = [row for row in kept if _cells(texts[row]) < len(header.children)]
    cells = (tuple(map(_text, row.children)) for row in (header, *kept) if row not in long)
    return Table(next(cells), tuple(cells), tuple(texts[row].strip("| ") for row in kept if row in (*long, *short)))


def _bars(line: str) -> int:
    """How many bars divide a row into cells."""
    return len(re.findall(r"(?<!\\)\|", line.strip("|> \t")))


def _cells(line: str) -> int:
    """How many cells a row has, empty ones at its end included."""
    return 1 + len(re.findall(r"(?<!\\)\|", re.sub(r"^\||(?<!\\)\|$", "", line.strip("> \t"))))


def _html_table(html: str) -> Table:
    found = [tuple(_text_of_html(cell) for cell in _CELL.findall(row)) for row in _ROW.findall(html)]
    header, *rows = [row for row in found if row] or [()]
    odd = [" | ".join(cell.plain for cell in row) for row in rows if len(row) != len(header)]
    return Table(header, tuple(row for row in rows if len(row) == len(header)), tuple(odd))


def _text_of_html(html: str) -> Text:
    tree = SyntaxTreeNode(MarkdownIt("commonmark").enable("strikethrough").parseInline(html.strip()))
    return Text("".join(map(_marked_text, tree.children)))


def _is_struck(item: SyntaxTreeNode) -> bool:
    """Whether the text of an item, or of a heading, is struck through as a whole."""
    inline = next((node for node in item.walk() if node.type == "inline"), None)
    return inline is not None and bool(inline.content) and not _marked_text(inline).strip()


def _closed(node: SyntaxTreeNode, lines: list[str]) -> bool:
    if node.type == "code_block" or node.map is None:
        return True
    return lines[node.map[1] - 1].strip(" \t>").startswith(node.markup) and node.map[1] - node.map[0] > 1


def _text(node: SyntaxTreeNode) -> Text:
    return Text("".join(map(_marked_text, node.children)))


def _marked_text(inline: SyntaxTreeNode) -> str:
    """The text of a node with its marks, without what states nothing."""
    return _STRUCK.sub("", re.sub("</?sup>", "", _FOOTNOTE.sub("", "".join(_inline(inline)))))


def _inline(node: SyntaxTreeNode) -> Iterator[str]:
    for child in node.children:
        match child.type:
            case "text" | "text_special":
                yield child.content.replace("**", "")  # bold that CommonMark does not see next to CJK punctuation
            case "code_inline":
                yield f"{CODE}{child.content}{CODE_END}"
            case "softbreak" | "hardbreak":
                yield "\n"
            case "html_inline":
                tag = re.sub(r"[\s/]*>$|\s.*", "", child.content.lower()).removeprefix("<")
                yield "" if tag.removeprefix("/") in _UNMARKED else _TAGS.get(tag, child.content)
            case "s":
                yield from (_GONE, *_inline(child), _GONE_END)
            case "strong":
                yield from (BOLD, *_inline(child), BOLD_END)
            case _:
                yield from _inline(child)
