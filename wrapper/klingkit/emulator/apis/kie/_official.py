"""kie.ai's API as its servers speak it, where the documents say otherwise (field: kie-errors, kie-record)."""

from collections.abc import Mapping

from klingkit.emulator.apis._errors import Code, Problem
from klingkit.emulator.apis.kie._service import CODES, FAIL_MESSAGE, WORDS, Kie, envelope, price
from klingkit.emulator.tasks._clock import milliseconds
from klingkit.emulator.tasks._table import State, Task

QUEUED = 0.25  # the share of the way from which a task that waits is in the queue
FAILED = 501  # the code of a callback that tells of a failure


class OfficialKie(Kie):
    """HTTP 200 for refusals too, and the code in the body; more words for the states, and more fields."""

    status: int | None = 200
    codes: Mapping[Problem, Code] = {
        **{problem: Code(200, code.code) for problem, code in CODES.items()},
        Problem.TASK: Code(200, 422),
        # A path that the API does not have is none of its refusals.
        Problem.PATH: CODES[Problem.PATH],
        Problem.METHOD: CODES[Problem.METHOD],
    }
    unknown = "recordInfo is null"

    def record(self, task: Task, base_url: str) -> dict[str, object]:
        """With the newer fields; `progress` is a percentage."""
        progress = 1.0 if task.ended is not None else self._tasks.progress(task)
        well = task.state is State.SUCCEEDED
        return {
            **super().record(task, base_url),
            "state": _word(task.state, progress),
            **({"failCode": "", "failMsg": ""} if well else {}),
            "updateTime": milliseconds(task.updated),
            "progress": int(100 * progress),
            "creditsConsumed": price(task) if well else 0,
        }

    def callback(self, task: Task) -> object:
        """The answer to a query, but that a failure has a code of its own."""
        if task.failure is None:
            return super().callback(task)
        told = {"code": FAILED, "msg": task.failure.message or FAIL_MESSAGE}
        return envelope(self.record(task, task.order.origin)) | told


def _word(state: State, progress: float) -> str:
    if state is State.ACCEPTED:
        return "queuing" if progress >= QUEUED else "waiting"
    return "generating" if state is State.RUNNING else WORDS[state]
