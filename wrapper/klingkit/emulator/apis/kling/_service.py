"""The common part of the variants of Kling's API: POST creates a task, GET queries it by its id.

Running services were observed to do more than the documents 001 and 004 state:

- The fields `callback_url` and `external_task_id` exist (observed.md: official-callback-url,
  official-external-task-id). Other unknown fields are accepted, and have no effect here.
- `duration` may be a string (observed.md: official-duration).
- A callback has the data of a query's response without its envelope, and is sent at every change of the task's state
  (observed.md: official-callback).
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from random import Random
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from klingkit.emulator import _json
from klingkit.emulator._field_rules import Choice, FieldRule, Fields, IntegerChoice, Text
from klingkit.emulator.apis._backend import Backend, FileRoutes
from klingkit.emulator.apis._errors import ApiError, ErrorCode, ErrorReason
from klingkit.emulator.apis._requests import ApiRoute, base_url, read_body, text_of
from klingkit.emulator.apis._task_requests import create_task, query_task
from klingkit.emulator.tasks._clock import milliseconds
from klingkit.emulator.tasks._media import video_url
from klingkit.emulator.tasks._sample_videos import SampleVideo
from klingkit.emulator.tasks._task import State, Task, TaskRequest

# The defaults of document 001, for requests that leave these out; 004 has none.
RATIO = "16:9"
DURATION = 5

# The message of a failed task that has none.
FAIL_MESSAGE = "The generation failed."

MODE = Choice(("std", "pro"))
DURATIONS = IntegerChoice((5, 10))


BODY_OF_UNKNOWN_MODEL = Fields(
    {"model_name": Text()}, {"callback_url": Text(), "external_task_id": Text()}, allow_unknown=True
)
"""The rule for a request of a model that no document names, where such models are accepted."""


def body_rule(*, required: Mapping[str, FieldRule], optional: Mapping[str, FieldRule]) -> Fields:
    """Return the rule for a request's body: the documented fields, the two observed ones, and any others."""
    observed = {"callback_url": Text(), "external_task_id": Text()}
    return Fields({"model_name": Text(), **required}, {**optional, **observed}, allow_unknown=True)


class Text2Video(ABC):
    """The two operations. A variant defines where they are, what they take and how they respond."""

    name: str
    path: str
    has_spec = True
    uploads: FileRoutes | None = None
    model = ""  # the default, where requests need not name one
    models: Choice
    body: Fields
    states: Mapping[State, str]
    codes: Mapping[ErrorReason, ErrorCode]
    error_status: int | None = None  # the HTTP status of every error; None: each code has its own
    finished_message: str

    def __init__(self, backend: Backend) -> None:
        self._accept_models = backend.accept_models
        self._tasks = backend.tasks
        self._keys = backend.keys
        # Not the generator of task ids: the number of queries must not influence the next id.
        self._random = Random(f"{self.name} {backend.seed}")  # noqa: S311 - to be reproducible, not secret
        self.routes: list[Route] = [
            ApiRoute(self.path, self.create, "POST"),
            ApiRoute(f"{self.path}/{{task_id}}", self.query, "GET"),
        ]

    async def create(self, request: Request) -> Response:
        """Create a task."""
        owner = self._keys.owner(request)
        task_request = self._task_request(await read_body(request), owner, base_url(request))
        task = create_task(self._tasks, task_request, self.draw_id, request)
        return JSONResponse(self.success(self.data(task)))

    async def query(self, request: Request) -> Response:
        """Return the record of a task by its id, or by the one that its owner gave it."""
        owner, task_id = self._keys.owner(request), request.path_params["task_id"]
        message = "there is no such task"
        task = query_task(self._tasks, task_id, api=self.name, owner=owner, http=request, message=message)
        return JSONResponse(self.success(self.record(task, base_url(request))))

    def callback(self, task: Task) -> object:
        """Return what a query would return, at every change."""
        return self.record(task, task.request.base_url)

    def data(self, task: Task) -> dict[str, object]:
        """Return what both operations return about a task."""
        return {
            "task_id": task.id,
            "task_status": self.states[task.state],
            "created_at": milliseconds(task.created),
            "updated_at": milliseconds(task.updated),
        }

    def record(self, task: Task, base_url: str) -> dict[str, object]:
        """Return what a query returns about it."""
        return self.data(task) | self.result(task, base_url)

    def result(self, task: Task, base_url: str) -> dict[str, object]:
        """Return its result so far."""
        if task.failure:
            return {"task_status_msg": task.failure.message or FAIL_MESSAGE}
        if task.ended is None:
            return {"task_status_msg": ""}
        return {"task_status_msg": self.finished_message, "task_result": {"videos": [self.video(task, base_url)]}}

    def video(self, task: Task, base_url: str) -> dict[str, object]:
        """Return the video of a task that has succeeded."""
        return {
            "id": f"video_{task.id}",
            "url": video_url(base_url, task),
            "duration": self.duration(task.request.video),
        }

    def request_id(self) -> str:
        """Return an id for one request, of the form in 004."""
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def sample_video(self, fields: Mapping[str, Any]) -> SampleVideo:
        """Return the video that fits these fields."""
        ratio, duration = fields.get("aspect_ratio", RATIO), fields.get("duration", DURATION)
        return SampleVideo.nearest(ratio, duration, sound=False)

    def conflict(self, fields: Mapping[str, Any]) -> str | None:  # noqa: ARG002 - for variants that know some
        """Return which fields exclude each other, though each is valid; None: no document names any."""
        return None

    @abstractmethod
    def draw_id(self, random: Random) -> str:
        """Draw a task id of the document's form."""

    @abstractmethod
    def duration(self, video: SampleVideo) -> int | str:
        """Return the length of a video, in seconds."""

    @abstractmethod
    def success(self, data: dict[str, object]) -> object:
        """Return the body of a response with this data."""

    @abstractmethod
    def error(self, code: int | str, message: str) -> object:
        """Return the body of an error response."""

    def _task_request(self, fields: dict[str, Any], owner: str, base_url: str) -> TaskRequest:
        model: Any = fields.get("model_name", self.model)
        problem = self.models.problem("model_name", model)
        unknown = self._accept_models and bool(model) and problem is not None
        if wrong := (BODY_OF_UNKNOWN_MODEL if unknown else self.body).problem("", fields):
            raise ApiError(ErrorReason.VALUE, wrong)
        if problem and not unknown:
            raise ApiError(ErrorReason.MODEL, problem)
        if wrong := self.conflict(fields):
            raise ApiError(ErrorReason.VALUE, wrong)
        return TaskRequest(
            api=self.name,
            owner=owner,
            model=model,
            prompt=text_of(fields.get("prompt")),
            video=self.sample_video(fields),
            body=_json.write(fields),
            base_url=base_url,
            # An empty string means none, as in observed samples.
            callback_url=fields.get("callback_url") or None,
            external_id=fields.get("external_task_id") or None,
        )
