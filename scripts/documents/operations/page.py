"""A Markdown page in its pieces, and the facts found so far, for all that reads it."""

import re
from collections.abc import Iterator, Mapping

from attrs import field, frozen

from scripts.documents.facts import Facts
from scripts.documents.fields.samples import Sample
from scripts.documents.markdown.blocks import Text
from scripts.documents.markdown.outline import Field, Piece
from scripts.documents.operations.calls import Call
from scripts.documents.operations.roles import Scopes

MODEL = re.compile(r"model(?:_?(?:name|id))?", re.IGNORECASE)
CALLBACK = re.compile(r".*(?:call_?back|webhook|notify).*", re.IGNORECASE)


@frozen
class Placed:
    """A field at its place, and the piece that describes it."""

    where: str
    field: Field
    piece: Piece

    @property
    def texts(self) -> Iterator[Text]:
        """Its texts, what hangs below included."""
        return self.field.texts


@frozen
class Page:
    """A page: its pieces, operations, samples and fields."""

    pieces: tuple[Piece, ...]
    calls: Mapping[str, list[Call]]
    scopes: Scopes
    samples: list[Sample]
    fields: list[Placed]
    facts: Facts = field(factory=Facts)

    @property
    def names(self) -> frozenset[str]:
        """The names of the fields that are described."""
        return frozenset(part for placed in self.fields for part in placed.field.name.split("."))

    @property
    def rest(self) -> Iterator[Piece]:
        """The pieces that describe no fields."""
        described = {placed.piece.index for placed in self.fields}
        return (piece for piece in self.pieces if piece.index not in described)

    def field(self, words: re.Pattern[str]) -> str | None:
        """The place of the field of the creating request that has such a name."""
        tops = (at for at in self.facts.values if re.fullmatch(r"request\.\w+", at))
        return next((at for at in tops if words.fullmatch(at.removeprefix("request."))), None)
