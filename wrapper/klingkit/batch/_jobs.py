"""A job as a row of the ledger, and its request as text."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final, Literal, TypeAlias

from attrs import fields_dict, frozen

from klingkit._base import TaskRef, invalid
from klingkit._catalogue import models
from klingkit._models import Job
from klingkit.providers import Provider

__all__ = ["ENDED", "JobRow", "State", "account_of", "decode", "encode", "fingerprint"]

State: TypeAlias = Literal["queued", "intent", "submitted", "ready", "done", "failed", "uncertain"]

ENDED: Final[tuple[State, ...]] = ("done", "failed")


@frozen(kw_only=True)
class JobRow:
    """A job as the ledger has it; times are seconds since 1970 by the database's clock."""

    id: int
    key: str
    account: str
    batch: str
    state: State
    next_at: float | None
    request: str
    fingerprint: str
    output: str | None
    estimate: float | None
    attempt: str | None
    tries: int
    external_id: str | None
    ref: str | None
    counted: float | None
    submitted: float | None
    cost: str | None
    cost_unit: str | None
    file: str | None
    sha256: str | None
    size: int | None
    error: str | None
    message: str | None
    created: float
    updated: float

    @property
    def task(self) -> TaskRef | None:
        """The reference of its task, as soon as it is known."""
        return None if self.ref is None else TaskRef.parse(self.ref)

    def record(self) -> dict[str, Any]:
        """Return what a manifest says of it."""
        cost = self.cost and {"amount": float(self.cost), "unit": self.cost_unit}
        error = self.error and {"type": self.error, "message": self.message}
        shown = {name: getattr(self, name) for name in ("key", "batch", "state", "ref", "file", "sha256", "size")}
        return {**shown, "cost": cost, "error": error, "estimate": self.estimate, "external_task_id": self.external_id}


COLUMNS: Final = tuple(fields_dict(JobRow))


def account_of(api: Provider[Any]) -> str:
    """Return what shares limits and tasks: an API, at a host, with the name of the account."""
    account = getattr(api, "account", None)
    return f"{api.name}{'' if account is None else f'@{account}'} {api.base_url}"


def encode(request: Any) -> str:
    """Return a request as text.

    Raises:
        InvalidRequest: It is no request, or cannot be written as JSON.
    """
    try:
        if isinstance(request, Job):
            return _canonical({"model": request.model, "input": dict(request.input)})
        return _canonical({"class": type(request).__name__, "fields": request.to_dict()})
    except (AttributeError, TypeError, ValueError) as error:
        raise invalid("request", "a typed request, or a Job of values for JSON", request) from error


def decode(api: str, stored: str) -> Any:
    """Return the request of a text.

    Raises:
        InvalidRequest: This version of klingkit has no such request.
    """
    held = json.loads(stored)
    if "model" in held:
        return Job(held["model"], held["input"])
    kinds: dict[str, Any] = {model.request.__name__: model.request for model in models(api) if model.request}
    if held["class"] not in kinds:
        raise invalid("request", f"one of {', '.join(sorted(kinds))}", held["class"])
    return kinds[held["class"]].from_dict(held["fields"])


def fingerprint(account: str, stored: str) -> str:
    """Return a hash of what is requested where."""
    return hashlib.sha256(f"{account}\n{stored}".encode()).hexdigest()


def _canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, allow_nan=False)
