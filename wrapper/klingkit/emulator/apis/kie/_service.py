"""The paths of kie.ai's job API, and what it answers."""

from collections.abc import Mapping
from reprlib import repr as short
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from klingkit.emulator import _json
from klingkit.emulator._field_rules import Choice, Fields, Text
from klingkit.emulator.apis._auth import Keys
from klingkit.emulator.apis._create import place
from klingkit.emulator.apis._errors import HTTP, Code, Problem, Refused
from klingkit.emulator.apis._requests import ApiRoute, origin, read_body
from klingkit.emulator.apis.kie._limits import DURATION, MODELS, RATIO
from klingkit.emulator.tasks._clock import Clock, milliseconds
from klingkit.emulator.tasks._media import filmed, media_url
from klingkit.emulator.tasks._sample_videos import Film
from klingkit.emulator.tasks._table import Order, State, Task, Tasks, note

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

LINK = Fields({"url": Text()}, {}, open=True)
GOOD = 20 * 60  # seconds that a link is good for

CREDITS = 100_000  # in an account at first; like the price, the emulator's own idea
PRICE = 10  # credits for a second of film; with sound, twice


class Kie:
    """createTask and recordInfo (source: document 000; 002 and 003 ask in the same way).

    Beside them: download-url, for the record of a task never changes its URLs (field: kie-download-url), and the
    credits (field: kie-credit).
    """

    name = "kie"
    variable = "KIE"  # what the environment variables of its clients begin with
    status: int | None = None  # of all refusals: each code has its own
    codes: Mapping[Problem, Code] = CODES
    unknown = "there is no such task"

    def __init__(self, tasks: Tasks, keys: Keys, clock: Clock) -> None:
        self._tasks = tasks
        self._keys = keys
        self._clock = clock
        self.routes: list[Route] = [
            ApiRoute("/api/v1/jobs/createTask", self.create, "POST"),
            ApiRoute("/api/v1/jobs/recordInfo", self.query, "GET"),
            ApiRoute("/api/v1/common/download-url", self.link, "POST"),
            ApiRoute("/api/v1/chat/credit", self.credit, "GET"),
        ]

    async def create(self, request: Request) -> Response:
        """Take an order: 400 for a body that can't be read, 422 for one that asks amiss."""
        owner = self._keys.plain_owner(request)
        body = await read_body(request)
        order = _order(body, owner, origin(request))
        task = place(self._tasks, order, MODELS[order.model].draw_id)
        return JSONResponse(envelope({"taskId": task.id}))

    async def query(self, request: Request) -> Response:
        """Say how far a task is, unless this key does not have it."""
        owner = self._keys.plain_owner(request)
        asked = request.query_params.getlist("taskId")
        if len(asked) != 1:  # a parameter that fails validation, like a missing field of a body
            raise Refused(Problem.VALUE, f"taskId must be given once, is given {len(asked)} times")
        task = self._tasks.query(asked[0], service=self.name, owner=owner)
        if task is None:
            raise Refused(Problem.TASK, self.unknown)
        return JSONResponse(envelope(self.record(task, origin(request))))

    async def link(self, request: Request) -> Response:
        """Give a link to a film of this key's in place of an address."""
        owner = self._keys.plain_owner(request)
        body = await read_body(request)
        if fault := LINK.fault("", body):
            raise Refused(Problem.VALUE, fault)
        task = self._tasks.find(filmed(body["url"]) or "", service=self.name, owner=owner)
        if task is None or task.state is not State.SUCCEEDED:
            raise Refused(Problem.VALUE, f"url must be that of a film of this key's, is {short(body['url'])}")
        note(task)
        until = int(self._clock.now()) + GOOD
        return JSONResponse(envelope(media_url(origin(request), task, until=until)))

    async def credit(self, request: Request) -> Response:
        """Say what is left in the account: each film that succeeded has taken its price."""
        owner = self._keys.plain_owner(request)
        ended = self._tasks.newest(service=self.name, owner=owner, state=State.SUCCEEDED)
        return JSONResponse(envelope(max(0, CREDITS - sum(map(price, ended)))))

    def callback(self, task: Task) -> object:
        """What is POSTed once a task has ended: the answer to a query of it (000, callback)."""
        return None if task.ended is None else envelope(self.record(task, task.order.origin))

    def record(self, task: Task, base_url: str) -> dict[str, object]:
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

    def error(self, code: int | str, message: str) -> object:
        """A refusal in the envelope."""
        return {"code": code, "msg": message, "data": None}


def envelope(data: object) -> dict[str, object]:
    """What is around the data of every answer that is no refusal."""
    return {"code": 200, "msg": "success", "data": data}


def price(task: Task) -> int:
    """What its film costs, in credits."""
    film = task.order.film
    return PRICE * film.seconds * (2 if film.sound else 1)


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
        "resultJson": _json.write({"resultUrls": [media_url(base_url, task, lasting=True)]}),
        "costTime": completed - milliseconds(task.created),
        "completeTime": completed,
    }
