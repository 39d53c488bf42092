"""Faults, as values: what goes wrong on purpose, where, how often, and with what chance."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from reprlib import repr as short
from typing import Any, Literal, TypeAlias, get_args

from klingkit.emulator._field_rules import Choice, Flag, Number
from klingkit.emulator._field_rules import Rule as FieldRule
from klingkit.emulator._json import is_text
from klingkit.emulator.faults._error_codes import known
from klingkit.emulator.http._classification import Api

Kind: TypeAlias = Literal[
    "refuse",
    "drop",
    "stall",
    "truncate",
    "html",
    "slow",
    "expire",
    "callback-late",
    "callback-twice",
    "callback-reordered",
    "callback-lost",
    "callback-forged",
    "callback-altered",
    "callback-stale",
]
Stage: TypeAlias = Literal["create", "query", "media", "callback"]

KINDS: tuple[str, ...] = get_args(Kind)
STAGES: tuple[str, ...] = get_args(Stage)

CALLBACK_KINDS = frozenset(kind for kind in KINDS if kind.startswith("callback-"))
REQUEST_KINDS = frozenset(KINDS) - CALLBACK_KINDS

_WHERE: Mapping[str, frozenset[str]] = {
    "refuse": frozenset({"create", "query"}),
    **dict.fromkeys(("drop", "stall", "truncate", "html"), frozenset({"create", "query", "media"})),
    **dict.fromkeys(("slow", "expire"), frozenset({"media"})),
    **dict.fromkeys(CALLBACK_KINDS, frozenset({"callback"})),
}
"""Kind -> the operations that it applies to."""

_OPTIONS: Mapping[str, frozenset[str]] = {
    "code": frozenset({"refuse"}),
    "status": frozenset({"refuse", "html"}),
    "message": frozenset({"refuse"}),
    "seconds": frozenset({"stall", "slow", "callback-late", "callback-stale"}),
    "after": frozenset({"refuse", "drop", "stall", "truncate", "html"}),
}
"""Option -> the kinds that have it."""


@dataclass(frozen=True)
class _Int:
    """A whole number, written as one."""

    least: int
    most: int

    def fault(self, name: str, value: object) -> str | None:
        if isinstance(value, int) and not isinstance(value, bool) and self.least <= value <= self.most:
            return None
        return f"{name} must be a whole number from {self.least} to {self.most}, is {short(value)}"


@dataclass(frozen=True)
class _Status:
    """An HTTP status whose answer has a body."""

    def fault(self, name: str, value: object) -> str | None:
        if fault := _Int(200, 599).fault(name, value):
            return fault
        return f"{name} must be one whose answer has a body, is {value}" if value in {204, 205, 304} else None


@dataclass(frozen=True)
class _Word:
    """Text that an answer can carry."""

    def fault(self, name: str, value: object) -> str | None:
        return None if is_text(value) else f"{name} must be a string of Unicode, is {short(value)}"


@dataclass(frozen=True)
class _Code:
    """A whole number or a string."""

    def fault(self, name: str, value: object) -> str | None:
        number = isinstance(value, int) and not isinstance(value, bool)
        return None if number or is_text(value) else f"{name} must be a whole number or a string, is {short(value)}"


DAY = 86_400  # seconds

_RULES: Mapping[str, FieldRule] = {
    "kind": Choice(KINDS),
    "api": Choice(get_args(Api)),
    "operation": Choice(STAGES),
    "prompt": _Word(),
    "times": _Int(1, 10**9),
    "probability": Number(0, 1),
    "code": _Code(),
    "status": _Status(),
    "message": _Word(),
    "seconds": Number(0, DAY),
    "after": Flag(),
}
_DEFAULTED = frozenset({"kind", "probability", "after"})
"""Those that can't be None."""


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong.

    Attributes:
        kind: what goes wrong: an API's refusal, a dropped connection, an answer that stalls, is cut in half or is a
            gateway's page, a download that is slow or whose URL has expired; a callback that comes late, twice, in
            the wrong order, not at all, with a wrong signature, with other news than were signed, or signed long ago.
        api: "kie", "native" or "relay"; None: any.
        operation: "create", "query" (a list is one, too), "media" or "callback"; None: any that the kind applies to.
        prompt: a regular expression, to be found in the prompt of the task that is concerned.
        times: how often it strikes; None: whenever it applies.
        probability: with what chance it strikes.
        code: of a refusal: the code in the body.
        status: the HTTP status; by default a refusal's is the one that the API pairs with the code, and a
            gateway's page has 502.
        message: of a refusal: what it says.
        seconds: how long an answer stalls (None: until the sender gives up) or a whole download takes, in real time;
            how late a callback is, by the emulator's clock; how old the signature of a stale one is.
        after: a creation's task is made first, then the fault strikes; it strikes nothing else.

    Raises:
        ValueError: what is asked for can't be; names the field, the limit and the value.
    """

    kind: Kind
    api: Api | None = None
    operation: Stage | None = None
    prompt: str | None = None
    times: int | None = None
    probability: float = 1.0
    code: int | str | None = None
    status: int | None = None
    message: str | None = None
    seconds: float | None = None
    after: bool = False

    def __post_init__(self) -> None:
        _check_fields(self)
        _check_options(self)

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> "Fault":
        """The fault that a JSON object describes: its fields by name, null for none.

        Raises:
            ValueError: it describes none; names the field, the limit and the value.
        """
        names = [one.name for one in fields(cls)]
        if unknown := next((name for name in given if name not in names), None):
            raise ValueError(f"{short(unknown)} is unknown; known: {', '.join(names)}")
        if given.get("kind") is None:
            raise ValueError(f"kind is missing; it is one of {', '.join(KINDS)}")
        return cls(**{name: value for name, value in given.items() if value is not None})

    def to_json(self) -> dict[str, Any]:
        """The fields that differ from their defaults, and the kind."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        defaults = {one.name: one.default for one in fields(self)}
        return {name: value for name, value in found.items() if value != defaults[name]}

    @property
    def operations(self) -> frozenset[str]:
        """The operations that it may strike."""
        if self.after:
            return frozenset({"create"})
        return _WHERE[self.kind] if self.operation is None else frozenset({self.operation})

    def applies(self, api: str, operation: str, prompt: str | None) -> bool:
        """Whether it is about such a request."""
        if self.api not in {None, api} or operation not in self.operations:
            return False
        # A code without a status strikes only where it is known what status goes with it.
        if self.code is not None and self.status is None and not known(self.code, api):
            return False
        return self.prompt is None or (prompt is not None and bool(_compiled(self.prompt).search(prompt)))


def kinds() -> dict[str, dict[str, list[str]]]:
    """Each kind with the operations that it applies to, and the options that it has."""
    return {
        kind: {
            "operations": [stage for stage in STAGES if stage in _WHERE[kind]],
            "options": [name for name, having in _OPTIONS.items() if kind in having],
        }
        for kind in KINDS
    }


def _check_fields(fault: Fault) -> None:
    for name, rule in _RULES.items():
        value: object = getattr(fault, name)
        if (value is not None or name in _DEFAULTED) and (wrong := rule.fault(name, value)):
            raise ValueError(wrong)
    if fault.prompt is not None:
        try:
            _compiled(fault.prompt)
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(f"prompt must be a regular expression, is {short(fault.prompt)}: {error}") from error


def _check_options(fault: Fault) -> None:
    if fault.operation is not None and fault.operation not in _WHERE[fault.kind]:
        stages = " or ".join(sorted(_WHERE[fault.kind]))
        raise ValueError(f"operation must be {stages} for the kind {fault.kind}, is {fault.operation!r}")
    for name, kinds in _OPTIONS.items():
        given: object = getattr(fault, name)
        if given is not None and given is not False and fault.kind not in kinds:
            raise ValueError(f"{name} goes with the kinds {', '.join(sorted(kinds))}, not with {fault.kind}")
    if fault.after and fault.operation not in (None, "create"):
        raise ValueError(f"after goes with the operation create, not with {fault.operation}")
    if fault.kind == "callback-reordered" and fault.api == "kie":
        raise ValueError("api must not be kie for the kind callback-reordered: its tasks have one callback each")
    if fault.kind == "refuse":
        _check_code(fault)


def _check_code(fault: Fault) -> None:
    code = fault.code
    if code is None and fault.status is None:
        raise ValueError("code is missing: a refusal has a code, or a status")
    if code is None and fault.status is not None and fault.status < 400:
        raise ValueError(f"code is missing: the status {fault.status} alone refuses nothing")
    if code is not None and fault.status is None and not known(code, fault.api):
        who = fault.api or "an API"
        raise ValueError(f"code must be one that {who} is known to use, or come with a status, is {short(code)}")


@lru_cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
