"""The call that a service makes when a task is done: which field asks for it, by which method it comes."""

import re
from collections.abc import Iterable, Iterator

from scripts.documents.facts import Facts
from scripts.documents.markdown.blocks import Fence, Table
from scripts.documents.markdown.outline import Piece
from scripts.documents.operations.page import CALLBACK, Page

_METHOD = re.compile(r"\b(POST|GET|PUT|PATCH)\b(?!\s*`?(?:https?:|/))", re.ASCII)
_ASKING = re.compile(r"查询|轮询|\bpoll|\bquery", re.ASCII | re.IGNORECASE)
_WORD = re.compile(r"回调|callback|webhook", re.ASCII | re.IGNORECASE)


def tell_callback(page: Page) -> None:
    """Tell the callback of a Markdown page."""
    at = page.field(CALLBACK)
    if at is None:
        return
    name = at.removeprefix("request.")
    about = [text.plain for placed in page.fields if placed.where == at for text in placed.texts]
    tell_method(page.facts, name, [*about, *(line for piece in page.rest for line in _lines(piece, name))])


def tell_method(facts: Facts, name: str, lines: Iterable[str]) -> None:
    """Tell the field of a callback, and the method that lines about it name."""
    facts.tell("callback", "field", name)
    for line in lines:
        for method in () if _ASKING.search(line) else _METHOD.findall(line):
            facts.tell("callback", "method", method)


def callback_name(names: Iterable[str]) -> str | None:
    """The name among those of a request's fields that is for a callback."""
    return next((name for name in names if CALLBACK.fullmatch(name)), None)


def _lines(piece: Piece, name: str) -> Iterator[str]:
    """The lines of a piece that are about callbacks; a row is a line, and all rows of a table about them are."""
    if isinstance(piece.content, Fence):
        return
    if isinstance(piece.content, Table):
        rows = [" ".join(cell.plain for cell in row) for row in piece.content.rows]
        about = any(name in row or _WORD.search(row) for row in rows)
        yield from (cell.plain for row in piece.content.rows for cell in row if about)
        return
    yield from (text.plain for text in piece.texts if _WORD.search(text.plain))
