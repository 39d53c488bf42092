"""Words that a page uses as names or values of its fields, though none has it.

A slip of the page, or a change that was made in one place only.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher

from scripts.documents import _prose as prose
from scripts.documents._blocks import CODE, CODE_END, Fence
from scripts.documents._document import Facts, Value
from scripts.documents._fields import flat
from scripts.documents._outline import Piece, sources
from scripts.documents._page import Page

NEAR = 0.6
"""How alike a name and a field's name are if one is meant to be the other."""
ORDINARY = frozenset(
    [
        "null",
        "none",
        "nil",
        "true",
        "false",
        "body",
        "header",
        "headers",
        "query",
        "path",
        "params",
        "post",
        "get",
        "put",
        "curl",
        "string",
        "str",
        "integer",
        "int",
        "number",
        "float",
        "double",
        "boolean",
        "bool",
        "object",
        "array",
        "enum",
        "list",
        "map",
        "dict",
        "json",
        "url",
        "uri",
        "bash",
        "http",
        "https",
        "bearer",
        "token",
        "callBackUrl",
        "callback_url",
    ]
)
"""What is written as code without being a field's name, and the names that pages give to a callback elsewhere."""

ELSEWHERE = "mentions"
"""Where names stand that are like those of no field."""

_MARK = f"{CODE}{CODE_END}"
_CODES = re.compile(f"{CODE}([^{CODE_END}]*){CODE_END}")
_NAME = re.compile(r"[a-z][A-Za-z0-9_]*(?:(?:\.|\[\w*\]\.?)[A-Za-z][A-Za-z0-9_]*)*(?:\[\w*\])?")
_IS = rf"[`'\"{_MARK}\s]*(?:为|是|等于|=+|\bis\b|\bequals\b)\s*[`'\"{CODE}]+(\w+)[`'\"{CODE_END}]"
_MODE = re.compile(r"模式\s*\(([A-Za-z]\w*)\)")
_BY = re.compile(
    rf"(?:通过|根据|使用|凭|\bby\b|\bwith\b|\busing\b)\s*(?:the\s*)?[{_MARK}\s]*([A-Za-z_]\w*)[{_MARK}\s]*"
    r"(?:来|去)?\s*(?:查询|获取|轮询|\bto (?:query|get|poll))",
    re.ASCII | re.IGNORECASE,
)


def tell_mentions(page: Page) -> None:
    """Tell such words of a Markdown page."""
    lines = [text.prose for piece in page.pieces for text in piece.texts]
    _tell_values(page.facts, [source for piece in page.pieces for source in _coded(piece)], lines)
    _tell_parameter(page.facts, lines)
    objects = {at for at, told in page.facts.values.items() if told.get("type") == "object"}
    described: dict[str, list[str]] = {}
    for placed in page.fields:
        words = [said.text.prose for said in flat(placed.field.says) if said.attribute == "description"]
        described.setdefault(placed.where if placed.where in objects else ELSEWHERE, []).extend(words)
    described.setdefault(ELSEWHERE, []).extend(text.prose for piece in page.rest for text in piece.texts)
    for at, found in described.items():
        tell_unknown(page.facts, found, at)
    for at, word in _titled(page):
        page.facts.tell(at, "unknown", [word])


def tell_unknown(facts: Facts, lines: Iterable[str], otherwise: str = ELSEWHERE) -> None:
    """Tell the names that are marked as code and that nothing has: at the field that they are near to, if any."""
    known = facts.values
    fields = {
        at.rsplit(".", 1)[1]: at for at in reversed(list(known)) if re.match(r"(?:query\.)?(?:request|response)\.", at)
    }
    slips: dict[str, set[str]] = {}
    for name in _strange(lines, fields.keys() | _words(known)):
        near = max(fields, key=lambda other: SequenceMatcher(None, other, name).ratio(), default="")
        alike = SequenceMatcher(None, near, name).ratio() >= NEAR
        slips.setdefault(fields[near] if alike else otherwise, set()).add(name)
    for at, names in slips.items():
        facts.tell(at, "unknown", sorted(names))


def _tell_values(facts: Facts, coded: list[str], lines: list[str]) -> None:
    """Tell what is called a field's value and is none of its values: `state` is `done`, fast mode (fast)."""
    modes = {word for line in lines for word in _MODE.findall(line)}
    for at, told in facts.values.items():
        enum, name = told.get("enum"), at.rpartition(".")[2]
        if not isinstance(enum, list) or "." not in at:
            continue
        used = re.compile(rf"(?<![\w.]){re.escape(name)}{_IS}", re.ASCII)
        found = {word for source in coded for word in used.findall(source)} | (modes if name == "mode" else set())
        if strange := sorted(found - set(map(str, enum))):
            facts.tell(at, "mentioned", strange)


def _tell_parameter(facts: Facts, lines: list[str]) -> None:
    """Tell by what else than its one parameter a query is said to be made."""
    asked = [at for at in facts.values if re.fullmatch(r"query\.request\.\w+", at)]
    used = {word for line in lines for word in _BY.findall(line)} - {at.rpartition(".")[2] for at in asked}
    if used and len(asked) == 1:
        facts.tell(asked[0], "unknown", sorted(used))


def _strange(lines: Iterable[str], known: set[str]) -> Iterator[str]:
    for code in {code.strip() for line in lines for code in _CODES.findall(prose.plainly(line))}:
        parts = re.split(r"\.|\[\w*\]", code) if _NAME.fullmatch(code) else ()
        yield from (part for part in parts if part and part not in known and part not in ORDINARY)


def _words(known: Mapping[str, Mapping[str, Value]]) -> set[str]:
    """The words that are values, or parts of addresses and of places."""
    facts = [fact for told in known.values() for fact in told.values()]
    values = [str(value) for fact in facts for value in (fact if isinstance(fact, list) else [fact])]
    parts = {word for value in values for word in re.split(r"\W", value)}
    return parts | set(values) | {part for at in known for part in at.split(".")}


def _titled(page: Page) -> Iterator[tuple[str, str]]:
    """The objects of whose fields a title says that they are another's, with a name much alike."""
    for placed in page.fields:
        parent = placed.where.rpartition(".")[0]
        words = re.findall(r"[A-Za-z_]\w*", placed.piece.titles[0] if placed.piece.titles else "", re.ASCII)
        near = len(words) == 1 and words[0].islower() and words[0] in parent.rpartition(".")[2]
        if near and "." in parent and words[0] not in page.names:
            yield parent, words[0]


def _coded(piece: Piece) -> Iterator[str]:
    return sources(piece) if isinstance(piece.content, Fence) else (text.prose for text in piece.texts)
