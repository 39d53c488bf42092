"""The configured faults, and how often each has been injected."""

import threading
from collections.abc import Callable, Hashable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from itertools import chain, count
from random import Random
from typing import NamedTuple

from klingkit.emulator._history import BoundedHistory
from klingkit.emulator.faults._fault import Fault

MAX_RULES = 1_000
MAX_REMEMBERED = 10_000  # expired URLs, and tasks with a fault of their own


class TaskFault(NamedTuple):
    """A fault for one task only, to be injected once."""

    task_id: str
    fault: Fault


@dataclass
class FaultRule:
    """One configured fault."""

    id: int
    fault: Fault
    random: Random = field(default_factory=Random, repr=False)  # of its own, so that draws don't depend on other rules
    injected: int = 0

    @property
    def is_spent(self) -> bool:
        """Whether it has been injected as often as it may."""
        return self.fault.times is not None and self.injected >= self.fault.times

    def draw(self) -> bool:
        """Decide by its probability whether to inject it this time, and count it."""
        if self.fault.probability < 1 and self.random.random() >= self.fault.probability:
            return False
        self.injected += 1
        return True


class FaultRules:
    """The configured faults, in the order they were added. Every method may be called from any thread.

    Args:
        seed: probabilities are drawn from it.
        faults: those that are there from the beginning, and after `restart`.
        on_change: called after each change, but not when one is injected.
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
    def rules(self) -> tuple[FaultRule, ...]:
        """The faults with their ids, and how often each has been injected."""
        with self._lock:
            return tuple(self._rules.values())

    def add(self, fault: Fault) -> int:
        """Add a fault; return its id, by which it can be removed.

        Raises:
            ValueError: there are too many.
        """
        with self._lock:
            if len(self._rules) >= MAX_RULES:
                raise ValueError(f"faults: there are {MAX_RULES} already, the most there may be")
            rule = self._add(fault)
        self._on_change()
        return rule.id

    def remove(self, fault_id: int) -> None:
        """Remove a fault.

        Raises:
            LookupError: there is none with this id.
        """
        with self._lock:
            self._rule(fault_id)
            del self._rules[fault_id]
        self._on_change()

    def clear(self) -> None:
        """Remove all faults; URLs that have expired stay so."""
        with self._lock:
            self._rules.clear()
        self._on_change()

    def restart(self) -> None:
        """Restore the first faults, and restart counts and draws."""
        with self._lock:
            self._begin()
        self._on_change()

    def injected(self, fault_id: int) -> int:
        """Return how often a fault has been injected.

        Raises:
            LookupError: there is none with this id.
        """
        with self._lock:
            return self._rule(fault_id).injected

    def match(
        self,
        api: str,
        operation: str,
        prompt: str | None,
        kinds: AbstractSet[str],
        *,
        video_url: Hashable = None,
        task_fault: TaskFault | None = None,
    ) -> FaultRule | None:
        """Return the first rule to inject into such a request, or callback, and count it; None if there is none.

        Args:
            api: the API of the request or the task.
            operation: as a fault's.
            prompt: the task's; None if it is not known.
            kinds: those that can be injected here.
            video_url: the URL of the requested video. If it has expired, it stays so, and no rule is used up.
            task_fault: the task's own fault, which comes before the others.
        """
        with self._lock:
            if video_url is not None and video_url in self._expired:
                return FaultRule(0, Fault("expire"))
            for rule in chain(self._rules_of(task_fault), self._rules.values()):
                fault = rule.fault
                if fault.kind not in kinds or rule.is_spent or not fault.matches(api, operation, prompt):
                    continue
                if rule.draw():
                    return rule
        return None

    def expire(self, video_url: Hashable) -> None:
        """Let a URL be expired from now on."""
        with self._lock:
            self._expired.put(video_url, None)

    def uncount(self, rule: FaultRule) -> None:
        """Take back a match that could not be injected."""
        with self._lock:
            rule.injected -= 1

    def _rules_of(self, own: TaskFault | None) -> Iterator[FaultRule]:
        if own is None:
            return
        rule = self._task_rules.get(own.task_id)
        if rule is None:
            rule = FaultRule(0, replace(own.fault, times=1))
            self._task_rules.put(own.task_id, rule)
        yield rule

    def _begin(self) -> None:
        self._added = 0
        self._expired = BoundedHistory[Hashable, None](MAX_REMEMBERED)
        self._task_rules = BoundedHistory[str, FaultRule](
            MAX_REMEMBERED, lambda rule: rule.fault.size, share=0.25
        )  # of MAX_BYTES
        self._rules: dict[int, FaultRule] = {}
        for fault in self._first:
            self._add(fault)

    def _add(self, fault: Fault) -> FaultRule:
        self._added += 1
        random = Random(f"faults {self._seed} {self._added}")  # noqa: S311  (to be reproducible, not secret)
        rule = FaultRule(next(self._ids), fault, random)
        self._rules[rule.id] = rule
        return rule

    def _rule(self, fault_id: int) -> FaultRule:
        if fault_id not in self._rules:
            raise LookupError(f"no fault {fault_id!r}")
        return self._rules[fault_id]
