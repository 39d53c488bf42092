"""The emulator as a whole: the APIs on one table of tasks, one clock, one courier."""

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from typing import Protocol, cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from klingkit.emulator import _json
from klingkit.emulator._callbacks import Courier, Delivery, Parcel, Post, post_to_loopback
from klingkit.emulator._clock import Clock, SystemClock
from klingkit.emulator._finish import AtOnce, Finish
from klingkit.emulator._media import media_route
from klingkit.emulator._refusals import Code, Problem, Refused, unrouted
from klingkit.emulator._serve import serve
from klingkit.emulator._tasks import Failure, Task, Tasks
from klingkit.emulator.kie import Kie
from klingkit.emulator.kling import Native, Relay


class Service(Protocol):
    """One API: its paths, and its words for what they have in common."""

    name: str
    prefix: str
    variable: str
    routes: list[Route]

    @property
    def codes(self) -> Mapping[Problem, Code]:
        """How it refuses."""
        ...

    def callback(self, task: Task) -> object:
        """The JSON value that is POSTed when a task has come to this state; None: nothing is."""
        ...

    def error(self, code: int, message: str) -> object:
        """The JSON value that answers a request which is refused."""
        ...


class Emulator:
    """The APIs of the documents, emulated. Every method may be called from any thread.

    Args:
        seed: task ids are drawn from it: the same seed and the same sequence of requests give
            the same ids.
        finish: when a task ends by itself. By default at once, so that pollers and callback
            receivers alike come to an end.
        clock: what the time is; the system's by default.
        keys: the API keys there are; None takes any. No key sees another's tasks.
        post: sends a callback: its URL and JSON body in, the receiver's HTTP status out. By default it is
            one POST, to loopback addresses only.

    Attributes:
        app: the ASGI application, for `httpx.ASGITransport`; it needs no lifespan events.
        clock: the clock it was given.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        finish: Finish | None = None,
        clock: Clock | None = None,
        keys: Collection[str] | None = None,
        post: Post = post_to_loopback,
    ) -> None:
        self.clock: Clock = clock or SystemClock()
        self._courier = Courier(post)
        tasks = Tasks(clock=self.clock, finish=finish or AtOnce(), seed=seed, on_change=self._call_back)
        services: list[Service] = [Kie(tasks, keys), Native(tasks, keys, seed), Relay(tasks, keys, seed)]
        self._tasks = tasks
        self._services = {service.name: service for service in services}
        self.app: Starlette = self._build()

    def serve(self, *, host: str = "127.0.0.1", port: int = 0) -> AbstractContextManager[str]:
        """Serve on a loopback port while the context lasts; entering it gives the base URL.

        Args:
            host: a loopback address.
            port: 0 takes a free one.

        Raises:
            ValueError: `host` is no loopback address.
            OSError: the port is taken.
        """
        return serve(self.app, host, port)

    def finish_task(self, task_id: str) -> None:
        """End a task well, now.

        Raises:
            LookupError: there is no such task, or no more (the newest 10,000 are kept).
            ValueError: it has ended already.
        """
        self._tasks.end(task_id)

    def fail_task(self, task_id: str, *, code: str | None = None, message: str | None = None) -> None:
        """Let a task fail, now; code and message are the API's own unless they are given.

        Kling's own API, native or relayed, tells the message alone.

        Raises:
            LookupError: there is no such task, or no more (the newest 10,000 are kept).
            ValueError: it has ended already, or the reason is no text.
        """
        self._tasks.end(task_id, Failure(code, message))

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """What became of the newest 10,000 callbacks, also of those that were not sent."""
        return self._courier.deliveries

    def wait_idle(self, timeout: float = 5.0) -> None:
        """Return once all callbacks that are due are delivered, or have failed.

        It blocks: a receiver in the caller's own event loop could not answer meanwhile.

        Raises:
            TimeoutError: some were still under way after `timeout` seconds.
        """
        self._courier.wait_idle(timeout)

    def _call_back(self, task: Task) -> None:
        if task.order.callback_url is None:
            return
        news = self._services[task.order.service].callback(task)
        if news is not None:
            self._courier.send(Parcel(task.id, task.order.callback_url, _json.write(news).encode()))

    def _build(self) -> Starlette:
        routes = [route for service in self._services.values() for route in service.routes]
        app = Starlette(
            routes=[media_route(self._tasks), *routes],
            exception_handlers={HTTPException: self._refuse, Refused: self._refuse},
        )
        # A path with a slash too many is a wrong path, as any other.
        app.router.redirect_slashes = False
        return app

    async def _refuse(self, request: Request, error: Exception) -> Response:
        """Every error in the words of the API whose path it is, in plain ones if it is nobody's."""
        path = request.scope["path"]
        owner = next((one for one in self._services.values() if path.startswith(one.prefix)), None)
        if owner is None:  # the files' errors, too
            plain = cast("HTTPException", error)
            return PlainTextResponse(plain.detail, plain.status_code, plain.headers)
        refused = error if isinstance(error, Refused) else unrouted(cast("HTTPException", error))
        status, code = owner.codes[refused.problem]
        return JSONResponse(owner.error(code, refused.detail), status, refused.headers)
