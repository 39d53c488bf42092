"""What the dialects of Kling's API have in common: POST a task, GET it by its id.

Behind what no document of ours tells are observations: `callback_url` (field: official-callback-url) and
`external_task_id` (field: official-external-task-id) exist beside the documented fields, as others do that change
nothing here; `duration` may be a string (field: official-duration); a callback is the bare data of a query's answer,
and comes with every change of the task's state (field: official-callback).
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
from klingkit.emulator._field_rules import Choice, Count, Fields, Rule, Text
from klingkit.emulator.apis._auth import Keys
from klingkit.emulator.apis._create import place
from klingkit.emulator.apis._errors import Code, Problem, Refused
from klingkit.emulator.apis._requests import ApiRoute, origin, read_body
from klingkit.emulator.tasks._clock import milliseconds
from klingkit.emulator.tasks._media import media_url
from klingkit.emulator.tasks._sample_videos import Film
from klingkit.emulator.tasks._table import Order, State, Task, Tasks

# The film of a task that left these out: the defaults of 001; 004 has none.
RATIO = "16:9"
DURATION = 5

# What a task says if it was not told why it failed.
FAIL_MESSAGE = "The generation failed."

MODE = Choice(("std", "pro"))
DURATIONS = Count((5, 10))


def body(*, required: Mapping[str, Rule], optional: Mapping[str, Rule]) -> Fields:
    """A request's body: the documented fields, the two that were observed, and any others."""
    beside = {"callback_url": Text(), "external_task_id": Text()}
    return Fields({"model_name": Text(), **required}, {**optional, **beside}, open=True)


class Text2Video(ABC):
    """The two operations; a dialect says where they are, what they take and how they answer."""

    name: str
    path: str
    variable: str
    model = ""  # that of a request which names none, where it may
    models: Choice
    body: Fields
    states: Mapping[State, str]
    codes: Mapping[Problem, Code]
    status: int | None = None  # of all refusals: each code has its own
    ready: str  # what a task says once it has succeeded

    def __init__(self, tasks: Tasks, keys: Keys, seed: int) -> None:
        self._tasks = tasks
        self._keys = keys
        # Apart from the ids of the tasks: how often a task was queried shall not change the next.
        self._random = Random(f"{self.name} {seed}")  # noqa: S311 - to be reproducible, not secret
        self.routes: list[Route] = [
            ApiRoute(self.path, self.create, "POST"),
            ApiRoute(f"{self.path}/{{task_id}}", self.query, "GET"),
        ]

    async def create(self, request: Request) -> Response:
        """Take an order."""
        owner = self._keys.owner(request)
        order = self._order(await read_body(request), owner, origin(request))
        task = place(self._tasks, order, self.draw_id)
        return JSONResponse(self.answer(self.data(task)))

    async def query(self, request: Request) -> Response:
        """Say how far a task is; its id may be the one that its owner gave it."""
        owner = self._keys.owner(request)
        task = self._tasks.query(request.path_params["task_id"], service=self.name, owner=owner)
        if task is None:
            raise Refused(Problem.TASK, "there is no such task")
        return JSONResponse(self.answer(self.record(task, origin(request))))

    def callback(self, task: Task) -> object:
        """What is POSTed at every change: what a query would have told then."""
        return self.record(task, task.order.origin)

    def data(self, task: Task) -> dict[str, object]:
        """What both operations tell of a task."""
        return {
            "task_id": task.id,
            "task_status": self.states[task.state],
            "created_at": milliseconds(task.created),
            "updated_at": milliseconds(task.updated),
        }

    def record(self, task: Task, base_url: str) -> dict[str, object]:
        """What a query tells of it."""
        return self.data(task) | self.outcome(task, base_url)

    def outcome(self, task: Task, base_url: str) -> dict[str, object]:
        """What has come of it so far."""
        if task.failure:
            return {"task_status_msg": task.failure.message or FAIL_MESSAGE}
        if task.ended is None:
            return {"task_status_msg": ""}
        return {"task_status_msg": self.ready, "task_result": {"videos": [self.video(task, base_url)]}}

    def video(self, task: Task, base_url: str) -> dict[str, object]:
        """The result, once it is there."""
        return {
            "id": f"video_{task.id}",
            "url": media_url(base_url, task),
            "duration": self.seconds(task.order.film),
        }

    def request_id(self) -> str:
        """An id for one exchange, looking as in 004."""
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def film(self, given: Mapping[str, Any]) -> Film:
        """The film that these fields ask for."""
        return Film(given.get("aspect_ratio", RATIO), int(given.get("duration", DURATION)))

    @abstractmethod
    def draw_id(self, random: Random) -> str:
        """A task id of the document's kind."""

    @abstractmethod
    def seconds(self, film: Film) -> int | str:
        """The length of a result."""

    @abstractmethod
    def answer(self, data: dict[str, object]) -> object:
        """The body that brings the data."""

    @abstractmethod
    def error(self, code: int | str, message: str) -> object:
        """The body that refuses a request."""

    def _order(self, given: dict[str, Any], owner: str, sent_to: str) -> Order:
        if fault := self.body.fault("", given):
            raise Refused(Problem.VALUE, fault)
        model: str = given.get("model_name", self.model)
        if fault := self.models.fault("model_name", model):
            raise Refused(Problem.MODEL, fault)
        return Order(
            service=self.name,
            owner=owner,
            model=model,
            prompt=given["prompt"],
            film=self.film(given),
            request=_json.write(given),
            origin=sent_to,
            # An empty string stands for none, as in other samples.
            callback_url=given.get("callback_url") or None,
            name=given.get("external_task_id") or None,
        )
