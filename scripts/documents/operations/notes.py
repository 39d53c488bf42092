"""What a page says again about fields in tables of attributes, sentences and code, and where it contradicts itself."""

import re
from collections.abc import Iterator

from scripts.documents.fields import sentences
from scripts.documents.fields.allowed_values import durations
from scripts.documents.fields.limits import lengths
from scripts.documents.markdown import tables
from scripts.documents.markdown.blocks import Fence, Paragraph, Table
from scripts.documents.markdown.outline import Piece, Said, labels
from scripts.documents.markdown.vocabulary import scalar, type_of, unquoted, yes
from scripts.documents.operations.models import ids
from scripts.documents.operations.page import CALLBACK, MODEL, Page

_MEDIA = re.compile(r"\b[a-z]+/[a-z][\w.+-]*", re.IGNORECASE)
_CONTENT = re.compile(r"(?:application|multipart|text)/")
_LABELLED = re.compile(r"content[- ]?type|内容类型", re.IGNORECASE)
_CONTENT_TYPE = re.compile(r"content-type['\"]?\s*:\s*['\"]?([\w/+.-]+)", re.IGNORECASE)
_SENTENCE = re.compile(r"[。！？!?;；\n]|\.(?=\s)")
_JOINED = re.compile(r"[\ue000\ue001\s]*(?:[、,/]|和|与|以?及|and|or)?[\ue000\ue001\s]*")


def tell_notes(page: Page) -> None:
    """Tell what the pieces beside the fields say about them."""
    for piece in page.rest:
        _tell_content_type(page, piece)
        said = tables.attributes(piece.content) if isinstance(piece.content, Table) else None
        if said and (at := _subject(page, piece)):
            _tell_attributes(page, at, said)
        elif not isinstance(piece.content, Fence | Table):
            _tell_sentences(page, piece)


def _tell_content_type(page: Page, piece: Piece) -> None:
    if isinstance(piece.content, Fence):
        for found in _CONTENT_TYPE.findall(piece.content.content):
            page.facts.tell("request", "content_type", found.lower())
        return
    for label, value in labels(piece):
        if ((media := _MEDIA.fullmatch(unquoted(value.plain))) and _CONTENT.match(value.plain.strip("`\"' "))) or (
            _LABELLED.search(label) and (media := _MEDIA.search(value.plain))
        ):
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
            case None | "description" | "name" | "value" if MODEL.fullmatch(at.removeprefix("request.")) and any(
                ids(value)
            ):
                page.facts.tell(at, "enum", [value])
            case "default":
                page.facts.tell(at, "default", scalar(value, page.facts.at(at).get("type")))
            case _:
                pass


def _subject(page: Page, piece: Piece) -> str | None:
    """The field that a table of attributes is about."""
    before = [
        other
        for other in page.pieces[: piece.index]
        if other.path == piece.path and isinstance(other.content, Paragraph)
    ]
    tops = {at.removeprefix("request."): at for at in page.facts.values if re.fullmatch(r"request\.\w+", at)}
    for source in (*[text.plain for other in reversed(before) for text in other.texts], *piece.titles[:1]):
        words = {*re.findall(r"(?<![\w.])[A-Za-z_]\w*", source, re.ASCII)}
        if found := [at for name, at in tops.items() if name in words]:
            return found[0]
    title = piece.titles[0] if piece.titles else ""
    if re.search(r"回调|callback|webhook", title, re.IGNORECASE):
        return page.field(CALLBACK)
    return page.field(MODEL) if re.search(r"模型|model", title, re.IGNORECASE) else None


def _tell_sentences(page: Page, piece: Piece) -> None:
    """Tell the limits that a sentence names again for fields of the request."""
    known = {at.rsplit(".", 1)[1]: at for at in page.facts.values if at.startswith("request.")}
    for sentence in (part for text in piece.texts for part in _SENTENCE.split(text.prose)):
        for at, clause in _subjects(sentences.plainly(sentence), known):
            told = page.facts.at(at).get("type")
            kind = told if isinstance(told, str) else None
            for name, value in (*lengths(clause), *durations(clause, kind), *sentences.defaults(clause, kind)):
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
