"""The codes of answers, wherever a page lists them, and the words for states."""

import re

from scripts.documents.facts import Facts
from scripts.documents.markdown import tables
from scripts.documents.markdown.blocks import Bullets, Fence, Table
from scripts.documents.markdown.outline import Piece, labels
from scripts.documents.operations.page import Page

_SUCCESS = r"(?<![不未失非])成功|\bsuccess|\bsucceed|\bOK\b"
_MEANS = re.compile(
    r"(?<!\w)(?<!\w\.)(\d{1,5})[`\"'\s]*(?:表示|代表|意味着|为|即|是|=|:|-|means|indicates|is)?"
    r"\s*(?:请求|调用|操作|the )?"
    rf"(?:{_SUCCESS})"
    rf"|(?:{_SUCCESS})(?:时|则)?(?:为|是|返回|=|:| is| returns)[`\"'\s]*(\d{{1,5}})(?!\d)",
    re.ASCII | re.IGNORECASE,
)
_ITEM = re.compile(
    r"(?:HTTP\s*)?[`\"']*(\d{3,5})(?![\w%]|\s*[-./]\s*\d|\s*\d)[`\"']*\s*([:=]|[-–—](?=\s))?\s*(.*)",
    re.ASCII | re.DOTALL,
)
_STATE = re.compile(r"(?:query\.)?response\.(?:.+\.)?\w*(?:state|status)", re.ASCII | re.IGNORECASE)


def tell_codes(page: Page) -> None:
    """Tell the codes of tables and lists, and which of them means success."""
    lists: list[set[int]] = []
    for piece in page.pieces:
        listed = tables.codes(piece.content) if isinstance(piece.content, Table) else None
        if listed is None and isinstance(piece.content, Bullets):
            listed = _listed(piece, piece.content)
        if listed:
            lists.append({*listed})
        for code, meaning in (listed or {}).items():
            if re.search(_SUCCESS, meaning, re.ASCII | re.IGNORECASE):
                page.facts.tell("codes", "success", code)
        if not isinstance(piece.content, Fence | Table) or listed is None:
            tell_success_in(
                page.facts, [] if isinstance(piece.content, Fence) else [text.plain for text in piece.texts]
            )
    apart = sum(map(len, lists)) == len(set().union(*lists))
    for codes in [set().union(*lists)] if apart and lists else lists:
        page.facts.tell("codes", "enum", sorted(codes))
    gather_codes(page.facts)


def _listed(piece: Piece, bullets: Bullets) -> dict[int, str] | None:
    """Code -> its meaning, if a list is one of codes: by a colon after each, or by its title."""
    found = [_ITEM.match(item.text.plain) for item in bullets.items]
    sure = any(map(tables.CODE_WORD.search, piece.titles[:1])) or all(one and one[2] for one in found)
    if len(found) < 3 or not sure or not all(found):
        return None
    return {int(one[1]): one[3] for one in found if one}


def _stated(piece: Piece, names: frozenset[str]) -> tuple[str, ...] | None:
    """The words of a list of states, each with its meaning; none of them is the name of a field."""
    if not isinstance(piece.content, Bullets) or not any(map(tables.STATE.search, piece.titles[:1])):
        return None
    found = tuple(label.strip("`\"'") for label, _ in labels(piece))
    words = all(map(tables.WORD.fullmatch, found)) and len(found) == len(piece.content.items) > 1
    return found if words and not names & {*found} else None


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
    """Tell the words of a table or list of states as those of every field for a state."""
    for piece in page.rest:
        words = tables.states(piece.content) if isinstance(piece.content, Table) else _stated(piece, page.names)
        for at, told in page.facts.values.items() if words else ():
            if _STATE.fullmatch(at) and told.get("type") == "string":
                page.facts.tell(at, "enum", sorted(words or ()))
