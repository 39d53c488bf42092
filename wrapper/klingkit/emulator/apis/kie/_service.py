"""kie.ai's job API as documented."""

from collections.abc import Mapping
from reprlib import repr as short
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from klingkit.emulator import _json
from klingkit.emulator._field_rules import Choice, Fields, Text
from klingkit.emulator.apis._backend import Backend, FileRoutes
from klingkit.emulator.apis._errors import HTTP_CODES, ApiError, ErrorCode, ErrorReason
from klingkit.emulator.apis._requests import ApiRoute, base_url, read_body, text_of
from klingkit.emulator.apis._task_requests import create_task, query_task
from klingkit.emulator.apis.kie._models import MODELS, UNKNOWN, Model, sample_video
from klingkit.emulator.apis.kie._uploads import Uploads
from klingkit.emulator.http._classification import request_info
from klingkit.emulator.profiles._kie import CREATE, QUERY
from klingkit.emulator.tasks._clock import milliseconds
from klingkit.emulator.tasks._media import task_id_in, video_url
from klingkit.emulator.tasks._task import State, Task, TaskRequest

# There is no word for a running task (000, states).
STATES = {
    State.ACCEPTED: "waiting",
    State.RUNNING: "waiting",
    State.SUCCEEDED: "success",
    State.FAILED: "fail",
}

# The code in the body is the HTTP status, too (000, error codes).
CODES = {**HTTP_CODES, ErrorReason.VALUE: ErrorCode(422, 422), ErrorReason.MODEL: ErrorCode(422, 422)}

# The defaults of a failure; 501 is the documents' code for it.
FAIL_CODE = "501"
FAIL_MESSAGE = "The generation failed."

LINK = Fields({"url": Text()}, {}, allow_unknown=True)
LINK_SECONDS = 20 * 60  # that a link is valid for

CREDITS = 100_000  # in a new account; like the price, the emulator's own number
PRICE = 10  # credits for a second of video; twice with sound


class Kie:
    """createTask and recordInfo (source: document 000; the other documents of kie.ai have the same).

    Beside them: download-url, because the record of a task never changes its URLs, the credits, and uploads
    (observed.md: kie-download-url, kie-credit).
    """

    name = "kie"
    has_spec = True
    error_status: int | None = None  # the HTTP status of every error; None: each code has its own
    codes: Mapping[ErrorReason, ErrorCode] = CODES
    not_found = "there is no such task"

    def __init__(self, backend: Backend) -> None:
        self._tasks = backend.tasks
        self._keys = backend.keys
        self._clock = backend.clock
        self._accept_models = backend.accept_models
        uploads = Uploads(backend.keys, backend.clock)
        self.routes: list[Route] = [
            ApiRoute(CREATE, self.create, "POST"),
            ApiRoute(QUERY, self.query, "GET"),
            ApiRoute("/api/v1/common/download-url", self.link, "POST"),
            ApiRoute("/api/v1/chat/credit", self.credit, "GET"),
            *uploads.routes,
        ]
        self.uploads: FileRoutes | None = uploads

    async def create(self, request: Request) -> Response:
        """Create a task: 400 for a body that can't be read, 422 for a wrong field."""
        owner = self._keys.plain_owner(request)
        body = await read_body(request)
        _check(body, accept_models=self._accept_models)
        task_request = _task_request(body, owner, base_url(request))
        model = MODELS.get(task_request.model, Model({}))
        task = create_task(self._tasks, task_request, model.draw_id, request)
        return JSONResponse(envelope({"taskId": task.id}))

    async def query(self, request: Request) -> Response:
        """Return the record of a task."""
        owner = self._keys.plain_owner(request)
        ids = request.query_params.getlist("taskId")
        if len(ids) != 1:  # a parameter that fails validation, like a missing field of a body
            raise ApiError(ErrorReason.VALUE, f"taskId must be given once, is given {len(ids)} times")
        task = query_task(self._tasks, ids[0], api=self.name, owner=owner, http=request, message=self.not_found)
        return JSONResponse(envelope(self.record(task, base_url(request))))

    async def link(self, request: Request) -> Response:
        """Return a temporary link to the video that has this URL."""
        owner = self._keys.plain_owner(request)
        body = await read_body(request)
        if problem := LINK.problem("", body):
            raise ApiError(ErrorReason.VALUE, problem)
        task = self._tasks.find(task_id_in(body["url"]) or "", api=self.name, owner=owner)
        if task is None or task.state is not State.SUCCEEDED:
            message = f"url must be that of a video of this key's, is {short(body['url'])}"
            raise ApiError(ErrorReason.VALUE, message)
        request_info(request.scope).task_id = task.id
        until = int(self._clock.now()) + LINK_SECONDS
        return JSONResponse(envelope(video_url(base_url(request), task, until=until)))

    async def credit(self, request: Request) -> Response:
        """Return the account's credits, less the price of each task that succeeded."""
        owner = self._keys.plain_owner(request)
        ended = self._tasks.newest(api=self.name, owner=owner, state=State.SUCCEEDED)
        return JSONResponse(envelope(max(0, CREDITS - sum(map(price, ended)))))

    def callback(self, task: Task) -> object:
        """Return what a query would return, once a task has ended (000, callback)."""
        return None if task.ended is None else envelope(self.record(task, task.request.base_url))

    def record(self, task: Task, base_url: str) -> dict[str, object]:
        """Return the data of a query's response (000, response parameters); times in milliseconds."""
        record: dict[str, object] = {
            "taskId": task.id,
            "model": task.request.model,
            "state": STATES[task.state],
            "param": task.request.body,
            "resultJson": None,
            "failCode": None,
            "failMsg": None,
            "costTime": None,
            "completeTime": None,
            "createTime": milliseconds(task.created),
        }
        return record | _result(task, base_url)

    def error(self, code: int | str, message: str) -> object:
        """Return an error in the envelope."""
        return {"code": code, "msg": message, "data": None}


def envelope(data: object) -> dict[str, object]:
    """Return the body of every response that is no error."""
    return {"code": 200, "msg": "success", "data": data}


def price(task: Task) -> int:
    """Return what a task costs, in credits."""
    video = task.request.video
    return PRICE * video.seconds * (2 if video.sound else 1)


def _task_request(body: dict[str, Any], owner: str, base_url: str) -> TaskRequest:
    content: dict[str, Any] = body["input"]
    return TaskRequest(
        api=Kie.name,
        owner=owner,
        model=body["model"],
        prompt=text_of(content.get("prompt")),
        video=sample_video(content),
        body=_json.write(body),
        base_url=base_url,
        callback_url=body.get("callBackUrl"),
    )


def _check(body: dict[str, Any], *, accept_models: bool) -> None:
    # The rules depend on the model, so it comes first.
    if "model" not in body:
        raise ApiError(ErrorReason.VALUE, "model is missing")
    if (problem := Choice(tuple(MODELS)).problem("model", body["model"])) is None:
        rule = MODELS[body["model"]].body
    elif accept_models:
        rule = UNKNOWN
    else:
        raise ApiError(ErrorReason.MODEL, problem)
    if problem := rule.problem("", body):
        raise ApiError(ErrorReason.VALUE, problem)


def _result(task: Task, base_url: str) -> dict[str, object]:
    """Return the fields that an end adds: on success a result and times, on failure a reason and no times."""
    if task.failure is not None:
        return {
            "failCode": task.failure.code or FAIL_CODE,
            "failMsg": task.failure.message or FAIL_MESSAGE,
        }
    if task.ended is None:
        return {}
    completed = milliseconds(task.ended)
    return {
        "resultJson": _json.write({"resultUrls": [video_url(base_url, task, first=True)]}),
        "costTime": completed - milliseconds(task.created),
        "completeTime": completed,
    }
