"""The APIs in one dialect: their paths, their callbacks, and how each says no."""

from collections.abc import Collection, Mapping
from typing import Literal, Protocol, TypeAlias, cast

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from klingkit.emulator._clock import Clock
from klingkit.emulator._codes import CODES, Meaning
from klingkit.emulator._concerns import Api, concern
from klingkit.emulator._faults import Fault
from klingkit.emulator._keys import Keys
from klingkit.emulator._refusals import Code, Problem, Refused, unrouted
from klingkit.emulator._tasks import Task, Tasks
from klingkit.emulator.kie import Kie
from klingkit.emulator.kling import FlatRelay, Native, OfficialNative, OfficialRelay, Relay, Text2Video, WrappedRelay

Dialect: TypeAlias = Literal["documents", "official", "relay", "relay-flat"]

DIALECTS: Mapping[Dialect, tuple[type[Text2Video], type[Text2Video]]] = {
    "documents": (Native, Relay),
    "official": (OfficialNative, OfficialRelay),
    "relay": (Native, WrappedRelay),
    "relay-flat": (Native, FlatRelay),
}
"""How Kling's own API is spoken natively, and relayed; kie.ai's is the same in all."""


class Service(Protocol):
    """One API: its paths, and its words for what they have in common."""

    name: str
    variable: str
    routes: list[Route]

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
        clock: what the times of tokens are held against.
        dialect: how Kling's own API is spoken.
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
        native, relay = DIALECTS[dialect]
        every: list[Service] = [Kie(tasks, ring), native(tasks, ring, seed), relay(tasks, ring, seed)]
        self._services = {service.name: service for service in every}
        self.routes: list[Route] = [route for service in every for route in service.routes]

    def callback(self, task: Task) -> object:
        """The JSON value that is POSTed when the task has come to this state; None: nothing is."""
        return self._services[task.order.service].callback(task)

    async def refuse(self, request: Request, error: Exception) -> Response:
        """Every error in the words of the API whose path it is, in plain ones if it is nobody's."""
        api = concern(request.method, request.scope["path"]).api
        if api is None:  # the files' errors, too
            plain = cast("HTTPException", error)
            return PlainTextResponse(plain.detail, plain.status_code, plain.headers)
        refused = error if isinstance(error, Refused) else unrouted(cast("HTTPException", error))
        owner = self._services[api]
        status, code = owner.codes[refused.problem]
        return JSONResponse(owner.error(code, refused.detail), status, refused.headers)

    def refusal(self, api: Api, fault: Fault) -> Response:
        """What the fault wants the API to answer; a code has its own HTTP status unless it is given another."""
        code = fault.code if fault.code is not None else self._code(api, fault.status)
        meaning = CODES[api].get(code, Meaning(500, "The request is refused."))
        answer = self._services[api].error(code, meaning.message if fault.message is None else fault.message)
        return JSONResponse(answer, meaning.status if fault.status is None else fault.status)

    def _code(self, api: Api, status: int | None) -> int | str:
        """The first of the API's codes that has this HTTP status, in the words of its dialect; else the status."""
        spoken = [code for code in self._services[api].codes.values() if code.status == status]
        paired = [code for code, meaning in CODES[api].items() if meaning.status == status]
        return next((code.code for code in spoken), next(iter(paired), 500 if status is None else status))
