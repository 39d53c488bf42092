"""Faults as values: what is injected, where, how often, and with what probability."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from reprlib import repr as short
from sys import getsizeof
from typing import Any, Literal, TypeAlias, get_args

from klingkit.emulator._field_rules import Choice, FieldRule, Flag, Number
from klingkit.emulator._json import is_text
from klingkit.emulator.profiles import APIS, PROFILES, Api, is_known

Kind: TypeAlias = Literal[
    "refuse",
    "drop",
    "stall",
    "truncate",
    "html",
    "fail",
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
Stage: TypeAlias = Literal["create", "query", "upload", "media", "callback"]

KINDS: tuple[str, ...] = get_args(Kind)
STAGES: tuple[str, ...] = get_args(Stage)

CALLBACK_KINDS = frozenset(kind for kind in KINDS if kind.startswith("callback-"))
REQUEST_KINDS = frozenset(KINDS) - CALLBACK_KINDS

_WHERE: Mapping[str, frozenset[str]] = {
    "refuse": frozenset({"create", "query", "upload"}),
    **dict.fromkeys(("drop", "stall", "truncate", "html"), frozenset({"create", "query", "upload", "media"})),
    "fail": frozenset({"create"}),
    "slow": frozenset({"upload", "media"}),
    "expire": frozenset({"media"}),
    **dict.fromkeys(CALLBACK_KINDS, frozenset({"callback"})),
}
"""Kind -> the operations that it applies to."""

_APIS: Mapping[str, frozenset[str]] = {
    "callback-reordered": frozenset(api for api in APIS if not PROFILES[api].one_callback)
}
"""Kind -> the APIs that it applies to, if not to all."""

_UPLOADING = tuple(api for api in APIS if PROFILES[api].uploads)
"""The APIs that take files."""

_OPTIONS: Mapping[str, frozenset[str]] = {
    "code": frozenset({"refuse", "fail"}),
    "status": frozenset({"refuse", "html"}),
    "message": frozenset({"refuse", "fail"}),
    "seconds": frozenset({"stall", "slow", "callback-late", "callback-stale"}),
    "after": frozenset({"refuse", "drop", "stall", "truncate", "html"}),
}
"""Option -> the kinds that have it."""


MAX_TEXT = 5_000  # characters of a message, and of a prompt, as the longest that an API takes
MAX_CODE = 100


@dataclass(frozen=True)
class _Int:
    """An integer, written without a fraction."""

    least: int
    most: int

    def problem(self, name: str, value: object) -> str | None:
        if isinstance(value, int) and not isinstance(value, bool) and self.least <= value <= self.most:
            return None
        return f"{name} must be a whole number from {self.least} to {self.most}, is {short(value)}"


@dataclass(frozen=True)
class _Status:
    """An HTTP status whose response has a body."""

    def problem(self, name: str, value: object) -> str | None:
        if problem := _Int(200, 599).problem(name, value):
            return problem
        return f"{name} must be one whose response has a body, is {value}" if value in {204, 205, 304} else None


@dataclass(frozen=True)
class _Text:
    """Text that UTF-8 can encode, and not so long that a thousand faults fill the memory."""

    def problem(self, name: str, value: object) -> str | None:
        if not is_text(value):
            return f"{name} must be a string of Unicode, is {short(value)}"
        return None if len(value) <= MAX_TEXT else f"{name} has {len(value)} characters, may have {MAX_TEXT}"


@dataclass(frozen=True)
class _Code:
    """An integer or a string."""

    def problem(self, name: str, value: object) -> str | None:
        number = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18
        if number or (is_text(value) and len(value) <= MAX_CODE):
            return None
        return f"{name} must be a whole number or a string of at most {MAX_CODE} characters, is {short(value)}"


DAY = 86_400  # seconds

_RULES: Mapping[str, FieldRule] = {
    "kind": Choice(KINDS),
    "api": Choice(APIS),
    "operation": Choice(STAGES),
    "prompt": _Text(),
    "times": _Int(1, 10**9),
    "probability": Number(0, 1),
    "code": _Code(),
    "status": _Status(),
    "message": _Text(),
    "seconds": Number(0, DAY),
    "after": Flag(),
}
_DEFAULTED = frozenset({"kind", "probability", "after"})
"""Fields that can't be None."""


@dataclass(frozen=True)
class Fault:
    """A fault to inject.

    Attributes:
        kind: what goes wrong: an API error ("refuse"), a dropped connection, a response that stalls, is truncated or
            is a gateway's HTML page, a task that fails, an upload or a download that is slow, or a download whose URL
            has expired; a callback that comes late, twice, in the wrong order, or not at all, or whose signature is
            wrong, does not match its body, or is old.
        api: the name of an API; None: any.
        operation: "create", "query" (a list is one, too), "upload" (at kie), "media" or "callback"; None: any that the
            kind applies to.
        prompt: a text that the prompt of the task contains, as it is written.
        times: how often it is injected; None: always.
        probability: of being injected, each time that it matches.
        code: the code in the body of an API error, or of the failure of a task where its API reports one.
        status: the HTTP status. By default, an API error has the one that belongs to its code, and an HTML page 502.
        message: the message of an API error, or the reason why a task fails.
        seconds: how long a response stalls (None: until the client gives up), or an upload or a download takes, in real
            time;
            how late a callback is, by the emulator's clock; how old the signature of a stale callback is.
        after: inject it after a creation has made its task; other requests are not affected.

    Raises:
        ValueError: a field is invalid, or the fault could never be injected; the error names the field, the limit and
            the value.
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
    def from_json(cls, value: Mapping[str, Any]) -> "Fault":
        """Make a fault of a JSON object: its fields by name, null for none.

        Raises:
            ValueError: a field is missing, unknown or invalid; the error names the field, the limit and the value.
        """
        names = [one.name for one in fields(cls)]
        if unknown := next((name for name in value if name not in names), None):
            raise ValueError(f"{short(unknown)} is unknown; known: {', '.join(names)}")
        if value.get("kind") is None:
            raise ValueError(f"kind is missing; it is one of {', '.join(KINDS)}")
        return cls(**{name: given for name, given in value.items() if given is not None})

    def to_json(self) -> dict[str, Any]:
        """Return the kind, and the fields that differ from their defaults."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        defaults = {one.name: one.default for one in fields(self)}
        return {name: value for name, value in values.items() if value != defaults[name]}

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return 1_000 + getsizeof(self.prompt) + getsizeof(self.message) + getsizeof(self.code)

    @property
    def operations(self) -> frozenset[str]:
        """The operations that it may be injected into."""
        if self.after:
            return frozenset({"create"})
        return _WHERE[self.kind] if self.operation is None else frozenset({self.operation})

    def matches(self, api: str, operation: str, prompt: str | None) -> bool:
        """Return whether it may be injected into such a request, or callback."""
        if not self.applies_to(api) or operation not in self.operations:
            return False
        return self.prompt is None or (prompt is not None and self.prompt in prompt)

    def applies_to(self, api: str) -> bool:
        """Return whether it can be injected into anything of this API."""
        if self.api not in {None, api} or api not in _APIS.get(self.kind, APIS):
            return False
        # A code without a status is injected only where the status that belongs to it is known.
        return self.kind != "refuse" or self.code is None or self.status is not None or is_known(self.code, api)


def kinds() -> dict[str, dict[str, list[str]]]:
    """Return each kind with the APIs and the operations that it applies to, and its options."""
    return {
        kind: {
            "apis": [api for api in APIS if api in _APIS.get(kind, APIS)],
            "operations": [stage for stage in STAGES if stage in _WHERE[kind]],
            "options": [name for name, kinds in _OPTIONS.items() if kind in kinds],
        }
        for kind in KINDS
    }


def _check_fields(fault: Fault) -> None:
    for name, rule in _RULES.items():
        value: object = getattr(fault, name)
        if (value is not None or name in _DEFAULTED) and (problem := rule.problem(name, value)):
            raise ValueError(problem)
    if not fault.probability:
        raise ValueError("probability must be more than 0, is 0: the fault would never be injected")


def _check_options(fault: Fault) -> None:
    if fault.operation is not None and fault.operation not in _WHERE[fault.kind]:
        stages = " or ".join(sorted(_WHERE[fault.kind]))
        raise ValueError(f"operation must be {stages} for the kind {fault.kind}, is {fault.operation!r}")
    for name, kinds in _OPTIONS.items():
        value: object = getattr(fault, name)
        if value is not None and value is not False and fault.kind not in kinds:
            raise ValueError(f"{name} goes with the kinds {', '.join(sorted(kinds))}, not with {fault.kind}")
    if fault.after and fault.operation not in (None, "create"):
        raise ValueError(f"after goes with the operation create, not with {fault.operation}")
    if fault.api is not None and fault.api not in (apis := _APIS.get(fault.kind, frozenset(APIS))):
        raise ValueError(f"api must be {' or '.join(sorted(apis))} for the kind {fault.kind}, is {fault.api!r}")
    if fault.operation == "upload":
        _check_upload(fault)
    if fault.kind == "fail" and fault.code is not None and fault.api and not PROFILES[fault.api].failure_codes:
        raise ValueError(
            f"code goes with fail at kie, and at a relay of flat objects: a failed task of {fault.api} has no code"
        )
    if fault.kind == "refuse":
        _check_code(fault)


def _check_upload(fault: Fault) -> None:
    if fault.api not in {None, *_UPLOADING}:
        known = " or ".join(_UPLOADING)
        raise ValueError(f"api must be {known} for the operation upload, is {fault.api!r}: no other API takes files")
    if fault.prompt is not None:
        raise ValueError("prompt does not go with the operation upload, which is of no task")


def _check_code(fault: Fault) -> None:
    code, apis = fault.code, (fault.api,) if fault.api else _UPLOADING if fault.operation == "upload" else APIS
    if code is None and fault.status is None:
        raise ValueError("code is missing: an API error has a code, or a status")
    if code is None and fault.status is not None and fault.status < 400:
        raise ValueError(f"code is missing: the status {fault.status} alone is no error")
    if code is not None and fault.status is None and not is_known(code, *apis):
        who = " or ".join(apis) if apis != APIS else "an API"
        raise ValueError(f"code must be one that {who} is known to use, or come with a status, is {short(code)}")
