"""What the client sends at the documented limits, and what it never should: recorded once a process."""

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
from klingkit_api.checks import Field, Model
from klingkit_api.errors import InvalidValue
from klingkit_api.kie import models as of_kie
from scripts.checks.edges import allows, right, suspects
from scripts.checks.golden_requests import FILLED_IN, documented
from scripts.checks.limits import short, takes

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
    host: str
    """What the adapter was told."""
    url: str
    headers: Mapping[str, str]
    body: Any = None

    @property
    def path(self) -> str:
        """What follows the host; the whole URL if it went elsewhere."""
        return self.url.removeprefix(self.host).partition("?")[0]

    @property
    def query(self) -> str:
        """What follows the path, as it was written."""
        return self.url.partition("?")[2]


def adapters(api: str) -> list[Adapter]:
    """Each API where its document has it, a relay under a path, as relays are; each way of writing requests."""
    if api == "kie":
        return [Kie(KEY, Kie.host)]
    if api == "native":
        hosts = ("https://api-singapore.klingai.com", "https://api-beijing.klingai.com")
        return [native.Native(KEY, host, wire=wire) for host, wire in zip(hosts, WIRES, strict=True)]
    return [relay.Relay(KEY, "https://studio.example/relay", wire=wire) for wire in WIRES]


WIRES: tuple[Any, ...] = ("document", "official")


@cache
def paid(api: str) -> tuple[Sent, ...]:
    """Every paid request at each limit of each field, by every adapter of an API."""
    return tuple(chain.from_iterable(_recorded(adapter, _submissions(adapter)) for adapter in adapters(api)))


@cache
def asked(api: str) -> tuple[Sent, ...]:
    """Queries after tasks, whatever their ids look like."""
    adapter = adapters(api)[-1]
    refs = [TaskRef(api, adapter.route, task_id) for task_id in IDS]
    return tuple(_recorded(adapter, [(f"task {ref.id}", partial(Client.get, ref=ref)) for ref in refs]))


@cache
def refused(api: str) -> tuple[tuple[str, Any], ...]:
    """Bodies that the documents refuse, and the field that each is refused for."""
    return tuple((f"{model.__name__}.{name}", body) for model, name, body in _refused(api))


@cache
def mistyped(api: str) -> tuple[str, ...]:
    """Where the types are not what the documents say: too narrow, too wide, or filled in otherwise."""
    try:
        paid(api)
    except InvalidValue as error:
        return (f"the types refuse what the documents allow: {error}",)
    wide = (
        f"{model.__name__} takes what the documents refuse, for the sake of {name}: {short(body)}"
        for model, name, body in _refused(api)
        if takes(model, body)
    )
    filled = (_misfilled(model) for model in BODIES[api])
    return (*wide, *(problem for problem in filled if problem))


def _refused(api: str) -> list[tuple[Any, str, Any]]:
    bodies = [(model, *suspect) for model in BODIES[api] for suspect in suspects(model, documented)]
    wrong = [it for it in bodies if not allows(Model(it[0]), it[2], documented)]
    return [it for it in wrong if not _wire_only(api, *it[1:])]


def _misfilled(model: Any) -> str | None:
    """What is sent without a word, if it is not what is documented."""
    rules = documented(model)
    needed = {path for name in rules.needed for path in _needed(rules.fields[name])}
    sent = {path: value for path, value in leaves(least(model)) if path not in {*needed, "model"}}
    if repr(sorted(sent.items())) != repr(sorted(FILLED_IN[model].items())):  # True is 1
        return f"{model.__name__} fills in {sent}, and its document {FILLED_IN[model]}"
    return None


def _needed(field: Field) -> list[str]:
    """The paths that a needed field needs itself."""
    if not isinstance(field.check, Model):
        return [field.name]
    return [field.name, *(f"{field.name}.{name}" for name in documented(field.check.model).needed)]


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every field of a body by its path, objects included."""
    if path:
        yield path, value
    for name, inner in value.items() if isinstance(value, dict) else ():
        yield from leaves(inner, f"{path}.{name}".removeprefix("."))


def _wire_only(api: str, name: str, body: Any) -> bool:
    """Whether only typed requests refuse this: native and relay are open, and official durations are strings."""
    return api != "kie" and (name.endswith("unknown") or (name == "duration" and body.get(name) in ("5", "10")))


def least(model: Any) -> dict[str, Any]:
    """The shortest body of its kind."""
    body: dict[str, Any] = next(right(model, documented)).to_dict()
    return body


def typed(api: str) -> Iterator[Request]:
    """Typed requests at each limit of each field, and with each official camera."""
    yield from chain.from_iterable(right(model, documented) for model in TYPED[api])
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
            yield _named(request), partial(Client.submit, request=request)
    options: list[dict[str, Any]] = [{"callback_url": url} for url in CALLBACKS]
    if adapter.name != "kie":
        options += [{"external_task_id": task_id} for task_id in EXTERNAL_IDS] + [{"extra": {"seed": 7}}]
    for model in TYPED[adapter.name]:
        it = next(right(model, documented))
        yield from ((f"{_named(it)} with {more}", partial(Client.submit, request=it, **more)) for more in options)


def _recorded(adapter: Adapter, calls: Iterable[tuple[str, Call]]) -> list[Sent]:
    """Make each call through a client whose exchanges all end in a no."""
    left: list[Sent] = []
    named = ""

    def note(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content else None
        left.append(Sent(named, request.method, adapter.base_url, str(request.url), dict(request.headers), body))
        return httpx.Response(401, json={"code": 401})

    with httpx.Client(transport=httpx.MockTransport(note)) as http, Client(adapter, http=http) as client:
        for named, call in calls:  # noqa: B007 - it is read when the call is noted
            with suppress(AuthenticationError):
                call(client)
    return left


def _named(request: Request) -> str:
    """Name a request and what is long in it by its length."""
    fields = (f"{name}={_abridged(value)}" for name, value in request.to_dict().items())
    return f"{type(request).__name__}({', '.join(fields)})"


def _abridged(value: object) -> str:
    return f"{value[0]!r} * {len(value)}" if isinstance(value, str) and len(value) > 80 else repr(value)
