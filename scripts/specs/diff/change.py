"""One difference between two specs, and what it means to whoever uses a client made from them."""

from typing import Any, Literal, TypeAlias

import attrs
from attrs import evolve, frozen

from scripts.specs.spec import Spec

Level: TypeAlias = Literal["major", "minor", "patch"]
Side: TypeAlias = Literal["request", "response", "whole"]
"""Of what clients send, of what they are sent (callbacks among it), or of neither: names, hosts, keys."""

LEVELS: tuple[Level, ...] = ("patch", "minor", "major")
NAMES = ("name", "path", "operationId", "form removed", "form added")
"""Changes of what is called something."""


@frozen(kw_only=True)
class Change:
    """A difference, rated."""

    where: str
    """A component, an operation by its id, one of its answers (`createTask 404`), or a JSON pointer."""
    field: str
    """The field within, with dots; empty for the whole."""
    what: str
    was: Any
    now: Any
    level: Level
    side: Side

    @property
    def place(self) -> str:
        """Where it is, in one piece."""
        return ".".join(name for name in (self.where, self.field) if name)

    @property
    def names(self) -> frozenset[str]:
        """What an entry in the changelog may call it: `RecordInfo.state`, `state`; `createTask`, `404`."""
        renamed = {str(name) for name in (self.was, self.now) if self.what in NAMES and name}
        if not self.field:
            return frozenset({self.where, *self.where.split()} | renamed)
        names = self.field.replace("[]", "").split(".")
        return frozenset({self.place, *(".".join(names[start:]) for start in range(len(names)))} | renamed)


@frozen(eq=False)
class Comparison:
    """Two specs, and the place in them that is being compared."""

    old: Spec
    new: Spec
    side: Side = "request"
    where: str = ""
    field: str = ""
    seen: set[tuple[Side, str, str]] = attrs.field(factory=set)
    """Pairs of components that were compared, each of them once a side."""

    def at(self, name: str) -> "Comparison":
        """The same for a field of what is compared."""
        return evolve(self, field=f"{self.field}.{name}" if self.field else name)

    def items(self) -> "Comparison":
        """The same for the items of a list."""
        return evolve(self, field=f"{self.field}[]")

    def of(self, where: str, side: Side | None = None) -> "Comparison":
        """The same for another place as a whole."""
        return evolve(self, where=where, field="", side=side or self.side)

    def change(self, what: str, was: Any, now: Any, level: Level) -> Change:
        """A difference at this place."""
        return Change(where=self.where, field=self.field, what=what, was=was, now=now, level=level, side=self.side)

    def when(self, *, request: Level, response: Level) -> Level:
        """The level by side."""
        return request if self.side == "request" else response


def overall(changes: list[Change]) -> Level | None:
    """The highest level; None if nothing has changed."""
    return max((change.level for change in changes), key=LEVELS.index, default=None)
