"""The codes of answers, wherever a page lists them, and the words for states."""

import re

from scripts.documents import _tables as tables
from scripts.documents._blocks import Bullets, Fence, Table
from scripts.documents._document import Facts
from scripts.documents._outline import labels
from scripts.documents._page import Page

_SUCCESS = r"(?<![不未失非])成功|\bsuccess|\bsucceed|\bOK\b"
_MEANS = re.compile(
    r"(?<![\w.])(\d{1,5})[`\"'\s]*(?:表示|代表|意味着|为|即|是|=|:|-|means|indicates|is)?\s*(?:请求|调用|操作|the )?"
    rf"(?:{_SUCCESS})"
    rf"|(?:{_SUCCESS})(?:时|则)?(?:为|是|返回|=|:| is| returns)[`\"'\s]*(\d{{1,5}})(?!\d)",
    re.IGNORECASE,
)
_STATE = re.compile(r"(?:query\.)?response\.(?:.+\.)?\w*(?:state|status)", re.IGNORECASE)


def tell_codes(page: Page) -> None:
    """Tell the codes of tables and lists, and which of them means success."""
    for piece in page.pieces:
        listed = tables.codes(piece.content) if isinstance(piece.content, Table) else None
        if listed is None and isinstance(piece.content, Bullets):
            found = [(label.strip("`"), text.plain) for label, text in labels(piece)]
            if len(found) > 2 and all(re.fullmatch(r"\d{3,5}", label) for label, _ in found):
                listed = {int(label): meaning for label, meaning in found}
        if listed:
            page.facts.tell("codes", "enum", sorted(listed))
        for code, meaning in (listed or {}).items():
            if re.search(_SUCCESS, meaning, re.IGNORECASE):
                page.facts.tell("codes", "success", code)
        if not isinstance(piece.content, Fence | Table) or listed is None:
            tell_success_in(
                page.facts, [] if isinstance(piece.content, Fence) else [text.plain for text in piece.texts]
            )
    gather_codes(page.facts)


def tell_success_in(facts: Facts, lines: list[str]) -> None:
    """Tell the code that lines say to mean success."""
    for line in lines:
        for found in _MEANS.finditer(line):
            facts.tell("codes", "success", int(found[1] or found[2]))


def tell_codes_in(facts: Facts, description: str) -> None:
    """Tell the codes that a description lists line by line, and which of them means success."""
    lines = description.splitlines()
    listed = [int(found[1]) for line in lines if (found := re.match(r"[\s*`-]*(\d{3,5})[`*]*\s*[:=-]", line))]
    if len(listed) > 1:
        facts.tell("codes", "enum", sorted(set(listed)))
    tell_success_in(facts, lines)


def gather_codes(facts: Facts) -> None:
    """Move the values of a field `code` in an answer to the codes, wherever they are listed."""
    for at in ("response.code", "query.response.code"):
        for name in ("enum", "open"):
            for value in facts.withdraw(at, name):
                facts.tell("codes", name, value)


def tell_states(page: Page) -> None:
    """Tell the words of a table of states as those of every field for a state."""
    for piece in page.rest:
        words = tables.states(piece.content) if isinstance(piece.content, Table) else None
        for at, told in page.facts.values.items() if words else ():
            if _STATE.fullmatch(at) and told.get("type") == "string":
                page.facts.tell(at, "enum", sorted(words or ()))
