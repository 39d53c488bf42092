"""The paths under /_emulator/: see what has happened, and say what shall happen."""

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
from klingkit.emulator.faults._fault import Fault, kinds
from klingkit.emulator.faults._rules import Rule
from klingkit.emulator.inspector._page import page_routes
from klingkit.emulator.inspector._parameters import body, choice, count, number, text
from klingkit.emulator.inspector._verdict import verdict
from klingkit.emulator.journal._events import EventStream
from klingkit.emulator.journal._exchanges import Exchange
from klingkit.emulator.journal._views import (
    ONLY,
    exchange_json,
    mentions,
    rule_json,
    task_json,
    tells,
    whole_delivery_json,
    whole_exchange_json,
)
from klingkit.emulator.tasks._media import film_of
from klingkit.emulator.tasks._table import Failure, State

MOST = 500  # rows of a list
SHOWN = 50  # exchanges and deliveries of a task that are shown with it
APIS = ("kie", "native", "relay")

Json = Mapping[str, object]


class Control:
    """The control paths of one emulator.

    Args:
        engine: what they show and change.
        dialect: how it speaks Kling's API.
        reset: makes everything as at the beginning.
    """

    def __init__(self, engine: Engine, *, dialect: str, reset: Callable[[], None]) -> None:
        self._engine = engine
        self._dialect = dialect
        self._reset_all = reset

    def app(self) -> Starlette:
        """The application that answers them."""
        paths: list[tuple[str, str, Callable[[Request], Any]]] = [
            ("GET", "state", self._state),
            ("GET", "tasks", self._tasks),
            ("GET", "tasks/{id}", self._task),
            ("GET", "tasks/{id}/film", self._film),
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
        routes = [Route(f"/_emulator/{path}", _answering(method), methods=[verb]) for verb, path, method in paths]
        events = Route("/_emulator/events", EventStream(self._engine.broadcast, self.state), methods=["GET"])
        events.methods = {"GET"}  # Starlette adds HEAD, whose answer would never end
        app = Starlette(routes=[*page_routes(), events, *routes], exception_handlers={HTTPException: _refuse})
        app.router.redirect_slashes = False
        return app

    def state(self) -> Json:
        """The emulator as a whole."""
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
        limit = count(request, "limit", 50, 1, MOST)
        state = choice(request, "state", [state.value for state in State])
        text = _sought(request)
        tasks = self._engine.tasks.newest(
            None if text else limit + 1,
            before=count(request, "before", None, 0),
            service=choice(request, "api", APIS),
            state=None if state is None else State(state),
        )
        found = islice((task for task in tasks if tells(task, text)), limit + 1)
        return _page("tasks", [(task.number, task_json(task)) for task in found], limit)

    async def _task(self, request: Request) -> Json:
        engine = self._engine
        task = engine.get_task(request.path_params["id"])
        deliveries = engine.deliveries.newest(task_id=task.id)
        exchanges = engine.exchanges.newest(task_id=task.id)
        first = [one for one in exchanges[SHOWN:] if one.operation == "create"]
        return task_json(task) | {
            "request": _json.read_object(task.order.request.encode()),
            "deliveries": [whole_delivery_json(one) for one in deliveries[:SHOWN]],
            "exchanges": [exchange_json(one) for one in [*exchanges[:SHOWN], *first]],
            "kept": {"deliveries": len(deliveries), "exchanges": len(exchanges)},
        }

    async def _film(self, request: Request) -> Response:
        task = self._engine.get_task(request.path_params["id"])
        if task.state is not State.SUCCEEDED:
            raise LookupError(f"task {task.id!r} has no film")
        return film_of(task, request)

    async def _finish(self, request: Request) -> Json:
        return self._end(request)

    async def _fail(self, request: Request) -> Json:
        given = await body(request, ("code", "message"))
        return self._end(request, Failure(text(given, "code"), text(given, "message")))

    def _end(self, request: Request, failure: Failure | None = None) -> Json:
        task_id = request.path_params["id"]
        try:
            self._engine.end(task_id, failure)
        except ValueError as error:
            raise HTTPException(409, str(error)) from error
        return task_json(self._engine.get_task(task_id))

    async def _advance(self, request: Request) -> Json:
        seconds = number(await body(request, ("seconds",)), "seconds")
        await run_in_threadpool(self._engine.clock.advance, seconds)
        return {"now": self._engine.clock.now()}

    async def _faults(self, _: Request) -> Json:
        return self._engine.faults_json() | {"kinds": kinds()}

    async def _add_fault(self, request: Request) -> Json:
        fault = Fault.from_json(await body(request))
        return rule_json(Rule(self._engine.faults.add(fault), fault))

    async def _clear_faults(self, _: Request) -> Json:
        self._engine.faults.clear()
        return self._engine.faults_json()

    async def _remove_fault(self, request: Request) -> Json:
        self._engine.faults.remove(_id(request))
        return self._engine.faults_json()

    async def _requests(self, request: Request) -> Json:
        limit = count(request, "limit", 50, 1, MOST)
        before = count(request, "before", None, 0)
        only = choice(request, "only", ONLY)
        text = _sought(request)
        newest = self._engine.exchanges.newest(before=before, task_id=request.query_params.get("task"))
        fitting = (one for one in newest if (only is None or ONLY[only](one)) and (not text or mentions(one, text)))
        return _page("requests", [(one.id, exchange_json(one)) for one in islice(fitting, limit + 1)], limit)

    async def _request(self, request: Request) -> Json:
        exchange = self._engine.exchanges.get(_id(request))
        told = verdict(exchange) if self._is_told(exchange) else f"there is none of the dialect {self._dialect}"
        judged = (None, told) if isinstance(told, str) else (told, None)
        return whole_exchange_json(exchange) | dict(zip(("verdict", "unjudged"), judged, strict=True))

    def _is_told(self, exchange: Exchange) -> bool:
        """Whether there is a spec of the API as it is spoken here."""
        native = exchange.api == "native" and self._dialect != "official"
        return self._dialect == "documents" or exchange.api in {None, "kie"} or native

    async def _deliveries(self, request: Request) -> Json:
        limit = count(request, "limit", 50, 1, MOST)
        before = count(request, "before", None, 0)
        found = self._engine.deliveries.newest(limit + 1, before=before, task_id=request.query_params.get("task"))
        return _page("deliveries", [(one.id, whole_delivery_json(one)) for one in found], limit)

    async def _resend(self, request: Request) -> Json:
        self._engine.callbacks.resend(_id(request))
        return {"queued": True}

    async def _wait_idle(self, request: Request) -> Json:
        timeout = number(await body(request, ("timeout",)), "timeout", 5.0, most=600.0)
        try:
            await run_in_threadpool(self._engine.callbacks.wait_idle, timeout)
        except TimeoutError as error:
            raise HTTPException(504, str(error)) from error
        return {"idle": True}

    async def _reset(self, _: Request) -> Json:
        await run_in_threadpool(self._reset_all)
        return {"now": self._engine.clock.now()}


def _answering(method: Callable[[Request], Any]) -> Callable[[Request], Any]:
    """The endpoint that answers with what the method returns, and refuses what it can't do."""

    async def endpoint(request: Request) -> Response:
        try:
            told = await method(request)
        except LookupError as error:
            raise HTTPException(404, str(error.args[0])) from error
        except ValueError as error:
            raise HTTPException(400, str(error)) from error
        return told if isinstance(told, Response) else JSONResponse(told)

    return endpoint


async def _refuse(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


def _page(name: str, rows: Sequence[tuple[int, Json]], limit: int) -> Json:
    """One page of a list, of which one row more than fits was asked for."""
    shown = rows[:limit]
    return {name: [row for _, row in shown], "next": str(shown[-1][0]) if len(rows) > limit else None}


def _sought(request: Request) -> str:
    return request.query_params.get("text", "").strip().lower()


def _id(request: Request) -> int:
    given = request.path_params["id"]
    if not given.isascii() or not given.isdecimal() or len(given) > 18:
        raise LookupError(f"id must be a number, is {given!r}")
    return int(given)
