"""The codes of responses, wherever a page lists them, and the words for states."""

import re
from collections.abc import Iterator

from scripts.documents.facts import Facts
from scripts.documents.markdown import tables
from scripts.documents.markdown.blocks import Bullets, Fence, Table
from scripts.documents.markdown.outline import Passage, labels
from scripts.documents.operations.page import Page

_SUCCESS = r"(?<![不未失非])成功|\bsuccess|\bsucceed|\bOK\b"
_MEANS = re.compile(
    r"(?<!\w)(?<!\w\.)(\d{1,5})[`\"'\s]*(?:表示|代表|意味着|为|即|是|=|:|-|means|indicates|is)?"
    r"\s*(?:请求|调用|操作|the )?"
    rf"(?:{_SUCCESS})"
    rf"|(?:{_SUCCESS})(?:时|则)?(?:为|是|返回|=|:| is| returns)[`\"'\s]*(\d{{1,5}})(?!\d)",
    re.ASCII | re.IGNORECASE,
)
_MENTION = re.compile(
    r"(?:错误码|状态码|返回码|错误代码|返回|\b(?:error |status )?code|\breturns|\bHTTP)\s*(?:为|是|:|is|of)?\s*"
    r"(?<![\d.])([1-9]\d{2,4})(?![\d.%]|\s*(?:个|秒|ms|px|字))",
    re.ASCII | re.IGNORECASE,
)
_ITEM = re.compile(
    r"(?:HTTP\s*)?[`\"']*(\d{3,5})(?![\w%]|\s*[-./]\s*\d|\s*\d)[`\"']*\s*([:=]|[-–—](?=\s))?\s*(.*)",
    re.ASCII | re.DOTALL,
)
_STATE = re.compile(r"(?:query\.)?response\.(?:.+\.)?\w*(?:state|status)", re.ASCII | re.IGNORECASE)


def read_codes(page: Page) -> None:
    """Read the codes of tables and lists, and the one of success."""
    lists: list[set[int]] = []
    for passage in page.passages:
        listed = tables.codes(passage.content) if isinstance(passage.content, Table) else None
        if listed is None and isinstance(passage.content, Bullets):
            listed = _listed_codes(passage, passage.content)
        if listed:
            lists.append({*listed})
        for code, meaning in (listed or {}).items():
            if re.search(_SUCCESS, meaning, re.ASCII | re.IGNORECASE):
                page.facts.add("codes", "success", code)
        if not isinstance(passage.content, Fence | Table) or listed is None:
            read_success_code(
                page.facts, [] if isinstance(passage.content, Fence) else [text.plain for text in passage.texts]
            )
    # Lists without a common code are parts of one; of lists that overlap, each claims to be whole, and a difference
    # between them is a contradiction of the page.
    together = set[int]().union(*lists)
    apart = lists and sum(map(len, lists)) == len(together)
    mentioned = (
        {code for passage in page.outside_fields for code in _mentioned(passage)} - together if together else set[int]()
    )
    for codes in [together] if apart else lists:
        page.facts.add("codes", "enum", sorted(codes | mentioned))
    gather_codes(page.facts)


def _mentioned(passage: Passage) -> Iterator[int]:
    """The codes of errors that sentences name."""
    for text in passage.texts if not isinstance(passage.content, Fence | Table) else ():
        yield from mentioned_codes(text.plain)


def mentioned_codes(text: str) -> Iterator[int]:
    """The codes of errors that a line names."""
    if not _MEANS.search(text):
        yield from (int(found[1]) for found in _MENTION.finditer(text))


def _listed_codes(passage: Passage, bullets: Bullets) -> dict[int, str] | None:
    """Code -> its meaning, if a list is one of codes: by a colon after each, or by its title."""
    found = [_ITEM.match(item.text.plain) for item in bullets.items]
    sure = any(map(tables.CODE_WORD.search, passage.titles[:1])) or all(one and one[2] for one in found)
    if len(found) < 3 or not sure or not all(found):
        return None
    return {int(one[1]): one[3] for one in found if one}


def _listed_states(passage: Passage, names: frozenset[str]) -> tuple[str, ...] | None:
    """The words of a list of states, each with its meaning; none of them is the name of a field."""
    if not isinstance(passage.content, Bullets) or not any(map(tables.STATE.search, passage.titles[:1])):
        return None
    found = tuple(label.strip("`\"'") for label, _ in labels(passage))
    words = all(map(tables.WORD.fullmatch, found)) and len(found) == len(passage.content.items) > 1
    return found if words and not names & {*found} else None


def read_success_code(facts: Facts, lines: list[str]) -> None:
    """Read the code of success that lines name."""
    for line in lines:
        for found in _MEANS.finditer(line):
            facts.add("codes", "success", int(found[1] or found[2]))


def read_codes_in(facts: Facts, description: str) -> None:
    """Read the codes that a description lists line by line, and the one of success."""
    lines = description.splitlines()
    listed = [int(found[1]) for line in lines if (found := re.match(r"[\s*`-]*(\d{3,5})[`*]*\s*[:=-]", line))]
    if len(listed) > 1:
        facts.add("codes", "enum", sorted(set(listed)))
    read_success_code(facts, lines)


def gather_codes(facts: Facts) -> None:
    """Move the values of a field `code` in a response to `codes`."""
    for at in ("response.code", "query.response.code"):
        for name in ("enum", "open"):
            for value in facts.remove(at, name):
                facts.add("codes", name, value)


def read_states(page: Page) -> None:
    """Read the words of a table or list of states as the values of every field for a state."""
    for passage in page.outside_fields:
        words = (
            tables.states(passage.content)
            if isinstance(passage.content, Table)
            else _listed_states(passage, page.names)
        )
        for at, stated in page.facts.values.items() if words else ():
            if _STATE.fullmatch(at) and stated.get("type") == "string":
                page.facts.add(at, "enum", list(words or ()))
