"""What the client sends at the limits of its types, and what the types refuse: recorded once a process."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache, partial
from itertools import chain
from typing import Any, TypeAlias

import httpx
from attrs import frozen

from klingkit import AuthenticationError, Client, TaskRef, native, relay
from klingkit.kie import Kie
from klingkit_api.kie import models as of_kie
from scripts.contract.edges import right, wrong

Adapter: TypeAlias = Any
Request: TypeAlias = Any
Call: TypeAlias = Callable[[Client[Any]], object]

KEY = "key-of-nobody-0123456789"
CALLBACKS = (
    "https://studio.example/kling/done",
    "http://[2001:db8::1]:8080/a%20b?c=d&e=%E7%8C%AB",
    f"https://studio.example/{'long/' * 100}",
)
EXTERNAL_IDS = ("order-1042", "订单/1042?&#", "x" * 512)
IDS = ("task_kling_1700000000001", "900000000000000001", "a/b?c&d=e#f%20+ü猫", "x" * 512)
MOVES = ("simple", "down_back", "forward_up", "right_turn_forward", "left_turn_forward")
"""The official camera movements."""
AXES = {"horizontal": 0, "vertical": 0, "pan": 3, "tilt": 0, "roll": 0, "zoom": 0}

TYPED: Mapping[str, tuple[type, ...]] = {
    "kie": (of_kie.Kling26TextToVideo, of_kie.Kling21Pro, of_kie.Kling25TurboPro),
    "native": (native.Text2Video,),
    "relay": (relay.Text2Video,),
}
"""The typed requests of each API."""
BODIES: Mapping[str, tuple[type, ...]] = {
    **TYPED,
    "kie": (of_kie.CreateKling26TextToVideo, of_kie.CreateKling21Pro, of_kie.CreateKling25TurboPro),
}
"""The generated classes whose JSON is a body; documents 002 and 003, not 000, want a URI for callbacks."""


@frozen
class Sent:
    """A request as it left."""

    what: str
    """What was wished for, in a few words."""
    method: str
    url: str
    headers: Mapping[str, str]
    body: Any = None


def adapters(api: str) -> list[Adapter]:
    """Each API where its document has it, a relay under a path, as relays are; each way of writing requests."""
    if api == "kie":
        return [Kie(KEY, Kie.host)]
    if api == "native":
        return [native.Native(KEY, "https://api-singapore.klingai.com", wire=wire) for wire in WIRES]
    return [relay.Relay(KEY, "https://studio.example/relay", wire=wire) for wire in WIRES]


WIRES: tuple[Any, ...] = ("document", "official")


@cache
def paid(api: str) -> tuple[Sent, ...]:
    """Every paid request at each limit of each field, by every adapter of an API."""
    return tuple(chain.from_iterable(_recorded(adapter, _submissions(adapter)) for adapter in adapters(api)))


@cache
def asked(api: str) -> tuple[Sent, ...]:
    """Queries after tasks, whatever their ids look like."""
    adapter = adapters(api)[0]
    refs = [TaskRef(api, adapter.route, task_id) for task_id in IDS]
    return tuple(_recorded(adapter, [(f"task {ref.id}", partial(Client.get, ref=ref)) for ref in refs]))


@cache
def refused(api: str) -> tuple[tuple[str, Any], ...]:
    """Bodies that the types refuse, and the field that each is refused for."""
    bodies = [(model, name, body) for model in BODIES[api] for name, body in wrong(model)]
    if api == "kie":
        bodies += [(model, "callBackUrl", {**_least(model), "callBackUrl": "no URI"}) for model in BODIES[api][1:]]
    return tuple((f"{model.__name__}.{name}", body) for model, name, body in bodies if not _wire_only(api, name, body))


def _wire_only(api: str, name: str, body: Any) -> bool:
    """Whether only typed requests refuse this: native and relay are open, and official durations are strings."""
    return api != "kie" and (name.endswith("unknown") or (name == "duration" and body.get(name) in ("5", "10")))


def _least(model: Any) -> dict[str, Any]:
    least: dict[str, Any] = next(right(model)).to_dict()
    return least


def typed(api: str) -> Iterator[Request]:
    """Typed requests at each limit of each field, and with each official camera."""
    yield from chain.from_iterable(map(right, TYPED[api]))
    if api == "native":
        for move in MOVES:
            camera = native.Camera(type=move)
            yield native.Text2Video(model_name="kling-v1-6", mode="std", prompt="a", camera_control=camera)
    if api == "relay":
        for move in MOVES:
            still = relay.Camera(type=move, config=relay.CameraConfig(**AXES))
            yield relay.Text2Video(model_name="kling-v1", prompt="a", camera_control=still)


def speaks(adapter: Adapter, request: Request) -> bool:
    """Whether an adapter has words for a request: the official wire knows no cameras but the official ones."""
    camera = getattr(request, "camera_control", None)
    moves = not camera or not camera.to_dict() or camera.type in MOVES
    return moves or getattr(adapter, "wire", "document") == "document"


def _submissions(adapter: Adapter) -> Iterator[tuple[str, Call]]:
    """Each typed request; then the least of them with whatever else a submission takes."""
    for request in typed(adapter.name):
        if speaks(adapter, request):
            yield _short(request), partial(Client.submit, request=request)
    options: list[dict[str, Any]] = [{"callback_url": url} for url in CALLBACKS]
    if adapter.name != "kie":
        options += [{"external_task_id": task_id} for task_id in EXTERNAL_IDS] + [{"extra": {"seed": 7}}]
    for model in TYPED[adapter.name]:
        least = next(right(model))
        yield from ((f"{_short(least)} with {more}", partial(Client.submit, request=least, **more)) for more in options)


def _recorded(adapter: Adapter, calls: Iterable[tuple[str, Call]]) -> list[Sent]:
    """Make each call through a client whose exchanges all end in a no."""
    left: list[Sent] = []
    with Client(adapter, http=httpx.Client(transport=httpx.MockTransport(lambda request: _noted(request, left)))) as it:
        for what, call in calls:
            with suppress(AuthenticationError):
                call(it)
            last = left.pop()
            left.append(Sent(what, last.method, last.url, last.headers, last.body))
    return left


def _noted(request: httpx.Request, left: list[Sent]) -> httpx.Response:
    body = json.loads(request.content) if request.content else None
    left.append(Sent("", request.method, str(request.url), dict(request.headers), body))
    return httpx.Response(401, json={"code": 401})


def _short(request: Request) -> str:
    """Name a request and what is long in it by its length."""
    fields = (f"{name}={_abridged(value)}" for name, value in request.to_dict().items())
    return f"{type(request).__name__}({', '.join(fields)})"


def _abridged(value: object) -> str:
    return f"{value[0]!r} * {len(value)}" if isinstance(value, str) and len(value) > 80 else repr(value)
