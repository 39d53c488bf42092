"""The official API, at its own hosts and passed on by relays (observed.md: official-envelope).

Responses in an envelope, with codes of their own; lengths are strings; only the prompt is required. Beside the two
operations there are a list of the key's tasks (observed.md: official-list), and the account's resource packs
(observed.md: official-account).

What a request may hold is in no document: models, modes, prompts, durations, ratios, scale, sound and cameras
(observed.md: official-request, official-models, official-mode, official-prompt, official-duration,
official-aspect-ratio, official-cfg-scale, official-sound, official-camera-moves, official-camera-simple,
official-camera-axes).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from klingkit.emulator._field_rules import Choice, Fields, Flag, Number, Text, is_object
from klingkit.emulator.apis._backend import Backend
from klingkit.emulator.apis._errors import ApiError, ErrorCode, ErrorReason
from klingkit.emulator.apis._requests import ApiRoute, base_url
from klingkit.emulator.apis.kling import _relay
from klingkit.emulator.apis.kling._relay import MOVES, Relay
from klingkit.emulator.apis.kling._service import DURATION, MODE, RATIO
from klingkit.emulator.profiles import _native
from klingkit.emulator.tasks._media import video_url
from klingkit.emulator.tasks._sample_videos import SampleVideo
from klingkit.emulator.tasks._task import State, Task, TaskRequest

AXES = ("horizontal", "vertical", "pan", "tilt", "roll", "zoom")
CONFIG = Fields({}, dict.fromkeys(AXES, Number(-10, 10)), allow_unknown=True)
SIMPLE = Fields({"type": Text(), "config": CONFIG}, {}, allow_unknown=True)
MOVE = Fields({"type": Choice(("simple", *MOVES))}, {}, allow_unknown=True)

# A wrong method does not have HTTP's own status.
CODES = {**_relay.CODES, ErrorReason.METHOD: ErrorCode(404, 1202)}

TIMES = range(253_402_300_800_000)  # milliseconds
PAGES = range(1, 1001)
PAGE_SIZES = range(1, 501)
PAGE_SIZE = 30  # tasks by default

PACK = 1000.0  # units in the account's resource pack
BOUGHT = 1_735_689_600_000  # when it was bought, in milliseconds: at the beginning of 2025
VALID = 10 * 365 * 86_400_000  # milliseconds that it is valid for


# What goes together (observed.md: official-camera-models), and what does not (observed.md: official-sound-mode).
CAMERAS = (("kling-v1", "std", "5"), ("kling-v1-5", "pro", "5"))
CAMERAS_KNOWN = " or ".join(map("/".join, CAMERAS))
SILENT = (("kling-v2-6", "std"),)


@dataclass(frozen=True)
class Camera:
    """A camera movement; only `simple` has a config, in which exactly one axis is not zero."""

    def problem(self, name: str, value: object) -> str | None:
        """Return the first problem of the fields that the type needs."""
        if not is_object(value):
            return MOVE.problem(name, value)
        simple = value.get("type") == "simple"
        camera = _without_nulls(
            {field: _without_nulls(content) if is_object(content) else content for field, content in value.items()}
        )
        if problem := (SIMPLE if simple else MOVE).problem(name, camera):
            return problem
        return _one_axis(f"{name}.config", camera["config"]) if simple else _no_config(f"{name}.config", camera)


def _without_nulls(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Drop the fields that are null, which count as absent."""
    return {name: value for name, value in fields.items() if value is not None}


def _one_axis(name: str, config: Mapping[str, Any]) -> str | None:
    moved = [axis for axis in AXES if config.get(axis)]
    return None if len(moved) == 1 else f"{name} must have one axis that is not zero, has {len(moved)}"


def _no_config(name: str, camera: Mapping[str, Any]) -> str | None:
    if camera.get("config", {}) == {}:
        return None
    return f"{name} goes with the type simple, not with {camera['type']}"


class Official(Relay):
    """Limits and codes of the official API, of which 004 has the envelope. A subclass defines where it is served."""

    costs_path: ClassVar[str]
    has_spec = False

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
            "watermark_info": Fields({}, {"enabled": Flag()}, allow_unknown=True),
        },
        allow_unknown=True,
    )
    codes: Mapping[ErrorReason, ErrorCode] = CODES

    def __init__(self, backend: Backend) -> None:
        super().__init__(backend)
        self.routes: list[Route] = [
            *self.routes,
            ApiRoute(self.path, self.list, "GET"),
            ApiRoute(self.costs_path, self.account, "GET"),
        ]

    def sample_video(self, fields: Mapping[str, Any]) -> SampleVideo:
        """Return the video that fits these fields, with a tone if sound is on."""
        ratio, seconds = fields.get("aspect_ratio", RATIO), fields.get("duration", DURATION)
        return SampleVideo.nearest(ratio, seconds, sound=fields.get("sound") == "on")

    def conflict(self, fields: Mapping[str, Any]) -> str | None:
        """Return which option does not go with the model in this mode and for this duration."""
        model, mode = fields.get("model_name", self.model), fields.get("mode", "std")
        duration = str(fields.get("duration", DURATION))
        if model not in self.models.options:
            return None
        if "camera_control" in fields and (model, mode, duration) not in CAMERAS:
            return f"camera_control goes with model/mode/duration {CAMERAS_KNOWN}, not with {model}/{mode}/{duration}"
        if fields.get("sound") == "on" and (model, mode) in SILENT:
            return f"sound does not go with model/mode {model}/{mode}, which is silent"
        return None

    def record(self, task: Task, base_url: str) -> dict[str, object]:
        """Add what it has cost, once it has succeeded."""
        record = super().record(task, base_url)
        return record | ({"final_unit_deduction": f"{units(task):g}"} if task.state is State.SUCCEEDED else {})

    def video(self, task: Task, base_url: str) -> dict[str, object]:
        """Add the URL of a copy with a watermark, if it was requested."""
        video = super().video(task, base_url)
        mark = json.loads(task.request.body).get("watermark_info")
        enabled = is_object(mark) and mark.get("enabled") is True
        return video | ({"watermark_url": video_url(base_url, task, watermark=1)} if enabled else {})

    async def list(self, request: Request) -> Response:
        """Return a page of the key's tasks, the newest first."""
        owner = self._keys.owner(request)
        page, size = _number(request, "pageNum", PAGES, 1), _number(request, "pageSize", PAGE_SIZES, PAGE_SIZE)
        tasks = self._tasks.newest(page * size, api=self.name, owner=owner)[(page - 1) * size :]
        return JSONResponse(self.success([self.record(task, base_url(request)) for task in tasks]))

    async def account(self, request: Request) -> Response:
        """Return the account's resource packs, or those of a name: one, less the units of the tasks that succeeded."""
        owner = self._keys.owner(request)
        since, until = _number(request, "start_time"), _number(request, "end_time")
        if since > until:
            raise ApiError(ErrorReason.VALUE, f"start_time must not be after end_time, {until}, is {since}")
        ended = self._tasks.newest(api=self.name, owner=owner, state=State.SUCCEEDED)
        pack = _pack(max(0.0, PACK - sum(units(task) for task in ended)))
        name = request.query_params.get("resource_pack_name")
        packs = [pack] if name in {None, "", pack["resource_pack_name"]} else []
        return JSONResponse(self.success({"code": 0, "msg": "", "resource_pack_subscribe_infos": packs}))

    def _task_request(self, fields: dict[str, Any], owner: str, base_url: str) -> TaskRequest:
        return super()._task_request(_without_nulls(fields), owner, base_url)


class OfficialNative(Official):
    """The official API at the official hosts."""

    name = "native"
    path = _native.PATH
    costs_path = "/account/costs"


class OfficialRelay(Official):
    """The official API, passed on by a relay under its own prefix."""

    costs_path = "/kling/account/costs"


def units(task: Task) -> float:
    """Return what a task costs: one unit for five seconds, 3.5 in high quality."""
    mode = json.loads(task.request.body).get("mode", "std")
    return task.request.video.seconds / 5 * (3.5 if mode == "pro" else 1.0)


def _pack(left: float) -> dict[str, object]:
    return {
        "resource_pack_name": "Emulated units",
        "resource_pack_id": "00000000000000000000000000000001",
        "resource_pack_type": "decreasing_total",
        "total_quantity": PACK,
        "remaining_quantity": left,
        "purchase_time": BOUGHT,
        "effective_time": BOUGHT,
        "invalid_time": BOUGHT + VALID,
        "status": "online" if left else "runOut",
    }


def _number(request: Request, name: str, options: range = TIMES, default: int | None = None) -> int:
    """Read a whole number in the query."""
    text = request.query_params.get(name)
    if text is None and default is not None:
        return default
    if text is None:
        raise ApiError(ErrorReason.VALUE, f"{name} is missing")
    if not (text.isascii() and text.isdecimal() and len(text) <= 18 and int(text) in options):
        message = f"{name} must be a whole number from {options[0]} to {options[-1]}, is {text!r}"
        raise ApiError(ErrorReason.VALUE, message)
    return int(text)
