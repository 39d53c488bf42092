"""The paths of kie.ai's job API, and what it answers."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from klingkit.emulator import _json
from klingkit.emulator._clock import milliseconds
from klingkit.emulator._films import Film
from klingkit.emulator._http import api_route, origin, read_body
from klingkit.emulator._keys import Keys
from klingkit.emulator._media import media_url
from klingkit.emulator._placing import place
from klingkit.emulator._refusals import HTTP, Code, Problem, Refused
from klingkit.emulator._rules import Choice
from klingkit.emulator._tasks import Order, State, Task, Tasks
from klingkit.emulator.kie._limits import DURATION, MODELS, RATIO

# No word for a task that is under way (000, states).
WORDS = {
    State.ACCEPTED: "waiting",
    State.RUNNING: "waiting",
    State.SUCCEEDED: "success",
    State.FAILED: "fail",
}

# The code in the body is the HTTP status too (000, error codes).
CODES = HTTP | {Problem.VALUE: Code(422, 422), Problem.MODEL: Code(422, 422)}

# What a task that failed says unless it was told otherwise: 501 is the documents' code for it.
FAIL_CODE = "501"
FAIL_MESSAGE = "The generation failed."


class Kie:
    """createTask and recordInfo (source: document 000; 002 and 003 ask in the same way)."""

    name = "kie"
    variable = "KIE"  # what the environment variables of its clients begin with
    codes = CODES

    def __init__(self, tasks: Tasks, keys: Keys) -> None:
        self._tasks = tasks
        self._keys = keys
        self.routes: list[Route] = [
            api_route("/api/v1/jobs/createTask", self.create, "POST"),
            api_route("/api/v1/jobs/recordInfo", self.query, "GET"),
        ]

    async def create(self, request: Request) -> Response:
        """Take an order: 400 for a body that can't be read, 422 for one that asks amiss."""
        owner = self._keys.plain_owner(request)
        body = await read_body(request)
        order = _order(body, owner, origin(request))
        task = place(self._tasks, order, MODELS[order.model].draw_id)
        return JSONResponse(_envelope({"taskId": task.id}))

    async def query(self, request: Request) -> Response:
        """Say how far a task is: 404 for one that this key does not have."""
        owner = self._keys.plain_owner(request)
        asked = request.query_params.getlist("taskId")
        if len(asked) != 1:  # a parameter that fails validation, like a missing field of a body
            raise Refused(Problem.VALUE, f"taskId must be given once, is given {len(asked)} times")
        task = self._tasks.query(asked[0], service=self.name, owner=owner)
        if task is None:
            raise Refused(Problem.TASK, "there is no such task")
        return JSONResponse(_envelope(_record(task, origin(request))))

    def callback(self, task: Task) -> object:
        """What is POSTed once a task has ended: the answer to a query of it (000, callback)."""
        return None if task.ended is None else _envelope(_record(task, task.order.origin))

    def error(self, code: int | str, message: str) -> object:
        """A refusal in the envelope."""
        return {"code": code, "msg": message, "data": None}


def _envelope(data: object) -> dict[str, object]:
    return {"code": 200, "msg": "success", "data": data}


def _order(body: dict[str, Any], owner: str, sent_to: str) -> Order:
    _check(body)
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


def _check(body: dict[str, Any]) -> None:
    # The rules depend on the model, so it comes first.
    if "model" not in body:
        raise Refused(Problem.VALUE, "model is missing")
    if fault := Choice(tuple(MODELS)).fault("model", body["model"]):
        raise Refused(Problem.MODEL, fault)
    if fault := MODELS[body["model"]].body.fault("", body):
        raise Refused(Problem.VALUE, fault)


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
        "createTime": milliseconds(task.created),
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
    completed = milliseconds(task.ended)
    return {
        "resultJson": _json.write({"resultUrls": [media_url(base_url, task)]}),
        "costTime": completed - milliseconds(task.created),
        "completeTime": completed,
    }
