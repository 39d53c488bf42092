"""The APIs in one dialect: their routes, their callbacks, and their errors."""

from collections.abc import Collection, Mapping
from typing import Literal, Protocol, TypeAlias, cast

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from klingkit.emulator.apis._auth import Keys
from klingkit.emulator.apis._errors import HTTP_CODES, ApiError, ErrorCode, ErrorReason
from klingkit.emulator.apis._not_found import not_found
from klingkit.emulator.apis.kie import Kie, OfficialKie, Uploads
from klingkit.emulator.apis.kling import (
    FlatRelay,
    Native,
    OfficialNative,
    OfficialRelay,
    Relay,
    Text2Video,
    WrappedRelay,
)
from klingkit.emulator.faults._error_codes import CODES, KnownCode
from klingkit.emulator.faults._fault import Fault
from klingkit.emulator.http._classification import KIE_UPLOADS, Api, request_info
from klingkit.emulator.tasks._clock import Clock
from klingkit.emulator.tasks._table import Tasks
from klingkit.emulator.tasks._task import Task

Dialect: TypeAlias = Literal["document", "official", "relay", "relay-flat"]

DIALECTS: Mapping[Dialect, tuple[type[Kie], type[Text2Video], type[Text2Video]]] = {
    "document": (Kie, Native, Relay),
    "official": (OfficialKie, OfficialNative, OfficialRelay),
    "relay": (Kie, Native, WrappedRelay),
    "relay-flat": (Kie, Native, FlatRelay),
}
"""The classes of kie.ai's API, and of Kling's own, native and relayed."""


class Service(Protocol):
    """One API."""

    name: str
    variable: str
    routes: list[Route]
    error_status: int | None  # the HTTP status of all errors, if only the code in the body distinguishes them

    @property
    def codes(self) -> Mapping[ErrorReason, ErrorCode]:
        """Its error codes."""
        ...

    def callback(self, task: Task) -> object:
        """Return the JSON value of the callback for the task's state; None: there is none."""
        ...

    def error(self, code: int | str, message: str) -> object:
        """Return the JSON value of an error response."""
        ...


class Services:
    """All the APIs on one table of tasks.

    Args:
        tasks: the table.
        clock: the times of tokens and links are compared with it.
        dialect: the variant of the APIs.
        keys: the valid API keys; None takes any.
        access_keys: Kling's access keys with their secrets; with some and without `keys`, Kling's API takes
            nothing but their tokens. None takes any tokens, as long as they are valid.
        seed: the ids of responses are drawn from it.
        accept_models: whether models that no document names are accepted unchecked.
    """

    def __init__(
        self,
        tasks: Tasks,
        *,
        clock: Clock,
        dialect: Dialect = "document",
        keys: Collection[str] | None = None,
        access_keys: Mapping[str, str] | None = None,
        seed: int = 0,
        accept_models: bool = False,
    ) -> None:
        auth = Keys(keys, access_keys, clock)
        kie, native, relay = DIALECTS[dialect]
        uploads = Uploads(auth, clock)
        services: list[Service] = [
            kie(tasks, auth, clock, uploads.routes, accept_models=accept_models),
            native(tasks, auth, seed, accept_models=accept_models),
            relay(tasks, auth, seed, accept_models=accept_models),
        ]
        self._services = {service.name: service for service in services}
        self.routes: list[Route] = [route for service in services for route in service.routes]
        self.file_routes: list[Route] = uploads.file_routes

    def callback(self, task: Task) -> object:
        """Return the JSON value of the callback for the task's state; None: there is none."""
        return self._services[task.request.api].callback(task)

    async def error_response(self, request: Request, error: Exception) -> Response:
        """Return an error in the form of the API whose path it is, or as plain text if it is no API's."""
        info = request_info(request.scope)
        if info.task_id is not None and info.api is None:  # a video's path
            plain = cast("HTTPException", error)
            return PlainTextResponse(plain.detail, plain.status_code, plain.headers)
        service = self._services[info.api] if info.api else None
        if not isinstance(error, ApiError):
            near = service.routes if service else self.routes
            error = not_found(request, cast("HTTPException", error), near, self.routes)
        if service is None:
            return PlainTextResponse(error.message, 404)
        status, code = service.codes[error.reason]
        body = service.error(code, error.message)
        if info.path in KIE_UPLOADS:  # they have an envelope of their own, and HTTP statuses in each dialect
            status, code = HTTP_CODES[error.reason]
            body = {"success": False, "code": code, "msg": error.message}
        return JSONResponse(body, status, error.headers)

    def fault_response(self, api: Api, operation: str, fault: Fault) -> Response:
        """Return the API error of a fault; the code decides on the HTTP status unless the fault has one."""
        code = fault.code if fault.code is not None else self._code(api, fault.status)
        known = CODES[api].get(code, KnownCode(500, "The request is rejected."))
        service = self._services[api]
        message = known.message if fault.message is None else fault.message
        if operation == "upload":
            return JSONResponse({"success": False, "code": code, "msg": message}, fault.status or known.status)
        return JSONResponse(service.error(code, message), fault.status or service.error_status or known.status)

    def _code(self, api: Api, status: int | None) -> int | str:
        """Return the API's first code with this HTTP status, preferring those of its dialect; else the status."""
        own = [code.code for code in self._services[api].codes.values() if code.status == status]
        known = [code for code, meaning in CODES[api].items() if meaning.status == status]
        return next(iter([*own, *known]), 500 if status is None else status)
