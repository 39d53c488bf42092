"""The APIs in one dialect: their routes, their callbacks, and their errors."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal, TypeAlias, cast, get_args

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from klingkit.emulator.apis import kie, kling
from klingkit.emulator.apis._auth import Keys
from klingkit.emulator.apis._backend import Backend, Service
from klingkit.emulator.apis._errors import ApiError
from klingkit.emulator.apis._not_found import not_found
from klingkit.emulator.faults._fault import Fault
from klingkit.emulator.http._classification import request_info
from klingkit.emulator.profiles import APIS, PROFILES, Api
from klingkit.emulator.profiles._codes import KnownCode
from klingkit.emulator.tasks._clock import Clock
from klingkit.emulator.tasks._table import Tasks
from klingkit.emulator.tasks._task import Task

Dialect: TypeAlias = Literal["document", "official", "relay", "relay-flat"]

DIALECTS: tuple[Dialect, ...] = get_args(Dialect)

SERVICES: Mapping[str, Mapping[str, Callable[[Backend], Service]]] = {
    "kie": kie.SERVICES,
    "native": kling.NATIVE,
    "relay": kling.RELAY,
}
"""API -> dialect -> its service."""


def service_class(api: str, dialect: Dialect) -> Any:
    """Return what makes the service of an API; a dialect of which it knows nothing is that of the document."""
    return SERVICES[api].get(dialect) or SERVICES[api]["document"]


def has_spec(api: str, dialect: Dialect) -> bool:
    """Return whether there is a spec of an API in this dialect."""
    return bool(service_class(api, dialect).has_spec)


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
        backend = Backend(tasks, Keys(keys, access_keys, clock), clock, seed, accept_models)
        self._services: dict[str, Service] = {api: service_class(api, dialect)(backend) for api in APIS}
        services = self._services.values()
        self.routes: list[Route] = [route for service in services for route in service.routes]
        self.file_routes = [route for service in services if service.uploads for route in service.uploads.file_routes]

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
        uploading = any(info.path in profile.uploads for profile in PROFILES.values())
        errors = (uploading and service.uploads) or service
        status, code = errors.codes[error.reason]
        return JSONResponse(errors.error(code, error.message), status, error.headers)

    def fault_response(self, api: Api, operation: str, fault: Fault) -> Response:
        """Return the API error of a fault; the code decides on the HTTP status unless the fault has one."""
        code = fault.code if fault.code is not None else self._code(api, fault.status)
        known = PROFILES[api].codes.get(code, KnownCode(500, "The request is rejected."))
        errors = (operation == "upload" and self._services[api].uploads) or self._services[api]
        message = known.message if fault.message is None else fault.message
        return JSONResponse(errors.error(code, message), fault.status or errors.error_status or known.status)

    def _code(self, api: Api, status: int | None) -> int | str:
        """Return the API's first code with this HTTP status, preferring those of its dialect; else the status."""
        own = [code.code for code in self._services[api].codes.values() if code.status == status]
        known = [code for code, meaning in PROFILES[api].codes.items() if meaning.status == status]
        return next(iter([*own, *known]), 500 if status is None else status)
