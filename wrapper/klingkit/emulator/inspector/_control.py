"""The control paths under /_emulator/, which show and change the state of the emulator."""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from klingkit.emulator import _json
from klingkit.emulator._engine import Engine
from klingkit.emulator.apis._services import Dialect, has_spec
from klingkit.emulator.faults._fault import Fault, kinds
from klingkit.emulator.faults._rules import FaultRule
from klingkit.emulator.inspector._page import page_routes
from klingkit.emulator.inspector._parameters import (
    choice_parameter,
    integer_parameter,
    number_field,
    read_fields,
    text_field,
)
from klingkit.emulator.inspector._verdict import verdict
from klingkit.emulator.journal._events import EventStream
from klingkit.emulator.journal._views import (
    ONLY,
    exchange_contains,
    exchange_json,
    rule_json,
    task_contains,
    task_json,
    whole_delivery_json,
    whole_exchange_json,
)
from klingkit.emulator.profiles import APIS
from klingkit.emulator.tasks._media import video_response
from klingkit.emulator.tasks._task import Failure, NotKept, State

MAX_ROWS = 500  # of a list
SHOWN = 50  # exchanges and deliveries that are part of a task

Json = Mapping[str, object]


class Control:
    """The control paths of one emulator.

    Args:
        engine: what they show and change.
        dialect: the dialect of the APIs.
        reset: restores the initial state.
    """

    def __init__(self, engine: Engine, *, dialect: Dialect, reset: Callable[[], None]) -> None:
        self._engine = engine
        self._dialect: Dialect = dialect
        self._reset_all = reset

    def app(self) -> Starlette:
        """Return the ASGI application."""
        paths: list[tuple[str, str, Callable[[Request], Any]]] = [
            ("GET", "state", self._state),
            ("GET", "tasks", self._tasks),
            ("GET", "tasks/{id}", self._task),
            ("GET", "tasks/{id}/video", self._video),
            ("POST", "tasks/{id}/finish", self._finish),
            ("POST", "tasks/{id}/fail", self._fail),
            ("POST", "clock/advance", self._advance),
            ("GET", "faults", self._faults),
            ("POST", "faults", self._add_fault),
            ("DELETE", "faults", self._clear_faults),
            ("DELETE", "faults/{id}", self._remove_fault),
            ("GET", "requests", self._requests),
            ("GET", "requests/{id}", self._request),
            ("GET", "deliveries", self._deliveries),
            ("POST", "deliveries/{id}/resend", self._resend),
            ("POST", "wait-idle", self._wait_idle),
            ("POST", "reset", self._reset),
        ]
        routes = [Route(f"/_emulator/{path}", _endpoint(method), methods=[verb]) for verb, path, method in paths]
        events = Route("/_emulator/events", EventStream(self._engine.broadcast, self.state), methods=["GET"])
        events.methods = {"GET"}  # Starlette adds HEAD, whose response would never end
        app = Starlette(routes=[*page_routes(), events, *routes], exception_handlers={HTTPException: _error})
        app.router.redirect_slashes = False
        return app

    def state(self) -> Json:
        """Return the state of the emulator as a whole."""
        engine = self._engine
        return {
            "name": engine.broadcast.name,
            "now": engine.clock.now(),
            "dialect": self._dialect,
            "virtual": engine.virtual,
            "finish": repr(engine.finish),
            "tasks": len(engine.tasks),
            "faults": len(engine.faults),
            "signing": list(engine.signing),
        }

    async def _state(self, _: Request) -> Json:
        return self.state()

    async def _tasks(self, request: Request) -> Json:
        limit = integer_parameter(request, "limit", 50, 1, MAX_ROWS)
        state = choice_parameter(request, "state", [state.value for state in State])
        text = _search_text(request)
        tasks = self._engine.tasks.newest(
            None if text else limit + 1,
            before=integer_parameter(request, "before", None, 0),
            api=choice_parameter(request, "api", APIS),
            state=None if state is None else State(state),
        )
        found = islice((task for task in tasks if task_contains(task, text)), limit + 1)
        return _page("tasks", [(task.number, task_json(task)) for task in found], limit)

    async def _task(self, request: Request) -> Json:
        engine = self._engine
        task = engine.get_task(request.path_params["id"])
        deliveries = engine.deliveries.newest(task_id=task.id)
        exchanges = engine.exchanges.newest(task_id=task.id)
        first = [one for one in exchanges[SHOWN:] if one.operation == "create"]
        return task_json(task) | {
            "request": _json.read_object(task.request.body.encode()),
            "deliveries": [whole_delivery_json(one) for one in deliveries[:SHOWN]],
            "exchanges": [exchange_json(one) for one in [*exchanges[:SHOWN], *first]],
            "kept": {"deliveries": len(deliveries), "exchanges": len(exchanges)},
        }

    async def _video(self, request: Request) -> Response:
        task = self._engine.get_task(request.path_params["id"])
        if task.state is not State.SUCCEEDED:
            raise LookupError(f"task {task.id!r} has no video")
        return video_response(task, request)

    async def _finish(self, request: Request) -> Json:
        return self._end(request)

    async def _fail(self, request: Request) -> Json:
        fields = await read_fields(request, ("code", "message"))
        return self._end(request, Failure(text_field(fields, "code"), text_field(fields, "message")))

    def _end(self, request: Request, failure: Failure | None = None) -> Json:
        task_id = request.path_params["id"]
        try:
            self._engine.end(task_id, failure)
        except ValueError as error:
            raise HTTPException(409, str(error)) from error
        return task_json(self._engine.get_task(task_id))

    async def _advance(self, request: Request) -> Json:
        seconds = number_field(await read_fields(request, ("seconds",)), "seconds")
        await run_in_threadpool(self._engine.clock.advance, seconds)
        return {"now": self._engine.clock.now()}

    async def _faults(self, _: Request) -> Json:
        return self._engine.faults_json() | {"kinds": kinds()}

    async def _add_fault(self, request: Request) -> Json:
        fault = Fault.from_json(await read_fields(request))
        return rule_json(FaultRule(self._engine.faults.add(fault), fault))

    async def _clear_faults(self, _: Request) -> Json:
        self._engine.faults.clear()
        return self._engine.faults_json()

    async def _remove_fault(self, request: Request) -> Json:
        self._engine.faults.remove(_id(request))
        return self._engine.faults_json()

    async def _requests(self, request: Request) -> Json:
        limit = integer_parameter(request, "limit", 50, 1, MAX_ROWS)
        before = integer_parameter(request, "before", None, 0)
        only = choice_parameter(request, "only", ONLY)
        text = _search_text(request)
        newest = self._engine.exchanges.newest(before=before, task_id=request.query_params.get("task"))
        selected = (one for one in newest if only is None or ONLY[only](one))
        found = islice((one for one in selected if not text or exchange_contains(one, text)), limit + 1)
        return _page("requests", [(one.id, exchange_json(one)) for one in found], limit)

    async def _request(self, request: Request) -> Json:
        exchange = self._engine.exchanges.get(_id(request))
        known = exchange.api is None or has_spec(exchange.api, self._dialect)
        found = verdict(exchange) if known else f"the dialect {self._dialect} has no spec"
        reason = found if isinstance(found, str) else None
        return whole_exchange_json(exchange) | {"verdict": None if reason else found, "no_verdict": reason}

    async def _deliveries(self, request: Request) -> Json:
        limit = integer_parameter(request, "limit", 50, 1, MAX_ROWS)
        before = integer_parameter(request, "before", None, 0)
        found = self._engine.deliveries.newest(limit + 1, before=before, task_id=request.query_params.get("task"))
        return _page("deliveries", [(one.id, whole_delivery_json(one)) for one in found], limit)

    async def _resend(self, request: Request) -> Json:
        self._engine.callbacks.resend(_id(request))
        return {"queued": True}

    async def _wait_idle(self, request: Request) -> Json:
        timeout = number_field(await read_fields(request, ("timeout",)), "timeout", 5.0, most=600.0)
        try:
            await run_in_threadpool(self._engine.callbacks.wait_idle, timeout)
        except TimeoutError as error:
            raise HTTPException(504, str(error)) from error
        return {"idle": True}

    async def _reset(self, _: Request) -> Json:
        await run_in_threadpool(self._reset_all)
        return {"now": self._engine.clock.now()}


def _endpoint(method: Callable[[Request], Any]) -> Callable[[Request], Any]:
    """Return an endpoint that responds with the method's value, or with its error."""

    async def endpoint(request: Request) -> Response:
        try:
            value = await method(request)
        except LookupError as error:
            raise HTTPException(404, str(error.args[0])) from error
        except ValueError as error:
            raise HTTPException(400, str(error)) from error
        except NotKept as error:
            raise HTTPException(500, str(error)) from error
        return value if isinstance(value, Response) else JSONResponse(value)

    return endpoint


async def _error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


def _page(name: str, rows: Sequence[tuple[int, Json]], limit: int) -> Json:
    """Return one page of a list, of which one row more than fits was fetched."""
    shown = rows[:limit]
    return {name: [row for _, row in shown], "next": str(shown[-1][0]) if len(rows) > limit else None}


def _search_text(request: Request) -> str:
    return request.query_params.get("text", "").strip().lower()


def _id(request: Request) -> int:
    text = request.path_params["id"]
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise LookupError(f"id must be a number, is {text!r}")
    return int(text)
