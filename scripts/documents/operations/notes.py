"""Facts of fields that stand elsewhere on a page: in tables of attributes, notes and code."""

import re
from collections.abc import Iterator

from scripts.documents.facts import MODEL
from scripts.documents.fields import sentences
from scripts.documents.fields.allowed_values import durations
from scripts.documents.fields.limits import lengths
from scripts.documents.markdown import tables
from scripts.documents.markdown.blocks import Fence, Paragraph, Table
from scripts.documents.markdown.outline import Passage, Statement, labels
from scripts.documents.markdown.vocabulary import scalar, type_of, unquoted, yes
from scripts.documents.operations.models import ids
from scripts.documents.operations.page import CALLBACK, Page

_MEDIA = re.compile(r"\b[a-z]+/[a-z][\w.+-]*", re.IGNORECASE)
_CONTENT = re.compile(r"(?:application|multipart|text)/")
_LABELLED = re.compile(r"content[- ]?type|内容类型", re.IGNORECASE)
_CONTENT_TYPE = re.compile(r"content-type['\"]?\s*:\s*['\"]?([\w/+.-]+)", re.IGNORECASE)
_SENTENCE = re.compile(r"[。！？!?;；\n]|\.(?=\s)")
_JOINED = re.compile(r"[\ue000\ue001\s]*(?:[、,/]|和|与|以?及|and|or)?[\ue000\ue001\s]*")


def read_notes(page: Page) -> None:
    """Read what the passages beside the fields state about them."""
    for passage in page.outside_fields:
        _read_content_type(page, passage)
        statements = tables.attributes(passage.content) if isinstance(passage.content, Table) else None
        if statements and (at := subject(page, passage)):
            _read_attributes(page, at, statements)
        elif not isinstance(passage.content, Fence | Table):
            _read_sentences(page, passage)


def _read_content_type(page: Page, passage: Passage) -> None:
    if isinstance(passage.content, Fence):
        for found in _CONTENT_TYPE.findall(passage.content.content):
            page.facts.add("request", "content_type", found.lower())
        return
    for label, value in labels(passage):
        if ((media := _MEDIA.fullmatch(unquoted(value.plain))) and _CONTENT.match(value.plain.strip("`\"' "))) or (
            _LABELLED.search(label) and (media := _MEDIA.search(value.plain))
        ):
            page.facts.add("request", "content_type", media[0].lower())


def _read_attributes(page: Page, at: str, statements: tuple[Statement, ...]) -> None:
    for statement in statements:
        value = unquoted(statement.text.plain)
        match statement.attribute:
            case "type":
                found = type_of(value)
                page.facts.add(at, "type", found.name if found else value.lower())
            case "required" | "optional" if (mark := yes(value)) is not None:
                page.facts.add(at, "required", mark == (statement.attribute == "required"))
            case "format" if MODEL.fullmatch(at.removeprefix("request.")):
                page.facts.add(at, "enum", [value])
            case "description" | "name" | "value" if MODEL.fullmatch(at.removeprefix("request.")) and any(ids(value)):
                page.facts.add(at, "enum", [value])
            case "default":
                page.facts.add(at, "default", scalar(value, page.facts.kind(at)))
            case _:
                pass


def subject(page: Page, passage: Passage) -> str | None:
    """The field that a table of attributes is about."""
    before = [
        other
        for other in page.passages[: passage.index]
        if other.path == passage.path and isinstance(other.content, Paragraph)
    ]
    tops = {at.removeprefix("request."): at for at in page.facts.values if re.fullmatch(r"request\.\w+", at)}
    for source in (*[text.plain for other in reversed(before) for text in other.texts], *passage.titles[:1]):
        words = {*re.findall(r"(?<![\w.])[A-Za-z_]\w*", source, re.ASCII)}
        if found := [at for name, at in tops.items() if name in words]:
            return found[0]
    title = passage.titles[0] if passage.titles else ""
    if re.search(r"回调|callback|webhook", title, re.IGNORECASE):
        return page.field(CALLBACK)
    return page.field(MODEL) if re.search(r"模型|model", title, re.IGNORECASE) else None


def _read_sentences(page: Page, passage: Passage) -> None:
    """Read the limits that a sentence names again for fields of the request."""
    known = {at.rsplit(".", 1)[1]: at for at in page.facts.values if at.startswith("request.")}
    for sentence in (part for text in passage.texts for part in _SENTENCE.split(text.prose)):
        for at, clause in _subjects(sentences.plainly(sentence), known):
            kind = page.facts.kind(at)
            for name, value in (*lengths(clause), *durations(clause, kind), *sentences.defaults(clause, kind)):
                page.facts.add(at, name, value)


def _subjects(sentence: str, known: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The fields that a sentence names, each with the text from its name up to the next ones."""
    found = [match for match in re.finditer(r"(?<![A-Za-z0-9_.])[A-Za-z_][A-Za-z0-9_]*", sentence) if match[0] in known]
    start = 0
    while start < len(found):
        end = start + 1
        while end < len(found) and _JOINED.fullmatch(sentence[found[end - 1].end() : found[end].start()]):
            end += 1
        until = found[end].start() if end < len(found) else len(sentence)
        yield from ((known[match[0]], sentence[found[end - 1].end() : until]) for match in found[start:end])
        start = end
