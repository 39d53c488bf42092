"""Relays that answer in a shape of their own (field: relay-shapes): the official answer wrapped, or a flat one."""

from collections.abc import Mapping
from random import Random
from typing import Any

from klingkit.emulator.apis._errors import Code, Problem
from klingkit.emulator.apis.kling._relay import Relay
from klingkit.emulator.apis.kling._service import FAIL_MESSAGE
from klingkit.emulator.tasks._media import media_url
from klingkit.emulator.tasks._table import State, Task

# A task that waits has three words, one after the other as it is asked about.
WAITING = ("NOT_START", "SUBMITTED", "QUEUED")
WORDS = {State.RUNNING: "IN_PROGRESS", State.SUCCEEDED: "SUCCESS", State.FAILED: "FAILURE"}
PROGRESS = {State.ACCEPTED: "0%", State.RUNNING: "50%", State.SUCCEEDED: "100%", State.FAILED: "100%"}

FLAT = {
    State.ACCEPTED: "queued",
    State.RUNNING: "in_progress",
    State.SUCCEEDED: "completed",
    State.FAILED: "failed",
}

CODES = {
    **dict.fromkeys(
        (
            Problem.NO_KEY,
            Problem.ODD_KEY,
            Problem.UNKNOWN_KEY,
            Problem.FORGED_KEY,
            Problem.EARLY_KEY,
            Problem.LATE_KEY,
        ),
        Code(401, "invalid_api_key"),
    ),
    Problem.UNREADABLE: Code(400, "invalid_request"),
    Problem.VALUE: Code(400, "invalid_request"),
    Problem.MODEL: Code(400, "model_not_found"),
    Problem.TASK: Code(400, "task_not_exist"),
    Problem.PATH: Code(404, "not_found"),
    Problem.METHOD: Code(405, "method_not_allowed"),
    Problem.PACE: Code(429, "rate_limit_exceeded"),
    Problem.SLOTS: Code(429, "too_many_tasks"),
}


class Shaped(Relay):
    """What both have in common: ids and codes that are words."""

    codes: Mapping[Problem, Code] = CODES

    def draw_id(self, random: Random) -> str:
        """A task id of the relay's own kind."""
        return f"task_{random.getrandbits(128):032x}"

    def error(self, code: int | str, message: str) -> object:
        """The code is a string, whatever it is."""
        return {"code": str(code), "message": message, "data": None}


class WrappedRelay(Shaped):
    """Words in capitals, times in seconds, and beside them the official answer as it came."""

    def data(self, task: Task) -> dict[str, object]:
        """As a query tells it, so that both operations answer alike."""
        return self.record(task, task.order.origin)

    def record(self, task: Task, base_url: str) -> dict[str, object]:
        """The relay's own fields, and the official answer in `data`."""
        failure = (task.failure.message or FAIL_MESSAGE) if task.failure else ""
        return {
            "task_id": task.id,
            "action": "textGenerate",
            "status": WORDS.get(task.state) or WAITING[min(task.queries, len(WAITING) - 1)],
            "fail_reason": failure,
            "submit_time": int(task.created),
            "start_time": int(task.started or 0),
            "finish_time": int(task.ended or 0),
            "progress": PROGRESS[task.state],
            "data": self._envelope(0, "SUCCEED", self._official(task, base_url)),
        }

    def _official(self, task: Task, base_url: str) -> dict[str, object]:
        """What the official API told the relay."""
        return {**Relay.data(self, task), **self.outcome(task, base_url)}

    def answer(self, data: dict[str, object]) -> object:
        """In the relay's envelope."""
        return {"code": "success", "message": "", "data": data}


class FlatRelay(Shaped):
    """Neither an envelope nor lists: one object, with a URL once there is one."""

    def data(self, task: Task) -> dict[str, object]:
        """Where it stands."""
        return {"task_id": task.id, "status": FLAT[task.state]}

    def record(self, task: Task, base_url: str) -> dict[str, object]:
        """With the result, or with what went wrong."""
        told: dict[str, Any] = {"url": "", "format": "", "metadata": {}, "error": None}
        if task.failure:
            told["error"] = {
                "code": task.failure.code or "task_failed",
                "message": task.failure.message or FAIL_MESSAGE,
            }
        elif task.ended is not None:
            metadata = {"duration": task.order.film.seconds, "model": task.order.model}
            told |= {"url": media_url(base_url, task), "format": "mp4", "metadata": metadata}
        return self.data(task) | told

    def answer(self, data: dict[str, object]) -> object:
        """The data as they are."""
        return data
