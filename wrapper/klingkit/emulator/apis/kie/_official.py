"""kie.ai's job API as observed, where that differs from documents (kie-errors, kie-record in openapi/field.yaml)."""

from collections.abc import Mapping

from klingkit.emulator.apis._errors import ErrorCode, ErrorReason
from klingkit.emulator.apis.kie._service import CODES, FAIL_MESSAGE, STATES, Kie, envelope, price
from klingkit.emulator.tasks._clock import milliseconds
from klingkit.emulator.tasks._task import State, Task

QUEUING_FROM = 0.25  # from this share of its time on, an accepted task is queuing; before, it is waiting
FAILED = 501  # the code of a failed task's callback


class OfficialKie(Kie):
    """HTTP 200 for errors too, with the code in the body; more states, and more fields."""

    error_status: int | None = 200
    codes: Mapping[ErrorReason, ErrorCode] = {
        **{reason: ErrorCode(200, code.code) for reason, code in CODES.items()},
        ErrorReason.TASK: ErrorCode(200, 422),
        # Wrong paths and methods are errors of the HTTP server, not of the API.
        ErrorReason.PATH: CODES[ErrorReason.PATH],
        ErrorReason.METHOD: CODES[ErrorReason.METHOD],
    }
    not_found = "recordInfo is null"

    def record(self, task: Task, base_url: str) -> dict[str, object]:
        """Add the newer fields; `progress` is a percentage."""
        progress = 1.0 if task.ended is not None else self._tasks.progress(task)
        succeeded = task.state is State.SUCCEEDED
        return {
            **super().record(task, base_url),
            "state": _state(task.state, progress),
            **({"failCode": "", "failMsg": ""} if succeeded else {}),
            "updateTime": milliseconds(task.updated),
            "progress": int(100 * progress),
            "creditsConsumed": price(task) if succeeded else 0,
        }

    def callback(self, task: Task) -> object:
        """Return what a query would return, but with a code of its own for a failure."""
        if task.failure is None:
            return super().callback(task)
        changes = {"code": FAILED, "msg": task.failure.message or FAIL_MESSAGE}
        return envelope(self.record(task, task.request.base_url)) | changes


def _state(state: State, progress: float) -> str:
    if state is State.ACCEPTED:
        return "queuing" if progress >= QUEUING_FROM else "waiting"
    return "generating" if state is State.RUNNING else STATES[state]
