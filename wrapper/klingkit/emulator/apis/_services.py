"""The APIs in one dialect: their paths, their callbacks, and how each says no."""

from collections.abc import Collection, Mapping
from typing import Literal, Protocol, TypeAlias, cast

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from klingkit.emulator.apis._auth import Keys
from klingkit.emulator.apis._errors import Code, Problem, Refused
from klingkit.emulator.apis._not_found import unrouted
from klingkit.emulator.apis.kie import Kie, OfficialKie
from klingkit.emulator.apis.kling import (
    FlatRelay,
    Native,
    OfficialNative,
    OfficialRelay,
    Relay,
    Text2Video,
    WrappedRelay,
)
from klingkit.emulator.faults._error_codes import CODES, Meaning
from klingkit.emulator.faults._fault import Fault
from klingkit.emulator.http._classification import Api, concern, path_in
from klingkit.emulator.tasks._clock import Clock
from klingkit.emulator.tasks._table import Task, Tasks

Dialect: TypeAlias = Literal["documents", "official", "relay", "relay-flat"]

DIALECTS: Mapping[Dialect, tuple[type[Kie], type[Text2Video], type[Text2Video]]] = {
    "documents": (Kie, Native, Relay),
    "official": (OfficialKie, OfficialNative, OfficialRelay),
    "relay": (Kie, Native, WrappedRelay),
    "relay-flat": (Kie, Native, FlatRelay),
}
"""How kie.ai's API is spoken, and Kling's own, natively and relayed."""


class Service(Protocol):
    """One API: its paths, and its words for what they have in common."""

    name: str
    variable: str
    routes: list[Route]
    status: int | None  # the HTTP status of all refusals, where the code in the body tells them apart

    @property
    def codes(self) -> Mapping[Problem, Code]:
        """How it refuses."""
        ...

    def callback(self, task: Task) -> object:
        """The JSON value that is POSTed when a task has come to this state; None: nothing is."""
        ...

    def error(self, code: int | str, message: str) -> object:
        """The JSON value that answers a request which is refused."""
        ...


class Services:
    """All the APIs on one table of tasks.

    Args:
        tasks: the table.
        clock: what the times of tokens and links are held against.
        dialect: how the APIs are spoken.
        keys: the API keys there are; None takes any.
        access_keys: Kling's access keys with their secrets; with some and without `keys`, Kling's API takes
            nothing but their tokens. None takes the tokens of any, for as long as they are valid.
        seed: what an answer's id is drawn from.
    """

    def __init__(
        self,
        tasks: Tasks,
        *,
        clock: Clock,
        dialect: Dialect = "documents",
        keys: Collection[str] | None = None,
        access_keys: Mapping[str, str] | None = None,
        seed: int = 0,
    ) -> None:
        ring = Keys(keys, access_keys, clock)
        kie, native, relay = DIALECTS[dialect]
        every: list[Service] = [kie(tasks, ring, clock), native(tasks, ring, seed), relay(tasks, ring, seed)]
        self._services = {service.name: service for service in every}
        self.routes: list[Route] = [route for service in every for route in service.routes]

    def callback(self, task: Task) -> object:
        """The JSON value that is POSTed when the task has come to this state; None: nothing is."""
        return self._services[task.order.service].callback(task)

    async def refuse(self, request: Request, error: Exception) -> Response:
        """Every error in the words of the API whose path it is, in plain ones if it is nobody's."""
        api, _, film = concern(request.method, path_in(request.scope))
        if film is not None and api is None:
            plain = cast("HTTPException", error)
            return PlainTextResponse(plain.detail, plain.status_code, plain.headers)
        owner = self._services[api] if api else None
        if not isinstance(error, Refused):
            near = owner.routes if owner else self.routes
            error = unrouted(request, cast("HTTPException", error), near, self.routes)
        if owner is None:
            return PlainTextResponse(error.detail, 404)
        status, code = owner.codes[error.problem]
        return JSONResponse(owner.error(code, error.detail), status, error.headers)

    def refusal(self, api: Api, fault: Fault) -> Response:
        """What the fault wants the API to answer; a code has its own HTTP status unless it is given another."""
        code = fault.code if fault.code is not None else self._code(api, fault.status)
        meaning = CODES[api].get(code, Meaning(500, "The request is refused."))
        owner = self._services[api]
        answer = owner.error(code, meaning.message if fault.message is None else fault.message)
        return JSONResponse(answer, fault.status or owner.status or meaning.status)

    def _code(self, api: Api, status: int | None) -> int | str:
        """The first of the API's codes that has this HTTP status, in the words of its dialect; else the status."""
        spoken = [code for code in self._services[api].codes.values() if code.status == status]
        paired = [code for code, meaning in CODES[api].items() if meaning.status == status]
        return next((code.code for code in spoken), next(iter(paired), 500 if status is None else status))
