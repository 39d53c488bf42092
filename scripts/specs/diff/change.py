"""One difference between two specs, and its rating for the users of a client made from them."""

from typing import Any, Literal, TypeAlias

import attrs
from attrs import evolve, frozen

from scripts.specs.spec import Spec

Level: TypeAlias = Literal["major", "minor", "patch"]
Side: TypeAlias = Literal["request", "response", "whole"]
"""What a change is about: what clients send, what they receive (callbacks too), or neither: names, hosts, keys."""

LEVELS: tuple[Level, ...] = ("patch", "minor", "major")
NAMES = ("name", "path", "operationId", "form removed", "form added")
"""The kinds of change whose `was` and `now` are names."""


@frozen(kw_only=True)
class Change:
    """A difference with its rating."""

    where: str
    """A component, an operation by its id, one of its responses (`createTask 404`), or a JSON pointer."""
    field: str
    """The path of the field there, with dots; empty for the whole."""
    what: str
    was: Any
    now: Any
    level: Level
    side: Side

    @property
    def place(self) -> str:
        """The place and the field, joined by a dot."""
        return ".".join(name for name in (self.where, self.field) if name)

    @property
    def names(self) -> frozenset[str]:
        """The names that an entry in the changelog may use: `RecordInfo.state`, `state`; `createTask`, `404`."""
        renamed = {str(name) for name in (self.was, self.now) if self.what in NAMES and name}
        if not self.field:
            return frozenset({self.where, *self.where.split()} | renamed)
        names = self.field.replace("[]", "").split(".")
        return frozenset({self.place, *(".".join(names[start:]) for start in range(len(names)))} | renamed)


@frozen(eq=False)
class Comparison:
    """Two specs, and the place in them that is compared now."""

    old: Spec
    new: Spec
    side: Side = "request"
    where: str = ""
    field: str = ""
    seen: set[tuple[Side, str, str]] = attrs.field(factory=set[tuple[Side, str, str]])
    """The pairs of components already compared, each with its side."""

    def at(self, name: str) -> "Comparison":
        """Return the comparison of a field of this place."""
        return evolve(self, field=f"{self.field}.{name}" if self.field else name)

    def items(self) -> "Comparison":
        """Return the comparison of the items of this list."""
        return evolve(self, field=f"{self.field}[]")

    def of(self, where: str, side: Side | None = None) -> "Comparison":
        """Return the comparison of another place."""
        return evolve(self, where=where, field="", side=side or self.side)

    def change(self, what: str, was: Any, now: Any, level: Level) -> Change:
        """Return a change at this place."""
        return Change(where=self.where, field=self.field, what=what, was=was, now=now, level=level, side=self.side)

    def when(self, *, request: Level, response: Level) -> Level:
        """Return the level for the side of this comparison."""
        return request if self.side == "request" else response


def overall(changes: list[Change]) -> Level | None:
    """Return the highest level; None if nothing has changed."""
    levels: list[Level] = [change.level for change in changes]
    return max(levels, key=LEVELS.index, default=None)
