"""The callback of a service when a task is done: the field that requests it, and its HTTP method."""

import re
from collections.abc import Iterable, Iterator

from scripts.documents.facts import Facts
from scripts.documents.markdown.blocks import Fence, Table
from scripts.documents.markdown.outline import Passage
from scripts.documents.operations.page import CALLBACK, Page

_METHOD = re.compile(r"\b(POST|GET|PUT|PATCH)\b(?!\s*`?(?:https?:|/))", re.ASCII)
_QUERY = re.compile(r"查询|轮询|\bpoll|\bquery", re.ASCII | re.IGNORECASE)
_WORD = re.compile(r"回调|callback|webhook", re.ASCII | re.IGNORECASE)


def read_callback(page: Page) -> None:
    """Read the callback of a Markdown page."""
    at = page.field(CALLBACK)
    if at is None:
        return
    name = at.removeprefix("request.")
    about = [text.plain for placed in page.fields if placed.where == at for text in placed.texts]
    read_callback_method(
        page.facts, name, [*about, *(line for passage in page.outside_fields for line in _lines(passage, name))]
    )


def read_callback_method(facts: Facts, name: str, lines: Iterable[str]) -> None:
    """Read the field of a callback, and the method that lines about it name."""
    facts.add("callback", "field", name)
    for line in lines:
        for method in () if _QUERY.search(line) else _METHOD.findall(line):
            facts.add("callback", "method", method)


def callback_name(names: Iterable[str]) -> str | None:
    """The name among those of a request's fields that is for a callback."""
    return next((name for name in names if CALLBACK.fullmatch(name)), None)


def _lines(passage: Passage, name: str) -> Iterator[str]:
    """The lines of a passage that are about callbacks; a row is a line, and all rows of a table about them are."""
    if isinstance(passage.content, Fence):
        return
    if isinstance(passage.content, Table):
        rows = [" ".join(cell.plain for cell in row) for row in passage.content.rows]
        about = any(name in row or _WORD.search(row) for row in rows)
        yield from (cell.plain for row in passage.content.rows for cell in row if about)
        return
    yield from (text.plain for text in passage.texts if _WORD.search(text.plain))
