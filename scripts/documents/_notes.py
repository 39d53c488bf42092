"""What a page says again about fields in tables of attributes, sentences and code, and where it contradicts itself."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from scripts.documents import _prose as prose
from scripts.documents import _tables as tables
from scripts.documents._blocks import Fence, Paragraph, Table
from scripts.documents._document import Value
from scripts.documents._fields import flat
from scripts.documents._outline import Piece, Said, labels, sources
from scripts.documents._page import CALLBACK, MODEL, Page
from scripts.documents._words import attribute, scalar, type_of, unquoted, yes

_CODES = re.compile("\ue000([^\ue001]*)\ue001")
_MODE = re.compile(r"模式\s*\(([A-Za-z]\w*)\)")
_BY = re.compile(r"(?:通过|根据|使用|凭|\bby\b|\bwith\b|\busing\b)\s*(?:the\s*)?[\ue000\s]*([A-Za-z_]\w*)[\ue001\s]*(?:来|去)?\s*(?:查询|获取|轮询|\bto (?:query|get|poll))", re.ASCII | re.IGNORECASE)
NEAR = 0.6
ORDINARY = frozenset(
    "null none nil true false json string integer number boolean object array int float bool enum list map dict url uri body header"
    " headers query path params post get put curl bash http https bearer token callBackUrl callback_url".split()
)
_NAME = re.compile(r"[a-z][A-Za-z0-9_]*(?:(?:\.|\[\w*\]\.?)[A-Za-z][A-Za-z0-9_]*)*(?:\[\w*\])?")
_MEDIA = re.compile(r"\b[a-z]+/[a-z][\w.+-]*", re.IGNORECASE)
_CONTENT = re.compile(r"(?:application|multipart|text)/")
_LABELLED = re.compile(r"content[- ]?type|内容类型", re.IGNORECASE)
_CONTENT_TYPE = re.compile(r"content-type['\"]?\s*:\s*['\"]?([\w/+.-]+)", re.IGNORECASE)
_SENTENCE = re.compile(r"[。！？!?;；\n]|\.(?=\s)")
_JOINED = re.compile(r"[\ue000\ue001\s]*(?:[、,/]|和|与|以?及|and|or)?[\ue000\ue001\s]*")
_IS = r"[`'\"\ue000\ue001\s]*(?:为|是|等于|=+|\bis\b|\bequals\b)\s*[`'\"\ue000]+(\w+)[`'\"\ue001]"


def tell_notes(page: Page) -> None:
    """Tell what the pieces beside the fields say about them."""
    for piece in page.rest:
        _tell_content_type(page, piece)
        said = tables.attributes(piece.content) if isinstance(piece.content, Table) else None
        if said and (at := _subject(page, piece)):
            _tell_attributes(page, at, said)
        elif not isinstance(piece.content, Fence | Table):
            _tell_sentences(page, piece)


def tell_mentions(page: Page) -> None:
    """Tell the words that a page uses as values or names of a field and that are none."""
    known = page.facts.values
    for at, told in known.items():
        if not isinstance(told.get("enum"), list) or "." not in at:
            continue
        used = re.compile(rf"(?<![\w.]){re.escape(at.rsplit('.', 1)[1])}{_IS}")
        found = {word for piece in page.pieces for source in _coded(piece) for word in used.findall(source)}
        if strange := sorted(found - set(map(str, told["enum"]))):
            page.facts.tell(at, "mentioned", strange)
    lines = [text.prose for piece in page.pieces for text in piece.texts]
    modes = {word for line in lines for word in _MODE.findall(line)}
    for at, told in known.items():
        if at.endswith(".mode") and isinstance(told.get("enum"), list) and (strange := sorted(modes - set(map(str, told["enum"])))):
            page.facts.tell(at, "mentioned", strange)
    asked = [at for at in known if re.fullmatch(r"query\.request\.\w+", at)]
    used = {word for line in lines for word in _BY.findall(line)} - {at.rsplit(".", 1)[1] for at in asked}
    if used and len(asked) == 1:
        page.facts.tell(asked[0], "unknown", sorted(used))
    _tell_misnamed(page)


def _tell_misnamed(page: Page) -> None:
    """Tell the names in the prose that no field has: at the field that they are nearest to, if they are near to one."""
    known = page.facts.values
    fields = {at.rsplit(".", 1)[1]: at for at in reversed(list(known)) if re.match(r"(?:query\.)?(?:request|response)\.", at)}
    slips: dict[str, set[str]] = {}
    for code in _strange(page, fields.keys() | _words(known)):
        near = max(fields, key=lambda name: SequenceMatcher(None, name, code).ratio(), default="")
        alike = SequenceMatcher(None, near, code).ratio() >= NEAR
        slips.setdefault(fields[near] if alike else "mentions", set()).add(code)
    for at, word in _titled(page):
        slips.setdefault(at, set()).add(word)
    for at, codes in slips.items():
        page.facts.tell(at, "unknown", sorted(codes))


def _strange(page: Page, known: set[str]) -> Iterator[str]:
    """The names that are marked as code and that nothing on the page has."""
    described = [said.text for placed in page.fields for said in flat(placed.field.says) if said.attribute == "description"]
    beside = [text for piece in page.rest for text in piece.texts]
    for code in {code.strip() for text in (*described, *beside) for code in _CODES.findall(prose.plainly(text.prose))}:
        if _NAME.fullmatch(code):
            yield from (part for part in re.split(r"\.|\[\w*\]", code) if part and part not in known and part not in ORDINARY)


def _words(known: dict[str, dict[str, Value]]) -> set[str]:
    """The words that are values, parts of addresses, or names of models."""
    facts = [fact for told in known.values() for fact in told.values()]
    values = [value for fact in facts for value in (fact if isinstance(fact, list) else [fact])]
    told = {word for value in values for word in re.split(r"\W", str(value))} | {str(value) for value in values}
    return told | {part for at in known for part in at.split(".")}


def _titled(page: Page) -> Iterator[tuple[str, str]]:
    """The objects above whose fields a title names another object, much alike."""
    for placed in page.fields:
        parent, _, _ = placed.where.rpartition(".")
        name, title = parent.rpartition(".")[2], placed.piece.titles[0] if placed.piece.titles else ""
        words = re.findall(r"[A-Za-z_]\w*", title, re.ASCII)
        if "." in parent and len(words) == 1 and words[0].islower() and words[0] not in page.names and words[0] in name:
            yield parent, words[0]


def _coded(piece: Piece) -> Iterator[str]:
    return sources(piece) if isinstance(piece.content, Fence) else (text.prose for text in piece.texts)


def _tell_content_type(page: Page, piece: Piece) -> None:
    if isinstance(piece.content, Fence):
        for found in _CONTENT_TYPE.findall(piece.content.content):
            page.facts.tell("request", "content_type", found.lower())
        return
    for label, value in labels(piece):
        if (media := _MEDIA.fullmatch(unquoted(value.plain))) and _CONTENT.match(value.plain.strip("`\"' ")):
            page.facts.tell("request", "content_type", media[0].lower())
        elif _LABELLED.search(label) and (media := _MEDIA.search(value.plain)):
            page.facts.tell("request", "content_type", media[0].lower())


def _tell_attributes(page: Page, at: str, says: tuple[Said, ...]) -> None:
    for said in says:
        value = unquoted(said.text.plain)
        match said.attribute:
            case "type":
                found = type_of(value)
                page.facts.tell(at, "type", found.name if found else value.lower())
            case "required" | "optional" if (mark := yes(value)) is not None:
                page.facts.tell(at, "required", mark == (said.attribute == "required"))
            case "format" if MODEL.fullmatch(at.removeprefix("request.")):
                page.facts.tell(at, "enum", [value])
            case "default":
                page.facts.tell(at, "default", scalar(value, page.facts.values.get(at, {}).get("type")))
            case _:
                pass


def _subject(page: Page, piece: Piece) -> str | None:
    """The field that a table of attributes is about."""
    before = [other for other in page.pieces[: piece.index] if other.path == piece.path and isinstance(other.content, Paragraph)]
    tops = {at.removeprefix("request."): at for at in page.facts.values if re.fullmatch(r"request\.\w+", at)}
    for source in (*[text.plain for other in reversed(before) for text in other.texts], *piece.titles[:1]):
        if found := [at for name, at in tops.items() if re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", source)]:
            return found[0]
    title = piece.titles[0] if piece.titles else ""
    if re.search(r"回调|callback|webhook", title, re.IGNORECASE):
        return page.field(CALLBACK)
    return page.field(MODEL) if re.search(r"模型|model", title, re.IGNORECASE) else None


def _tell_sentences(page: Page, piece: Piece) -> None:
    """Tell the limits that a sentence names again for fields of the request."""
    known = {at.rsplit(".", 1)[1]: at for at in page.facts.values if at.startswith("request.")}
    for sentence in (part for text in piece.texts for part in _SENTENCE.split(text.prose)):
        for at, clause in _subjects(prose.plainly(sentence), known):
            told = page.facts.values.get(at, {}).get("type")
            kind = told if isinstance(told, str) else None
            for name, value in (*prose.lengths(clause), *prose.durations(clause, kind), *prose.defaults(clause, kind)):
                page.facts.tell(at, name, value)


def _subjects(sentence: str, known: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The fields that a sentence names, each with what is said after its name, up to the next ones."""
    found = [match for match in re.finditer(r"(?<![A-Za-z0-9_.])[A-Za-z_][A-Za-z0-9_]*", sentence) if match[0] in known]
    start = 0
    while start < len(found):
        end = start + 1
        while end < len(found) and _JOINED.fullmatch(sentence[found[end - 1].end() : found[end].start()]):
            end += 1
        until = found[end].start() if end < len(found) else len(sentence)
        yield from ((known[match[0]], sentence[found[end - 1].end() : until]) for match in found[start:end])
        start = end
