"""Relays with response formats of their own: the official one wrapped, or a flat one (observed.md: relay-shapes)."""

from collections.abc import Mapping
from random import Random
from typing import Any

from klingkit.emulator.apis._errors import KEY_ERRORS, ErrorCode, ErrorReason
from klingkit.emulator.apis.kling._relay import Relay
from klingkit.emulator.apis.kling._service import FAIL_MESSAGE
from klingkit.emulator.tasks._media import video_url
from klingkit.emulator.tasks._task import State, Task

# An accepted task shows these, one after the other with each query.
WAITING = ("NOT_START", "SUBMITTED", "QUEUED")
WRAPPED_STATES = {State.RUNNING: "IN_PROGRESS", State.SUCCEEDED: "SUCCESS", State.FAILED: "FAILURE"}
PROGRESS = {State.ACCEPTED: "0%", State.RUNNING: "50%", State.SUCCEEDED: "100%", State.FAILED: "100%"}

FLAT_STATES = {
    State.ACCEPTED: "queued",
    State.RUNNING: "in_progress",
    State.SUCCEEDED: "completed",
    State.FAILED: "failed",
}

CODES = {
    **dict.fromkeys(KEY_ERRORS, ErrorCode(401, "invalid_api_key")),
    ErrorReason.UNREADABLE: ErrorCode(400, "invalid_request"),
    ErrorReason.VALUE: ErrorCode(400, "invalid_request"),
    ErrorReason.MODEL: ErrorCode(400, "model_not_found"),
    ErrorReason.TASK: ErrorCode(400, "task_not_exist"),
    ErrorReason.PATH: ErrorCode(404, "not_found"),
    ErrorReason.METHOD: ErrorCode(405, "method_not_allowed"),
    ErrorReason.RATE: ErrorCode(429, "rate_limit_exceeded"),
    ErrorReason.SLOTS: ErrorCode(429, "too_many_tasks"),
    ErrorReason.STORAGE: ErrorCode(500, "server_error"),
}


class _OwnFormat(Relay):
    """What both have in common: their ids, and codes that are words."""

    has_spec = False
    codes: Mapping[ErrorReason, ErrorCode] = CODES

    def draw_id(self, random: Random) -> str:
        """Draw a task id of the relay's own form."""
        return f"task_{random.getrandbits(128):032x}"

    def error(self, code: int | str, message: str) -> object:
        """Return an envelope whose code is always a string."""
        return {"code": str(code), "message": message, "data": None}


class WrappedRelay(_OwnFormat):
    """States in capitals, times in seconds, and the official response beside them."""

    def data(self, task: Task) -> dict[str, object]:
        """Return the same as a query: both operations have one format."""
        return self.record(task, task.request.base_url)

    def record(self, task: Task, base_url: str) -> dict[str, object]:
        """Return the relay's own fields, with the official response in `data`."""
        failure = (task.failure.message or FAIL_MESSAGE) if task.failure else ""
        official = {**Relay.data(self, task), **self.result(task, base_url)}
        return {
            "task_id": task.id,
            "action": "textGenerate",
            "status": WRAPPED_STATES.get(task.state) or WAITING[min(task.queries, len(WAITING) - 1)],
            "fail_reason": failure,
            "submit_time": int(task.created),
            "start_time": int(task.started or 0),
            "finish_time": int(task.ended or 0),
            "progress": PROGRESS[task.state],
            "data": self._envelope(0, "SUCCEED", official),
        }

    def success(self, data: object) -> object:
        """Return the data in the relay's envelope."""
        return {"code": "success", "message": "", "data": data}


class FlatRelay(_OwnFormat):
    """One object without an envelope or lists, with a URL on success."""

    def data(self, task: Task) -> dict[str, object]:
        """Return its id and its state."""
        return {"task_id": task.id, "status": FLAT_STATES[task.state]}

    def record(self, task: Task, base_url: str) -> dict[str, object]:
        """Add its result, or its failure."""
        result: dict[str, Any] = {"url": "", "format": "", "metadata": {}, "error": None}
        if task.failure:
            result["error"] = {
                "code": task.failure.code or "task_failed",
                "message": task.failure.message or FAIL_MESSAGE,
            }
        elif task.ended is not None:
            metadata = {"duration": task.request.video.seconds, "model": task.request.model}
            result |= {"url": video_url(base_url, task), "format": "mp4", "metadata": metadata}
        return self.data(task) | result

    def success(self, data: object) -> object:
        """Return the data without an envelope."""
        return data
