"""The official API, spoken by its own hosts and passed on by relays (field: official-envelope).

Enveloped, with codes of its own; lengths are strings; the prompt alone is required. Beside the two operations there
are a list of the key's tasks (field: official-list), and the account's resource packs (field: official-account).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from klingkit.emulator._field_rules import Choice, Fields, Flag, Number, Text, is_object
from klingkit.emulator.apis._auth import Keys
from klingkit.emulator.apis._errors import Code, Problem, Refused
from klingkit.emulator.apis._requests import ApiRoute, origin
from klingkit.emulator.apis.kling import _relay as relay
from klingkit.emulator.apis.kling._service import MODE, RATIO, Text2Video
from klingkit.emulator.tasks._media import media_url
from klingkit.emulator.tasks._sample_videos import Film
from klingkit.emulator.tasks._table import Order, State, Task, Tasks

AXES = ("horizontal", "vertical", "pan", "tilt", "roll", "zoom")
CONFIG = Fields({}, dict.fromkeys(AXES, Number(-10, 10)), open=True)
SIMPLE = Fields({"type": Text(), "config": CONFIG}, {}, open=True)
MOVE = Fields({"type": Choice(("simple", *relay.MOVES))}, {}, open=True)

# A wrong method is not told by HTTP's own status.
CODES = {**relay.CODES, Problem.METHOD: Code(404, 1202)}

TIMES = range(253_402_300_800_000)  # milliseconds
PAGES = range(1, 1001)
SIZES = range(1, 501)
SIZE = 30  # tasks on a page, unless it is told

PACK = 1000.0  # units in the account's resource pack
BOUGHT = 1_735_689_600_000  # when it was bought, in milliseconds: at the beginning of 2025
GOOD = 10 * 365 * 86_400_000  # milliseconds that it is good for


@dataclass(frozen=True)
class Camera:
    """A movement; only `simple` has a config, in which exactly one axis is not zero."""

    def fault(self, name: str, value: object) -> str | None:
        """No object, or the first fault among its fields."""
        if not is_object(value):
            return MOVE.fault(name, value)
        simple = value.get("type") == "simple"
        given = _told({field: _told(content) if is_object(content) else content for field, content in value.items()})
        if fault := (SIMPLE if simple else MOVE).fault(name, given):
            return fault
        return _one_axis(f"{name}.config", given["config"]) if simple else _no_config(f"{name}.config", given)


def _told(fields: Mapping[str, Any]) -> dict[str, Any]:
    """A field that is null counts as one that is not there."""
    return {name: value for name, value in fields.items() if value is not None}


def _one_axis(name: str, config: Mapping[str, Any]) -> str | None:
    moved = [axis for axis in AXES if config.get(axis)]
    return None if len(moved) == 1 else f"{name} must have one axis that is not zero, has {len(moved)}"


def _no_config(name: str, camera: Mapping[str, Any]) -> str | None:
    if camera.get("config", {}) == {}:
        return None
    return f"{name} goes with the type simple, not with {camera['type']}"


class Official(Text2Video):
    """Paths, limits, states and codes of the official API. A subclass says where it is served."""

    costs: ClassVar[str]
    """Where the account is asked about."""

    model = "kling-v1"
    models: Choice = Choice(
        (
            "kling-v1",
            "kling-v1-5",
            "kling-v1-6",
            "kling-v2-master",
            "kling-v2-1-master",
            "kling-v2-5-turbo",
            "kling-v2-6",
        )
    )
    body: Fields = Fields(
        required={"prompt": Text(2500)},
        optional={
            "model_name": Text(),
            "negative_prompt": Text(2500),
            "mode": MODE,
            "duration": Choice(("5", "10")),
            "aspect_ratio": Choice(("16:9", "9:16", "1:1")),
            "cfg_scale": Number(0, 1),
            "sound": Choice(("on", "off")),
            "camera_control": Camera(),
            "callback_url": Text(),
            "external_task_id": Text(),
            "watermark_info": Fields({}, {"enabled": Flag()}, open=True),
        },
        open=True,
    )
    states: Mapping[State, str] = relay.STATES
    codes: Mapping[Problem, Code] = CODES
    ready = ""

    def __init__(self, tasks: Tasks, keys: Keys, seed: int) -> None:
        super().__init__(tasks, keys, seed)
        self.routes: list[Route] = [
            *self.routes,
            ApiRoute(self.path, self.list, "GET"),
            ApiRoute(self.costs, self.account, "GET"),
        ]

    def draw_id(self, random: Random) -> str:
        """A task id of 18 digits."""
        return str(random.randrange(10**17, 10**18))

    def seconds(self, film: Film) -> str:
        """A string."""
        return str(film.seconds)

    def film(self, given: Mapping[str, Any]) -> Film:
        """With a tone, if sound is on."""
        return Film(given.get("aspect_ratio", RATIO), int(given.get("duration", "5")), given.get("sound") == "on")

    def data(self, task: Task) -> dict[str, object]:
        """With what the owner has told about the task, be it nothing."""
        name = task.order.name
        return super().data(task) | {"task_info": {"external_task_id": name} if name else {}}

    def record(self, task: Task, base_url: str) -> dict[str, object]:
        """With what it has cost, once it has succeeded."""
        record = super().record(task, base_url)
        return record | ({"final_unit_deduction": f"{units(task):g}"} if task.state is State.SUCCEEDED else {})

    def video(self, task: Task, base_url: str) -> dict[str, object]:
        """With the address of a copy that is marked, if one was asked for."""
        video = super().video(task, base_url)
        wanted = json.loads(task.order.request).get("watermark_info", {}).get("enabled")
        return video | ({"watermark_url": media_url(base_url, task, watermark=1)} if wanted else {})

    def answer(self, data: object) -> object:
        """The data in the envelope; its code for success is 0."""
        return self._envelope(0, "SUCCEED", data)

    def error(self, code: int | str, message: str) -> object:
        """The envelope without data."""
        return self._envelope(code, message, None)

    async def list(self, request: Request) -> Response:
        """A page of the key's tasks, the newest first."""
        owner = self._keys.owner(request)
        page, size = _number(request, "pageNum", PAGES, 1), _number(request, "pageSize", SIZES, SIZE)
        tasks = self._tasks.newest(page * size, service=self.name, owner=owner)[(page - 1) * size :]
        return JSONResponse(self.answer([self.record(task, origin(request)) for task in tasks]))

    async def account(self, request: Request) -> Response:
        """The account's resource packs, or those of a name: one, from which each film has taken its units."""
        owner = self._keys.owner(request)
        since, until = _number(request, "start_time"), _number(request, "end_time")
        if since > until:
            raise Refused(Problem.VALUE, f"start_time must not be after end_time, {until}, is {since}")
        ended = self._tasks.newest(service=self.name, owner=owner, state=State.SUCCEEDED)
        pack = _pack(max(0.0, PACK - sum(units(task) for task in ended)))
        name = request.query_params.get("resource_pack_name")
        packs = [pack] if name in {None, "", pack["resource_pack_name"]} else []
        return JSONResponse(self.answer({"code": 0, "msg": "", "resource_pack_subscribe_infos": packs}))

    def _order(self, given: dict[str, Any], owner: str, sent_to: str) -> Order:
        return super()._order(_told(given), owner, sent_to)

    def _envelope(self, code: int | str, message: str, data: object) -> dict[str, object]:
        return {"code": code, "message": message, "request_id": self.request_id(), "data": data}


class OfficialNative(Official):
    """At the official hosts."""

    name = "native"
    path = "/v1/videos/text2video"
    variable = "KLING"
    costs = "/account/costs"


class OfficialRelay(Official):
    """Passed on by a relay, under its own prefix."""

    name = "relay"
    path = "/kling/v1/videos/text2video"
    variable = "KLING_RELAY"
    costs = "/kling/account/costs"


def units(task: Task) -> float:
    """What a film costs: one unit for five seconds, 3.5 in high quality."""
    mode = json.loads(task.order.request).get("mode", "std")
    return task.order.film.seconds / 5 * (3.5 if mode == "pro" else 1.0)


def _pack(left: float) -> dict[str, object]:
    return {
        "resource_pack_name": "Emulated units",
        "resource_pack_id": "00000000000000000000000000000001",
        "resource_pack_type": "decreasing_total",
        "total_quantity": PACK,
        "remaining_quantity": left,
        "purchase_time": BOUGHT,
        "effective_time": BOUGHT,
        "invalid_time": BOUGHT + GOOD,
        "status": "online" if left else "runOut",
    }


def _number(request: Request, name: str, options: range = TIMES, default: int | None = None) -> int:
    """A whole number among the parameters of the path."""
    given = request.query_params.get(name)
    if given is None and default is not None:
        return default
    if given is None:
        raise Refused(Problem.VALUE, f"{name} is missing")
    if not (given.isascii() and given.isdecimal() and len(given) <= 18 and int(given) in options):
        raise Refused(Problem.VALUE, f"{name} must be a whole number from {options[0]} to {options[-1]}, is {given!r}")
    return int(given)
