"""The paths of kie.ai's job API, and what it answers."""

from collections.abc import Collection
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from klingkit.emulator import _json
from klingkit.emulator._films import Film
from klingkit.emulator._http import bearer, origin, read_body
from klingkit.emulator._media import media_url
from klingkit.emulator._rules import Choice
from klingkit.emulator._tasks import Order, State, Task, Tasks
from klingkit.emulator.kie._limits import DURATION, MODELS, RATIO

WORDS = {State.PENDING: "waiting", State.SUCCEEDED: "success", State.FAILED: "fail"}

# What a task that failed says unless it was told otherwise: 501 is the documents' code for it.
FAIL_CODE = "501"
FAIL_MESSAGE = "The generation failed."


class Kie:
    """createTask and recordInfo (source: document 000; 002 and 003 ask in the same way)."""

    name = "kie"
    prefix = "/api/"  # paths below are this API's, also those that it does not have
    variable = "KIE"  # what the environment variables of its clients begin with

    def __init__(self, tasks: Tasks, keys: Collection[str] | None) -> None:
        self._tasks = tasks
        self._keys = keys
        self.routes = [
            Route("/api/v1/jobs/createTask", self.create, methods=["POST"]),
            Route("/api/v1/jobs/recordInfo", self.query, methods=["GET"]),
        ]

    async def create(self, request: Request) -> Response:
        """Take an order: 400 for a body that can't be read, 422 for one that asks amiss."""
        owner = bearer(request, self._keys)
        body = await read_body(request)
        order = _order(body, owner, origin(request))
        task = self._tasks.create(order, MODELS[order.model].draw_id)
        return JSONResponse(_envelope({"taskId": task.id}))

    async def query(self, request: Request) -> Response:
        """Say how far a task is: 404 for one that this key does not have."""
        owner = bearer(request, self._keys)
        asked = request.query_params.getlist("taskId")
        if len(asked) != 1:  # a parameter that fails validation, like a missing field of a body
            raise HTTPException(422, f"taskId must be given once, is given {len(asked)} times")
        task = self._tasks.query(asked[0], service=self.name, owner=owner)
        if task is None:
            raise HTTPException(404, "there is no such task")
        return JSONResponse(_envelope(_record(task, origin(request))))

    def callback(self, task: Task) -> object:
        """What is POSTed once a task has ended: the answer to a query of it (000, callback)."""
        return _envelope(_record(task, task.order.origin))

    def refusal(self, error: HTTPException) -> Response:
        """An error in the envelope; its code is the HTTP status too (000, error codes)."""
        answer = {"code": error.status_code, "msg": error.detail, "data": None}
        return JSONResponse(answer, error.status_code, headers=error.headers)


def _envelope(data: object) -> dict[str, object]:
    return {"code": 200, "msg": "success", "data": data}


def _order(body: dict[str, Any], owner: str, sent_to: str) -> Order:
    if fault := _fault(body):
        raise HTTPException(422, fault)
    given: dict[str, Any] = body["input"]
    return Order(
        service=Kie.name,
        owner=owner,
        model=body["model"],
        prompt=given["prompt"],
        film=_film(given),
        request=_json.write(body),
        origin=sent_to,
        callback_url=body.get("callBackUrl"),
    )


def _fault(body: dict[str, Any]) -> str | None:
    # The rules depend on the model, so it comes first.
    if "model" not in body:
        return "model is missing"
    if fault := Choice(tuple(MODELS)).fault(body["model"]):
        return f"model {fault}"
    return MODELS[body["model"]].body.fault(body)


def _film(given: dict[str, Any]) -> Film:
    return Film(
        ratio=given.get("aspect_ratio", RATIO),
        seconds=int(given.get("duration", DURATION)),
        sound=given.get("sound", False),
    )


def _record(task: Task, base_url: str) -> dict[str, object]:
    """The data of a query's answer (000, response parameters); times in milliseconds."""
    record: dict[str, object] = {
        "taskId": task.id,
        "model": task.order.model,
        "state": WORDS[task.state],
        "param": task.order.request,
        "resultJson": None,
        "failCode": None,
        "failMsg": None,
        "costTime": None,
        "completeTime": None,
        "createTime": _milliseconds(task.created),
    }
    return record | _outcome(task, base_url)


def _outcome(task: Task, base_url: str) -> dict[str, object]:
    """What an end adds: on success a result and times, on failure a reason and no times."""
    if task.failure is not None:
        return {
            "failCode": task.failure.code or FAIL_CODE,
            "failMsg": task.failure.message or FAIL_MESSAGE,
        }
    if task.ended is None:
        return {}
    completed = _milliseconds(task.ended)
    return {
        "resultJson": _json.write({"resultUrls": [media_url(base_url, task)]}),
        "costTime": completed - _milliseconds(task.created),
        "completeTime": completed,
    }


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
