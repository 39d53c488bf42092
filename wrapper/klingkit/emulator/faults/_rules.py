"""The faults that are set, and how often each has struck."""

import threading
from collections.abc import Callable, Hashable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from itertools import chain, count
from random import Random
from typing import NamedTuple

from klingkit.emulator._history import Newest
from klingkit.emulator.faults._fault import Fault

MOST = 1_000  # faults that are set at once
REMEMBERED = 10_000  # expired URLs, and tasks with a fault of their own


class Own(NamedTuple):
    """A fault that concerns one task alone, once."""

    task_id: str
    fault: Fault


@dataclass
class Rule:
    """A fault among those that are set."""

    id: int
    fault: Fault
    random: Random = field(default_factory=Random, repr=False)  # its own: what else strikes does not change its draws
    struck: int = 0

    @property
    def spent(self) -> bool:
        """Whether it has struck as often as it shall."""
        return self.fault.times is not None and self.struck >= self.fault.times

    def strikes(self) -> bool:
        """Whether it does this time."""
        if self.fault.probability < 1 and self.random.random() >= self.fault.probability:
            return False
        self.struck += 1
        return True


class Faults:
    """The faults that are set, in the order they were added. Every method may be called from any thread.

    Args:
        seed: what chances are drawn from.
        faults: those that are there from the beginning, and after `restart`.
        on_change: called after each change, but not when one strikes.
    """

    def __init__(
        self, seed: int = 0, faults: Iterable[Fault] = (), on_change: Callable[[], object] = lambda: None
    ) -> None:
        self._seed = seed
        self._first = tuple(faults)
        self._lock = threading.Lock()
        self._ids = count(1)
        self._on_change = on_change
        self._begin()

    def __iter__(self) -> Iterator[Fault]:
        return iter([rule.fault for rule in self.rules])

    def __len__(self) -> int:
        return len(self._rules)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The faults with their ids, and how often each has struck."""
        with self._lock:
            return tuple(self._rules.values())

    def add(self, fault: Fault) -> int:
        """Set one more; its id, by which it is taken away again.

        Raises:
            ValueError: there are as many as there may be.
        """
        with self._lock:
            if len(self._rules) >= MOST:
                raise ValueError(f"faults: there are {MOST} already, the most there may be")
            rule = self._set(fault)
        self._on_change()
        return rule.id

    def remove(self, fault_id: int) -> None:
        """Take it away.

        Raises:
            LookupError: there is none of this id.
        """
        with self._lock:
            self._rule(fault_id)
            del self._rules[fault_id]
        self._on_change()

    def clear(self) -> None:
        """Take all away; URLs that have expired stay so."""
        with self._lock:
            self._rules.clear()
        self._on_change()

    def restart(self) -> None:
        """Be as at the beginning: the first faults, none of which has struck, and the first draw."""
        with self._lock:
            self._begin()
        self._on_change()

    def struck(self, fault_id: int) -> int:
        """How often it has struck.

        Raises:
            LookupError: there is none of this id.
        """
        with self._lock:
            return self._rule(fault_id).struck

    def strike(
        self,
        api: str,
        operation: str,
        prompt: str | None,
        kinds: AbstractSet[str],
        *,
        film: Hashable = None,
        own: Own | None = None,
    ) -> Rule | None:
        """The first fault that strikes such a request, or callback, this time.

        Args:
            api: the API of the task that is concerned.
            operation: as a fault's.
            prompt: the task's; None: not known.
            kinds: those that can strike here.
            film: a film's URL, if one is asked for: if it has expired, it stays so, and no fault is used up.
            own: the fault that the task has brought with it; it comes before the others.
        """
        with self._lock:
            if film is not None and film in self._expired:
                return Rule(0, Fault("expire"))
            for rule in chain(self._owned(own), self._rules.values()):
                fault = rule.fault
                if fault.kind not in kinds or rule.spent or not fault.applies(api, operation, prompt):
                    continue
                if rule.strikes():
                    return rule
        return None

    def expire(self, film: Hashable) -> None:
        """Let a film's URL be expired from now on."""
        with self._lock:
            self._expired.put(film, None)

    def spare(self, rule: Rule) -> None:
        """It has not struck after all: there was nothing to strike."""
        with self._lock:
            rule.struck -= 1

    def _owned(self, own: Own | None) -> Iterator[Rule]:
        if own is None:
            return
        rule = self._own.get(own.task_id)
        if rule is None:
            rule = Rule(0, replace(own.fault, times=1))
            self._own.put(own.task_id, rule)
        yield rule

    def _begin(self) -> None:
        self._count = 0
        self._expired = Newest[Hashable, None](REMEMBERED)
        self._own = Newest[str, Rule](REMEMBERED)
        self._rules: dict[int, Rule] = {}
        for fault in self._first:
            self._set(fault)

    def _set(self, fault: Fault) -> Rule:
        self._count += 1
        drawn = Random(f"faults {self._seed} {self._count}")  # noqa: S311  (to be reproducible, not secret)
        rule = Rule(next(self._ids), fault, drawn)
        self._rules[rule.id] = rule
        return rule

    def _rule(self, fault_id: int) -> Rule:
        if fault_id not in self._rules:
            raise LookupError(f"no fault {fault_id!r}")
        return self._rules[fault_id]
