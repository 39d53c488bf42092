"""What an API sends, made from plain arguments: for the tests of services, and for nothing else."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

import httpx

from klingkit._base import Status
from klingkit.providers._states import STATES

__all__ = ["CREATED_AT", "OfficialPayloads", "Payloads"]

CREATED_AT: Final = 1_764_547_200_000
"""When every task was created, in milliseconds since 1970: fixed, so that payloads are reproducible."""


class Payloads(ABC):
    """The forms of one API."""

    words: Mapping[Status, str]
    """Status -> the documented word for it."""
    states: ClassVar[Sequence[str]]
    """Every word that it is known to send for a state."""
    any_case: ClassVar[bool] = False
    """Whether the case of a word does not matter."""
    equivalent_codes: ClassVar[Mapping[int, int]]
    """A code of another API -> the code that means the same here."""
    callback_enveloped: ClassVar[bool] = False
    """Whether every callback has an envelope."""

    def status_of(self, state: object) -> Status | None:
        """Return the status that a state means; None if the service is not known to send the word."""
        word = state.lower() if self.any_case and isinstance(state, str) else state
        return STATES[word] if isinstance(word, str) and word in self.states else None

    @abstractmethod
    def record(self, state: Any, task_id: Any, urls: Sequence[str], message: str) -> dict[str, Any]:
        """Make the record of a task, with the URLs of its videos or the reason of its failure."""

    @abstractmethod
    def in_state(self, body: dict[str, Any], state: str, task_id: str, urls: Sequence[str] | None) -> dict[str, Any]:
        """Return the body of a callback with its task in this state; without URLs its videos stay as they are."""

    @abstractmethod
    def error(self, code: int, message: str) -> dict[str, Any]:
        """Make the body of an API error."""

    def created(self, task_id: Any) -> dict[str, Any]:
        """Make the record of a new task."""
        return self.record(self.words["queued"], task_id, (), "")

    @abstractmethod
    def response(self, task: dict[str, Any]) -> dict[str, Any]:
        """Make the body of a successful response: a task, in the API's envelope if it has one."""

    def callback(self, task: dict[str, Any], *, failed: bool) -> dict[str, Any]:  # noqa: ARG002 - for APIs with an envelope
        """Make the body of a callback."""
        return task

    def queried(self, request: httpx.Request) -> str:
        """Return the id of the task that a request queries."""
        return request.url.path.rpartition("/")[2]


class OfficialPayloads(Payloads):
    """The forms of Kling's own API: responses bare or in the official envelope, callbacks bare."""

    states: ClassVar[Sequence[str]] = (
        *("submitted", "queued", "not_start", "processing", "in_progress"),
        *("completed", "succeed", "succeeded", "success", "failed", "failure", "fail"),
    )
    any_case: ClassVar[bool] = True
    equivalent_codes: ClassVar[Mapping[int, int]] = {
        402: 1102,
        405: 1202,
        422: 1201,
        433: 1102,
        455: 5001,
        501: 5000,
        502: 5001,
        505: 1103,
    }

    def __init__(self, succeeded: str, *, enveloped: bool) -> None:
        self.words = {"queued": "submitted", "succeeded": succeeded, "failed": "failed"}
        self._enveloped = enveloped

    def record(self, state: Any, task_id: Any, urls: Sequence[str], message: str) -> dict[str, Any]:
        """Make the record of a task."""
        return {
            "task_id": task_id,
            "task_status": state,
            "task_status_msg": message,
            "task_result": {"videos": [{"id": f"v{at}", "url": url, "duration": "5.0"} for at, url in enumerate(urls)]},
            "created_at": CREATED_AT,
            "updated_at": CREATED_AT,
        }

    def in_state(self, body: dict[str, Any], state: str, task_id: str, urls: Sequence[str] | None) -> dict[str, Any]:
        """Return the body of a callback with its task in this state."""
        result: dict[str, Any] = {"task_result": {"videos": [{"url": url} for url in urls]}} if urls else {}
        return {**body, "task_id": task_id, "task_status": state, **result}

    def response(self, task: dict[str, Any]) -> dict[str, Any]:
        """Make the body of a successful response."""
        if not self._enveloped:
            return task
        return {"code": 0, "message": "SUCCEED", "request_id": "klingkit-testing", "data": task}

    def error(self, code: int, message: str) -> dict[str, Any]:
        """Make the body of an API error."""
        return {"code": code, "message": message, "request_id": "klingkit-testing"}
