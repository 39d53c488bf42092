"""The models that a page is about: its table of them, and the ids that it mentions."""

import re
from collections.abc import Iterator

from scripts.documents.facts import Facts
from scripts.documents.fields.choices import alternatives
from scripts.documents.fields.sentences import plainly
from scripts.documents.markdown import tables
from scripts.documents.markdown.blocks import Table
from scripts.documents.markdown.outline import labels
from scripts.documents.markdown.vocabulary import unquoted
from scripts.documents.operations.page import MODEL, Page

_ID = re.compile(r"(?<![\w/.-])[A-Za-z][\w.]*(?:[-/][\w.]+)+(?![\w/:-])", re.ASCII)
_AND = re.compile(r"\s*(?:[、,;/\n]|和|以及)\s*")
_LABEL = re.compile(r"模型(?:名称?|标识|\s*ID)?|model(?: name| id)?", re.ASCII | re.IGNORECASE)
_USED = re.compile(
    r"(?:使用|采用|调用|\buse[sd]?|\busing|\bwith)\s*(?:the\s*)?[\ue000\"“]?([A-Za-z][\w.]*(?:[-/][\w.]+)+)[\ue001\"”]?\s*(?:模型|model\b)",
    re.ASCII | re.IGNORECASE,
)


def tell_models(page: Page) -> None:
    """Tell the ids of the models as values of their field, and what each can do."""
    at = page.field(MODEL)
    for piece in page.rest:
        listed = tables.models(piece.content) if isinstance(piece.content, Table) else None
        if listed and at:
            page.facts.tell(at, "enum", sorted(listed))
        for name, (title, features) in (listed or {}).items():
            page.facts.tell(f"models.{name}", "name", title)
            page.facts.tell(f"models.{name}", "features", sorted(filter(None, _AND.split(features))))


def tell_mentioned_models(page: Page) -> None:
    """Tell the ids that a page mentions, unless they are of those that it lists."""
    if at := page.field(MODEL):
        for model in _mentioned(page, at):
            _tell_mention(page.facts, at, model)


def tell_model_in(facts: Facts, at: str, description: str) -> None:
    """Tell the ids that the description of the field for the model mentions, likewise."""
    for model in ids(plainly(description)):
        _tell_mention(facts, at, model)


def _tell_mention(facts: Facts, at: str, model: str) -> None:
    enum = facts.at(at).get("enum", [])
    if model not in (enum if isinstance(enum, list) else enum["values"][0]):
        facts.tell(at, "enum", [model])


def _mentioned(page: Page, at: str) -> Iterator[str]:
    for placed in page.fields:
        if placed.where == at:
            yield from ids(" ".join(plainly(said.text.prose) for said in placed.field.of("description")))
    for piece in page.rest:
        for label, text in labels(piece):
            if _LABEL.fullmatch(label.strip()) and tables.MODEL_ID.fullmatch(unquoted(text.plain)):
                yield unquoted(text.plain)
        for text in piece.texts:
            yield from _USED.findall(text.prose)


def ids(text: str) -> Iterator[str]:
    """What looks like the id of a model: parts, and a digit among them."""
    return (one for found in _ID.findall(text) if re.search(r"\d", found) for one in alternatives(found))
