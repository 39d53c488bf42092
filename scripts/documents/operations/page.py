"""A Markdown page in its passages, and the facts found so far, for all that reads it."""

import re
from collections.abc import Iterator, Mapping

from attrs import field, frozen

from scripts.documents.facts import Facts
from scripts.documents.fields.samples import Sample
from scripts.documents.markdown.blocks import Text
from scripts.documents.markdown.outline import Field, Passage
from scripts.documents.operations.calls import Call
from scripts.documents.operations.roles import OperationIndex

CALLBACK = re.compile(r".*(?:call_?back|webhook|notify).*", re.IGNORECASE)


@frozen
class PlacedField:
    """A field at its place, and the passage that describes it."""

    where: str
    field: Field
    passage: Passage

    @property
    def texts(self) -> Iterator[Text]:
        """Its texts, including those nested below."""
        return self.field.texts


@frozen
class Page:
    """A page: its passages, operations, samples and fields."""

    passages: tuple[Passage, ...]
    calls: Mapping[str, list[Call]]
    operations: OperationIndex
    samples: list[Sample]
    fields: list[PlacedField]
    facts: Facts = field(factory=Facts)

    @property
    def names(self) -> frozenset[str]:
        """The names of the fields that are described."""
        return frozenset(part for placed in self.fields for part in placed.field.name.split("."))

    @property
    def outside_fields(self) -> Iterator[Passage]:
        """The passages that describe no fields."""
        described = {placed.passage.index for placed in self.fields}
        return (passage for passage in self.passages if passage.index not in described)

    def field(self, words: re.Pattern[str]) -> str | None:
        """The place of the field of the creating request that has such a name."""
        tops = (at for at in self.facts.values if re.fullmatch(r"request\.\w+", at))
        return next((at for at in tops if words.fullmatch(at.removeprefix("request."))), None)
