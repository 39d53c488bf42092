"""Document 004: responses in an envelope. What it leaves out is as in the official documents."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from klingkit.emulator._field_rules import Choice, Fields, Integer, Number, Text, is_object
from klingkit.emulator.apis._errors import ErrorCode, ErrorReason
from klingkit.emulator.apis.kling._service import DURATIONS, MODE, Text2Video, body_rule
from klingkit.emulator.profiles._relay import PATH
from klingkit.emulator.tasks._sample_videos import SampleVideo
from klingkit.emulator.tasks._task import State, Task

AXES = Fields(
    dict.fromkeys(("horizontal", "vertical", "pan", "tilt", "roll", "zoom"), Integer()),
    optional={},
    allow_unknown=True,
)
CAMERA = Fields({"type": Text(), "config": AXES}, {}, allow_unknown=True)
CAMERA_MOVE = Fields({"type": Text()}, {"config": AXES}, allow_unknown=True)
MOVES = ("down_back", "forward_up", "right_turn_forward", "left_turn_forward")

STATES = {
    State.ACCEPTED: "submitted",
    State.RUNNING: "processing",
    State.SUCCEEDED: "succeed",
    State.FAILED: "failed",
}
# A wrong method has HTTP's own status, where the official documents have 404.
CODES = {
    ErrorReason.NO_KEY: ErrorCode(401, 1001),
    ErrorReason.INVALID_KEY: ErrorCode(401, 1002),
    ErrorReason.UNKNOWN_KEY: ErrorCode(401, 1000),
    ErrorReason.WRONG_SIGNATURE: ErrorCode(401, 1000),
    ErrorReason.KEY_NOT_YET_VALID: ErrorCode(401, 1003),
    ErrorReason.KEY_EXPIRED: ErrorCode(401, 1004),
    ErrorReason.UNREADABLE: ErrorCode(400, 1200),
    ErrorReason.VALUE: ErrorCode(400, 1201),
    ErrorReason.MODEL: ErrorCode(404, 1203),
    ErrorReason.TASK: ErrorCode(404, 1203),
    ErrorReason.PATH: ErrorCode(404, 1203),
    ErrorReason.METHOD: ErrorCode(405, 1202),
    ErrorReason.RATE: ErrorCode(429, 1302),
    ErrorReason.SLOTS: ErrorCode(429, 1303),
    ErrorReason.STORAGE: ErrorCode(500, 5000),
}


@dataclass(frozen=True)
class Camera:
    """In 004, type and config are required; the official predefined movements have no config."""

    def problem(self, name: str, value: object) -> str | None:
        """Return the first problem of the fields that the type needs."""
        move = is_object(value) and value.get("type") in MOVES
        return (CAMERA_MOVE if move else CAMERA).problem(name, value)


class Relay(Text2Video):
    """Paths, limits and envelope of document 004.

    The states, the form of a result and the codes of errors are the official ones.
    """

    name = "relay"
    path = PATH
    models: Choice = Choice(("kling-v1", "kling-v1-5", "kling-v1-6", "kling-v2-5-turbo"))
    # The document's list of required fields has all nine, its descriptions call most optional.
    body: Fields = body_rule(
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
    codes: Mapping[ErrorReason, ErrorCode] = CODES
    finished_message = ""

    def draw_id(self, random: Random) -> str:
        """Draw a task id like the one in the document: 18 digits."""
        return str(random.randrange(10**17, 10**18))

    def duration(self, video: SampleVideo) -> str:
        """Return the seconds, as a string."""
        return str(video.seconds)

    def data(self, task: Task) -> dict[str, object]:
        """Add the owner's own id, or an empty object."""
        external_id = task.request.external_id
        return super().data(task) | {"task_info": {"external_task_id": external_id} if external_id else {}}

    def success(self, data: object) -> object:
        """Return the data in the envelope, whose code for success is 0."""
        return self._envelope(0, "SUCCEED", data)

    def error(self, code: int | str, message: str) -> object:
        """Return the envelope without data."""
        return self._envelope(code, message, None)

    def _envelope(self, code: int | str, message: str, data: object) -> dict[str, object]:
        return {"code": code, "message": message, "request_id": self.request_id(), "data": data}
