"""The models that a page is about: its table of them, and the ids that it mentions."""

import re
from collections.abc import Iterable, Iterator

from scripts.documents.facts import MODEL, Facts
from scripts.documents.fields.choices import MEDIA, alternatives
from scripts.documents.fields.sentences import plainly
from scripts.documents.markdown import tables
from scripts.documents.markdown.blocks import Table, Text
from scripts.documents.markdown.outline import labels
from scripts.documents.markdown.vocabulary import unquoted
from scripts.documents.operations.page import Page

_ID = re.compile(r"(?<![\w/.-])[A-Za-z][\w.]*(?:[-/][\w.]+)+(?![\w/:-])", re.ASCII)
_AND = re.compile(r"\s*(?:[、,;/\n]|和|以及)\s*")
_LABEL = re.compile(r"模型(?:名称?|标识|\s*ID)?|model(?: name| id)?", re.ASCII | re.IGNORECASE)
_USED = re.compile(
    r"(?:使用|采用|调用|\buse[sd]?|\busing|\bwith)\s*(?:the\s*)?[\ue000\"“]?([A-Za-z][\w.]*(?:[-/][\w.]+)+)[\ue001\"”]?\s*(?:模型|model\b)",
    re.ASCII | re.IGNORECASE,
)


def read_models(page: Page) -> None:
    """Read the ids of the models as values of their field, and the features of each."""
    at = page.field(MODEL)
    for passage in page.outside_fields:
        listed = tables.models(passage.content) if isinstance(passage.content, Table) else None
        if listed and at:
            page.facts.add(at, "enum", list(listed))
        for name, (title, features) in (listed or {}).items():
            page.facts.add(f"models.{name}", "name", title)
            page.facts.add(f"models.{name}", "features", sorted(filter(None, _AND.split(features))))


def read_mentioned_models(page: Page) -> None:
    """Read the ids that a page mentions and does not list."""
    if at := page.field(MODEL):
        for model in _mentioned(page, at):
            _add_mention(page.facts, at, model)


def mention_models(facts: Facts, prose: Iterable[Text]) -> None:
    """Note the ids of models in prose: those marked as code, and those beside the word for a model."""
    for text in prose:
        marked = ((code, "code") for code in text.codes)
        for source, where in (*marked, *([(text.plain, "prose")] if tables.MODEL.search(text.plain) else ())):
            for model in ids(source):
                if not MEDIA.fullmatch(model):
                    facts.mention(where, model)


def read_models_in(facts: Facts, at: str, description: str) -> None:
    """Read the ids that the description of the field for the model mentions and does not list."""
    for model in ids(plainly(description)):
        _add_mention(facts, at, model)


def _add_mention(facts: Facts, at: str, model: str) -> None:
    enum = facts.at(at).get("enum", [])
    if model not in (enum if isinstance(enum, list) else enum["values"][0]):
        facts.add(at, "enum", [model])


def _mentioned(page: Page, at: str) -> Iterator[str]:
    for placed in page.fields:
        if placed.where == at:
            yield from ids(" ".join(plainly(statement.text.prose) for statement in placed.field.of("description")))
    for passage in page.outside_fields:
        for label, text in labels(passage):
            if _LABEL.fullmatch(label.strip()) and tables.MODEL_ID.fullmatch(unquoted(text.plain)):
                yield unquoted(text.plain)
        for text in passage.texts:
            yield from _USED.findall(text.prose)


def ids(text: str) -> Iterator[str]:
    """The ids of models in a text: words joined by hyphens or slashes, with a digit among them."""
    return (one for found in _ID.findall(text) if re.search(r"\d", found) for one in alternatives(found))
