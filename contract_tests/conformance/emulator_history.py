"""What happened between users and an emulator, in order, and what that means for what comes next."""

from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import Any

from attrs import define, field, frozen

from contract_tests.emulator.kit import Api
from scripts.checks.endpoints import DOORS, Door
from scripts.checks.exchanges import UNREADABLE, Exchange
from scripts.specs.spec import Spec, creating, validator

NAME = "external_task_id"
"""What a user may call a task; once."""


@frozen(eq=False)
class Made:
    """A task as it was ordered."""

    owner: str
    body: Any


@define(slots=False)
class History:
    """What happened so far to one API. `keys` are those that there are; None: any."""

    kind: type[Api]
    spec: Spec
    keys: Collection[str]
    made: dict[str, Made] = field(factory=dict[str, Made])
    """Task id -> its order."""
    names: dict[tuple[str, str], str] = field(factory=dict[tuple[str, str], str])
    """A user and the user's own name for a task -> its id."""
    records: dict[str, list[Mapping[str, Any]]] = field(factory=dict[str, list[Mapping[str, Any]]])
    """Task id -> its records, as they were shown."""
    declared: set[str] = field(factory=set[str])
    """Shapes of answers that were held against the spec: each is once."""

    @property
    def door(self) -> Door:
        return DOORS[self.kind.name]

    @cached_property
    def allows(self) -> Callable[[Any], bool]:
        """Whether the spec takes a body."""
        return validator(self.spec, creating(self.spec).body or {}).is_valid

    def learn(self, exchange: Exchange) -> None:
        """Note what an exchange has changed."""
        task_id = self.door.id_in(exchange.answer)
        if exchange.status != 200 or not isinstance(task_id, str) or exchange.key is None:
            return
        if self.door.creates(exchange):
            self.made.setdefault(task_id, Made(exchange.key, exchange.body))
            if name := self.name_in(exchange):
                self.names.setdefault((exchange.key, name), task_id)
        elif self.door.asked(exchange):
            self.records.setdefault(task_id, []).append(self.door.record_in(exchange.answer))

    @staticmethod
    def name_in(exchange: Exchange) -> str | None:
        """What the user wants to call the task; an empty text stands for none."""
        name = exchange.body.get(NAME) if isinstance(exchange.body, dict) else None
        return name if isinstance(name, str) and name else None

    def is_taken(self, exchange: Exchange) -> bool:
        """Whether the user has a task of this name."""
        return (exchange.key or "", self.name_in(exchange) or "") in self.names

    def wanted(self, exchange: Exchange) -> str | None:
        """The id of the user's own task that is asked for; None: the user has none of this id or name."""
        asked = self.door.asked(exchange) or ""
        if asked in self.made and self.made[asked].owner == exchange.key:
            return asked
        return self.names.get((exchange.key or "", asked))

    def is_served(self, exchange: Exchange) -> bool:
        """Whether the document has this method at this path."""
        asks = exchange.method == "GET" and exchange.path != self.door.create
        return self.door.knows(exchange.path) and (asks or self.door.creates(exchange))

    def is_let_in(self, exchange: Exchange) -> bool:
        """Whether an operation is called with a key that there is."""
        return self.is_served(exchange) and exchange.key in self.keys

    def is_ordered(self, exchange: Exchange) -> bool:
        """Whether a task is ordered in a body that can be read."""
        is_json = exchange.headers.get("content-type", "").lower().partition(";")[0] == "application/json"
        return self.door.creates(exchange) and self.is_let_in(exchange) and is_json and exchange.body is not UNREADABLE
