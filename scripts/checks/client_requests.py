"""The client's requests at the documented limits, and bodies that it must never send; recorded once a process."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from itertools import chain
from operator import methodcaller
from typing import Any, TypeAlias, cast

import attrs
import httpx
from attrs import frozen

from klingkit import AuthenticationError, Client, TaskRef
from klingkit._base import Api
from klingkit.providers._registry import ADAPTERS
from scripts.checks.boundaries import ORDINARY, UNKNOWN, URI, objects, ordinary
from scripts.checks.endpoints import ENDPOINTS
from scripts.checks.generated_classes import accepts, argument_names, models, short
from scripts.checks.oracle import DocumentedRequest, defaults, documented
from scripts.specs.spec import Node, is_list, is_object, validator

Adapter: TypeAlias = Any
Request: TypeAlias = Any
Call: TypeAlias = Callable[[Client[Any]], object]

Verdict: TypeAlias = tuple[str, Any, bool]
"""The field concerned, a value, and whether it is allowed."""

KEY = "key-of-nobody-0123456789"
CALLBACKS = (
    "https://studio.example/kling/done",
    "http://[2001:db8::1]:8080/a%20b?c=d&e=%E7%8C%AB",
    f"https://studio.example/{'long/' * 100}",
)
EXTERNAL_IDS = ("order-1042", "订单/1042?&#", "x" * 512)
WEB_ADDRESS = re.compile(r"https?://(?:[a-z.]+|\[[0-9a-f:]+\])(?::[0-9]+)?(?:/.*)?", re.DOTALL)
"""Addresses that a service can fetch, of those that the checks draw."""
IDS = ("task_kling_1700000000001", "900000000000000001", "a/b?c&d=e#f%20+ü猫", "x" * 512)
MOVES = ("simple", "down_back", "forward_up", "right_turn_forward", "left_turn_forward")
"""The official camera movements, observed at the official hosts."""
OFFICIAL_DURATIONS = ("5", "10")
"""How the official hosts write what documents write as numbers, observed there."""


@frozen
class RequestClass:
    """A documented request and the generated classes that stand for it."""

    documented: DocumentedRequest
    typed: Any
    """Of what is about the video."""
    body: Any
    """Whose JSON is the body; the same as `typed` where nothing is wrapped."""

    @property
    def least(self) -> Request:
        """The typed request with its required fields alone."""
        fields: dict[str, Any] = ordinary({}, self.documented.typed)
        return self.typed.from_dict({name: URI if name.endswith("url") else it for name, it in fields.items()})


@frozen
class ClientRequest:
    """A request as the client sent it."""

    what: str
    """The call that sent it, in a few words."""
    method: str
    host: str
    """The base URL that the adapter was given."""
    url: str
    headers: Mapping[str, str]
    body: Any = None

    @property
    def path(self) -> str:
        """The path of the URL; the whole URL if the host is another one."""
        return self.url.removeprefix(self.host).partition("?")[0]

    @property
    def query(self) -> str:
        """The query of the URL, as it was written."""
        return self.url.partition("?")[2]


@cache
def request_classes(api: str) -> tuple[RequestClass, ...]:
    """Pair each documented request of an API with its classes: `X` is about the video, `CreateX` is for the wire."""
    generated = models(api)
    pairs = [(model, generated[f"Create{name}"]) for name, model in generated.items() if f"Create{name}" in generated]
    return tuple(
        RequestClass(it, typed, wire if it.is_wrapped else typed)
        for it in documented(api)
        for typed, wire in pairs
        if accepts(wire, ordinary({}, it.body))
    )


def adapters(api: str) -> list[Adapter]:
    """Yield an adapter for each address of an API, and for each way of writing requests; relays under a path."""
    make: Any = ADAPTERS[cast("Api", api)]
    return [make(KEY, host, **options) for host, options in ENDPOINTS[api].clients]


@cache
def paid(api: str) -> tuple[ClientRequest, ...]:
    """Record every paid request at each limit of each field, by every adapter of an API."""
    return tuple(chain.from_iterable(_recorded(adapter, _submissions(adapter)) for adapter in adapters(api)))


@cache
def queries(api: str) -> tuple[ClientRequest, ...]:
    """Record queries of tasks with ids of every form."""
    adapter = adapters(api)[-1]
    refs = [TaskRef(api, adapter.route, task_id) for task_id in IDS]
    return tuple(_recorded(adapter, [(f"task {ref.id}", methodcaller("get", ref)) for ref in refs]))


@cache
def rejected(api: str) -> tuple[tuple[str, Any], ...]:
    """Return bodies that no document of an API allows, each with the name of its wrong field."""
    judges = [validator({}, it.body) for it in documented(api)]
    return tuple(
        (f"{it.document}: {path}", body)
        for it in documented(api)
        for path, body in candidates(it.body)
        if not any(judge.is_valid(body) for judge in judges) and not _is_official(path, body)
    )


@cache
def typed_verdicts(api: str, document: str) -> tuple[Verdict, ...]:
    """Return verdicts on typed requests at the limits of a document."""
    (it,) = (it for it in documented(api) if it.document == document)
    return tuple(verdicts(it.typed))


def verdicts(schema: Node) -> Iterator[Verdict]:
    """Judge each value at the limits of a documented object."""
    judge = validator({}, schema)
    return ((path, value, judge.is_valid(value)) for path, value in candidates(schema))


@cache
def class_problems(api: str) -> tuple[str, ...]:
    """Return where a generated class differs from the documents: too narrow, too wide, or other defaults."""
    found = request_classes(api)
    lacking = [it.document for it in documented(api) if it not in [pair.documented for pair in found]]
    return (
        *(f"{document}: no generated class takes what it documents" for document in lacking),
        *(problem for it in found for problem in _misjudged(it.typed, it.documented.typed)),
        *(problem for it in found if it.documented.is_wrapped for problem in _misjudged(it.body, it.documented.body)),
        *(problem for it in found for problem in _misfilled(it)),
    )


def _misjudged(model: Any, schema: Node) -> Iterator[str]:
    judge = validator({}, schema)
    for path, value in candidates(schema):
        allowed = judge.is_valid(value)
        if accepts(model, value) != allowed:
            verb = "refuses what the documents allow" if allowed else "takes what the documents refuse"
            yield f"{model.__name__} {verb}, for the sake of {path or 'the whole'}: {short(value)}"


def candidates(schema: Node) -> Iterator[tuple[str, Any]]:
    """Yield values of a field; in inner objects, unknown fields are left out where the schema allows them."""
    judge = validator({}, schema)
    return (it for it in objects({}, schema) if not (it[0].endswith(f".{UNKNOWN}") and judge.is_valid(it[1])))


def _is_official(path: str, body: Any) -> bool:
    return path == "duration" and body.get("duration") in OFFICIAL_DURATIONS


def _misfilled(it: RequestClass) -> Iterator[str]:
    """Yield the defaults that a class sends, if they are not the documented ones."""
    schema = it.documented.typed
    stated = defaults(schema)
    given = {name: value for name, value in ordinary({}, schema).items() if name not in stated}
    sent = it.typed(**argument_names(it.typed, given)).to_dict()
    filled = {name: value for name, value in sent.items() if name not in given}
    if repr(sorted(filled.items())) != repr(sorted(stated.items())):  # True is 1
        yield f"{it.typed.__name__} fills in {filled}, and its document {stated}"


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every field of a body by its path, objects and the items of lists included."""
    if path:
        yield path, value
    for name, inner in value.items() if is_object(value) else ():
        yield from leaves(inner, f"{path}.{name}".removeprefix("."))
    for inner in value if is_list(value) else ():
        yield from leaves(inner, f"{path}[]")


def typed_requests(api: str) -> Iterator[Request]:
    """Yield typed requests at each limit of each field, and with each official camera; each of them once."""
    for it in request_classes(api):
        schema = it.documented.typed
        allowed = validator({}, schema).is_valid
        distinct = {repr(value): value for _, value in candidates(schema) if allowed(value)}
        yield from (it.typed.from_dict(_addressed(value)) for value in distinct.values())
        least = ordinary({}, schema)
        for name, config in _cameras(schema):
            yield from (it.typed.from_dict({**least, name: {"type": move, "config": config}}) for move in MOVES)


def _addressed(request: Node) -> Node:
    """Return a request whose ordinary texts are addresses where they must be: documents give most of them no format."""
    return {name: URI if name.endswith("url") and value == ORDINARY else value for name, value in request.items()}


def _cameras(schema: Node) -> Iterator[tuple[str, Any]]:
    for name, field in schema["properties"].items():
        if field.get("properties", {}).keys() >= {"type", "config"}:
            yield name, ordinary({}, field["properties"]["config"])


def can_express(adapter: Adapter, request: Request) -> bool:
    """Whether an adapter writes a request: the official dialect knows no cameras but the official ones.

    Nor does it write what documents allow and no service can use: blank prompts, addresses that are none of the web.
    """
    camera = getattr(request, "camera_control", None)
    moves = not camera or not camera.to_dict() or camera.type in MOVES
    return _is_usable(request) and (moves or getattr(adapter, "dialect", "document") == "document")


def _is_usable(request: Request) -> bool:
    fields = request.to_dict()
    kind = cast("type[attrs.AttrsInstance]", type(request))
    needed = [getattr(request, it.name) for it in attrs.fields(kind) if it.default is attrs.NOTHING]
    addresses = [
        address for name, it in fields.items() if name.endswith(("url", "urls")) for address in _listed(it or [])
    ]
    held = [it for value in fields.values() if is_list(value) for it in value if is_object(it)]
    needed += [text for it in held for text in it.values() if isinstance(text, str)]
    addresses += [url for it in held for urls in it.values() if is_list(urls) for url in urls]
    blank = any(isinstance(it, str) and not it.strip() for it in needed)
    return not blank and all(WEB_ADDRESS.fullmatch(it) for it in addresses)


def _listed(value: Any) -> list[Any]:
    return list(value) if is_list(value) else [value]


def _submissions(adapter: Adapter) -> Iterator[tuple[str, Call]]:
    """Yield each typed request; then the smallest of each class with every other option of a submission."""
    for request in typed_requests(adapter.name):
        if can_express(adapter, request):
            yield _named(request), methodcaller("submit", request)
    options: list[dict[str, Any]] = [{"callback_url": url} for url in CALLBACKS]
    if ENDPOINTS[adapter.name].external_ids:
        options += [{"external_task_id": task_id} for task_id in EXTERNAL_IDS] + [{"extra": {"seed": 7}}]
    for it in request_classes(adapter.name):
        least = it.least
        yield from ((f"{_named(least)} with {more}", methodcaller("submit", least, **more)) for more in options)


def _recorded(adapter: Adapter, calls: Iterable[tuple[str, Call]]) -> list[ClientRequest]:
    """Make each call through a client whose requests are all rejected; keep each different request once."""
    left: dict[str, ClientRequest] = {}
    named = ""

    def note(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content else None
        it = ClientRequest(named, request.method, adapter.base_url, str(request.url), dict(request.headers), body)
        left[f"{request.url} {request.content!r}"] = it
        return httpx.Response(401, json={"code": 401})

    http = httpx.Client(transport=httpx.MockTransport(note))
    with http, Client(adapter, http=http, pacing=None) as client:
        for named, call in calls:  # noqa: B007 - it is read when the call is noted
            with suppress(AuthenticationError):
                call(client)
    return list(left.values())


def _named(request: Request) -> str:
    """Name a request and what is long in it by its length."""
    fields = (f"{name}={_abridged(value)}" for name, value in request.to_dict().items())
    return f"{type(request).__name__}({', '.join(fields)})"


def _abridged(value: object) -> str:
    return f"{value[0]!r} * {len(value)}" if isinstance(value, str) and len(value) > 80 else repr(value)
