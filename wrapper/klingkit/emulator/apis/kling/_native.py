"""Document 001: flat responses, and codes that are the HTTP status."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from random import Random

from klingkit.emulator._field_rules import Choice, Fields, Number, Text
from klingkit.emulator.apis._errors import HTTP_CODES, ErrorCode, ErrorReason
from klingkit.emulator.apis.kling._service import DURATIONS, MODE, Text2Video, body_rule
from klingkit.emulator.profiles._native import PATH
from klingkit.emulator.tasks._sample_videos import SampleVideo
from klingkit.emulator.tasks._task import State, Task

RATIOS = Choice(("16:9", "9:16", "1:1", "3:2", "2:3", "3:4", "4:3"))

# Any word is a type: the document's list of them is open. Neither field is marked as required.
CAMERA = Fields(
    required={},
    optional={"type": Text(), "config": Fields({}, {"value": Number()}, allow_unknown=True)},
    allow_unknown=True,
)

STATES = {
    State.ACCEPTED: "submitted",
    State.RUNNING: "processing",
    State.SUCCEEDED: "completed",
    State.FAILED: "failed",
}


class Native(Text2Video):
    """Paths, limits, states and codes of document 001.

    It shows no body of an error; {code, message, request_id} is the official one. It lists no code
    for an unknown task; 404 is the official HTTP status.
    """

    name = "native"
    path = PATH
    models: Choice = Choice(("kling-v1-6", "kling-v2-master", "kling-v2-1", "kling-v2-1-master"))
    body: Fields = body_rule(
        required={"mode": MODE, "prompt": Text(2500)},
        optional={
            "negative_prompt": Text(2500),
            "duration": DURATIONS,
            "aspect_ratio": RATIOS,
            "cfg_scale": Number(0, 1),
            "camera_control": CAMERA,
        },
    )
    states: Mapping[State, str] = STATES
    codes: Mapping[ErrorReason, ErrorCode] = HTTP_CODES
    finished_message = "The video is ready."  # the sample has a message for success, too

    def draw_id(self, random: Random) -> str:
        """Draw a task id like the one in the document: 22 characters of base64."""
        return urlsafe_b64encode(random.randbytes(16)).decode().rstrip("=")

    def duration(self, video: SampleVideo) -> int:
        """Return a number."""
        return video.seconds

    def data(self, task: Task) -> dict[str, object]:
        """Add the owner's own id, if there is one, as the official API does."""
        external_id = task.request.external_id
        return super().data(task) | ({"task_info": {"external_task_id": external_id}} if external_id else {})

    def success(self, data: dict[str, object]) -> object:
        """Return the data without an envelope."""
        return data

    def error(self, code: int | str, message: str) -> object:
        """Return the official envelope without data."""
        return {"code": code, "message": message, "request_id": self.request_id()}
