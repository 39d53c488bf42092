"""Document 004: the answers in an envelope; what it leaves out, as in the official documents."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from klingkit.emulator._field_rules import Choice, Fields, Number, Text, Whole, is_object
from klingkit.emulator.apis._errors import Code, Problem
from klingkit.emulator.apis.kling._service import DURATIONS, MODE, Text2Video, body
from klingkit.emulator.tasks._sample_videos import Film
from klingkit.emulator.tasks._table import State, Task

AXES = Fields(
    dict.fromkeys(("horizontal", "vertical", "pan", "tilt", "roll", "zoom"), Whole()),
    optional={},
    open=True,
)
CAMERA = Fields({"type": Text(), "config": AXES}, {}, open=True)
CAMERA_MOVE = Fields({"type": Text()}, {"config": AXES}, open=True)
MOVES = ("down_back", "forward_up", "right_turn_forward", "left_turn_forward")

STATES = {
    State.ACCEPTED: "submitted",
    State.RUNNING: "processing",
    State.SUCCEEDED: "succeed",
    State.FAILED: "failed",
}
# A wrong method has HTTP's own status, where the official documents have 404.
CODES = {
    Problem.NO_KEY: Code(401, 1001),
    Problem.ODD_KEY: Code(401, 1002),
    Problem.UNKNOWN_KEY: Code(401, 1000),
    Problem.FORGED_KEY: Code(401, 1000),
    Problem.EARLY_KEY: Code(401, 1003),
    Problem.LATE_KEY: Code(401, 1004),
    Problem.UNREADABLE: Code(400, 1200),
    Problem.VALUE: Code(400, 1201),
    Problem.MODEL: Code(404, 1203),
    Problem.TASK: Code(404, 1203),
    Problem.PATH: Code(404, 1203),
    Problem.METHOD: Code(405, 1202),
    Problem.PACE: Code(429, 1302),
    Problem.SLOTS: Code(429, 1303),
}


@dataclass(frozen=True)
class Camera:
    """004 wants type and config; the official types that are a whole move come without config."""

    def fault(self, name: str, value: object) -> str | None:
        """No object, or the first fault among its fields."""
        move = is_object(value) and value.get("type") in MOVES
        return (CAMERA_MOVE if move else CAMERA).fault(name, value)


class Relay(Text2Video):
    """Paths, limits and envelope of document 004.

    The states, the form of a result and the codes of errors are the official ones.
    """

    name = "relay"
    path = "/kling/v1/videos/text2video"
    variable = "KLING_RELAY"
    models: Choice = Choice(("kling-v1", "kling-v1-5", "kling-v1-6", "kling-v2-5-turbo"))
    # The document's list of required fields has all nine, its descriptions call most optional.
    body: Fields = body(
        required={"prompt": Text(500)},
        optional={
            "negative_prompt": Text(200),
            "cfg_scale": Number(0, 1),
            "mode": MODE,
            "camera_control": Camera(),
            "aspect_ratio": Choice(("16:9", "9:16", "1:1")),
            "duration": DURATIONS,
        },
    )
    states: Mapping[State, str] = STATES
    codes: Mapping[Problem, Code] = CODES
    ready = ""

    def draw_id(self, random: Random) -> str:
        """A task id like the one in the document: 18 digits."""
        return str(random.randrange(10**17, 10**18))

    def seconds(self, film: Film) -> str:
        """A string."""
        return str(film.seconds)

    def data(self, task: Task) -> dict[str, object]:
        """With what the owner has told about the task, be it nothing."""
        name = task.order.name
        return super().data(task) | {"task_info": {"external_task_id": name} if name else {}}

    def answer(self, data: dict[str, object]) -> object:
        """The data in the envelope; its code for success is 0."""
        return self._envelope(0, "SUCCEED", data)

    def error(self, code: int | str, message: str) -> object:
        """The envelope without data."""
        return self._envelope(code, message, None)

    def _envelope(self, code: int | str, message: str, data: object) -> dict[str, object]:
        return {"code": code, "message": message, "request_id": self.request_id(), "data": data}
