"""The emulator: the APIs, the page and the control paths on one engine."""

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager, ExitStack
from os import PathLike
from typing import cast

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from klingkit.emulator._engine import Engine
from klingkit.emulator._option_checks import check_options
from klingkit.emulator._store import Store
from klingkit.emulator.apis._errors import ApiError
from klingkit.emulator.apis._services import Dialect, Services
from klingkit.emulator.apis._subjects import TaskSubjects
from klingkit.emulator.faults._fault import Fault
from klingkit.emulator.faults._middleware import FaultMiddleware
from klingkit.emulator.faults._rules import FaultRules
from klingkit.emulator.http._access import Access, normalize_hosts, normalize_origins
from klingkit.emulator.http._asgi import App, Receive, Scope, Send
from klingkit.emulator.http._classification import classify
from klingkit.emulator.http._guard import Guard
from klingkit.emulator.http._host_check import HostCheck
from klingkit.emulator.http._serving import serve
from klingkit.emulator.http._tls import Tls
from klingkit.emulator.inspector._control import Control
from klingkit.emulator.journal._exchanges import Exchange
from klingkit.emulator.journal._journal import Journal
from klingkit.emulator.journal._views import TaskView, view
from klingkit.emulator.tasks._clock import Clock, SystemClock
from klingkit.emulator.tasks._finish import AtOnce, Finish
from klingkit.emulator.tasks._media import media_route
from klingkit.emulator.tasks._table import KEPT
from klingkit.emulator.tasks._task import Failure
from klingkit.emulator.webhooks._callbacks import Post
from klingkit.emulator.webhooks._deliveries import Delivery
from klingkit.emulator.webhooks._post import parse_networks


class Emulator:
    """An emulator of the documented APIs. Every method may be called from any thread.

    Args:
        seed: task ids are drawn from it: the same seed and the same sequence of requests give the same ids.
        finish: when a task ends by itself. By default at once, with polling and with callbacks.
        clock: shows the time; the system's by default.
        keys: the valid API keys; None takes any. No key sees another's tasks.
        post: sends a callback: its URL and JSON body in, the receiver's HTTP status out. By default it is
            one POST, to loopback addresses and to `allow_callbacks` only.
        dialect: the variant of the APIs: as documented ("document"), as observed on the vendors' servers ("official"),
            or Kling's own as relays have it ("relay", "relay-flat").
        access_keys: Kling's access keys with their secrets, by which tokens are checked.
        slots: how many tasks of one key may be unfinished at once at each API; None: any number.
        rate: how many tasks one key may make at each API in any 10 seconds of the clock; None: any number.
        faults: those that are there from the beginning.
        signing: the key that an API's callbacks are signed with, by the API's name: any text for "kie",
            "whsec_" and Base64 for the others.
        allow_callbacks: networks (as "10.0.0.0/8") that callbacks may go to, beside loopback.
        allow_hosts: names that are accepted in the Host header, beside those of this machine and, for the APIs, the
            address at which a request arrives.
        cors: origins, as "http://localhost:3000", whose pages may use the APIs in a browser; by default none.
        public_url: the base URL of videos in responses and callbacks, if clients reach the emulator by another one than
            requests show: behind a proxy, say, which removes its path. By default, it is the request's. The page
            accepts its name, too.
        database: an SQLite file that keeps tasks, and the log of callbacks, beyond a restart.
        kept: how many tasks are kept; the oldest is forgotten first. As many deliveries are kept, and a tenth as many
            requests; tasks and deliveries no more than fit into 24 MiB each, requests into 6.
        accept_models: whether models that no document names are accepted, with whatever fields, unchecked.

    Attributes:
        app: the ASGI application, for `httpx.ASGITransport`; it needs no lifespan events.
        clock: the clock it was given.
        faults: the configured faults; may be changed at any time.

    Raises:
        ValueError: an option is invalid, or the database is damaged; the error names it and the value.
        OSError: the database can't be opened.
    """

    def __init__(  # noqa: PLR0913  (options, each by name)
        self,
        *,
        seed: int = 0,
        finish: Finish | None = None,
        clock: Clock | None = None,
        keys: Collection[str] | None = None,
        post: Post | None = None,
        dialect: Dialect = "document",
        access_keys: Mapping[str, str] | None = None,
        slots: int | None = None,
        rate: int | None = None,
        faults: Collection[Fault] = (),
        signing: Mapping[str, str] | None = None,
        allow_callbacks: Collection[str] = (),
        allow_hosts: Collection[str] = (),
        cors: Collection[str] = (),
        public_url: str | None = None,
        database: str | PathLike[str] | None = None,
        kept: int = KEPT,
        accept_models: bool = False,
    ) -> None:
        check_options(
            {"seed": seed, "finish": finish, "clock": clock, "post": post, "database": database, "faults": faults}
            | {"keys": keys, "access_keys": access_keys, "dialect": dialect, "slots": slots, "rate": rate, "kept": kept}
            | {"signing": signing, "allow_callbacks": allow_callbacks, "allow_hosts": allow_hosts}
            | {"cors": cors, "public_url": public_url, "accept_models": accept_models}
        )
        self.clock: Clock = clock or SystemClock()
        public = httpx.URL(public_url) if public_url is not None else None
        self._public_url = str(public).rstrip("/") if public else None
        self._service_options = (seed, dialect, keys, access_keys, accept_models)
        allowed = parse_networks(allow_callbacks)
        hosts = normalize_hosts("allow_hosts", allow_hosts)
        hosts |= normalize_hosts("public_url", [public.raw_host.decode()] if public else [])
        public_origin = f"{public.scheme}://{public.netloc.decode()}" if public else None
        self._access = Access(hosts, normalize_origins("cors", cors), public_origin)
        self._store = Store(database) if database is not None else None
        with ExitStack() as opened:  # closes the database if it can't be restored
            if self._store:
                opened.callback(self._store.close)
            self._engine = Engine(
                seed=seed,
                finish=finish or AtOnce(),
                clock=self.clock,
                slots=slots,
                rate=rate,
                faults=faults,
                signing=signing or {},
                networks=allowed,
                post=post,
                store=self._store,
                kept=kept,
            )
            self.faults: FaultRules = self._engine.faults
            self._apis: App = self._build_apis()
            self._engine.restore()
            opened.pop_all()
        control = Control(self._engine, dialect=dialect, reset=self.reset)
        self.app: HostCheck = HostCheck(self._serve_apis, cast("App", control.app()), access=self._access)

    def serve(self, *, host: str = "127.0.0.1", port: int = 0, tls: Tls | None = None) -> AbstractContextManager[str]:
        """Serve on a port while the context lasts; entering it returns the base URL.

        Args:
            host: an IP address of this machine. Everybody who can reach it can use the emulator; by default, only this
                machine can.
            port: 0 takes a free one.
            tls: the PEM files of a certificate and its key, to serve by https; if the key is None, it is in the
                certificate's file.

        Raises:
            ValueError: `host` is no IP address, or `tls` is no certificate with its key.
            OSError: the port is taken, or this machine has no such address.
        """
        check_options({"tls": tls})
        return serve(self.app, host, port, tls)

    def close(self) -> None:
        """Stop tasks and callbacks, and close the database.

        Later changes are not kept; pending callbacks are, and are sent by the next emulator with this database.
        """
        self._engine.close()

    @property
    def tasks(self) -> tuple[TaskView, ...]:
        """The tasks as they are now, the oldest first."""
        return tuple(view(task) for task in reversed(self._engine.tasks.newest()))

    def task(self, task_id: str) -> TaskView:
        """The task as it is now.

        Raises:
            LookupError: there is no such task, or no longer.
        """
        return view(self._engine.get_task(task_id))

    def finish_task(self, task_id: str) -> None:
        """Let a task succeed now.

        Raises:
            LookupError: there is no such task, or no longer (the newest `kept` are there).
            ValueError: it has ended already.
        """
        self._engine.end(task_id)

    def fail_task(self, task_id: str, *, code: str | None = None, message: str | None = None) -> None:
        """Let a task fail now; by default, code and message are the API's own.

        Kling's own API, native or relayed, reports only the message.

        Raises:
            LookupError: there is no such task, or no longer (the newest `kept` are there).
            ValueError: it has ended already, or code or message is no text.
        """
        self._engine.end(task_id, Failure(code, message))

    @property
    def requests(self) -> tuple[Exchange, ...]:
        """The newest requests to the APIs and for videos, with their responses, in the order of their ends."""
        return self._engine.exchanges.all()

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """The newest deliveries of callbacks, also failed ones, in the order of their ends."""
        return self._engine.deliveries.all()

    def resend(self, delivery_id: int) -> None:
        """Send a callback again, with a new time and signature.

        Raises:
            LookupError: there is no such delivery, or no longer.
        """
        self._engine.callbacks.resend(delivery_id)

    def wait_idle(self, timeout: float = 5.0) -> None:
        """Return once all callbacks that are due are delivered, or have failed.

        It blocks: a receiver in the caller's own event loop could not respond meanwhile.

        Raises:
            TimeoutError: some were still under way after `timeout` seconds.
        """
        self._engine.callbacks.wait_idle(timeout)

    def reset(self) -> None:
        """Restore the initial state, but for the time: no tasks, no records, the first faults and the seed."""
        self._engine.reset()
        self._apis = self._build_apis()

    async def _serve_apis(self, scope: Scope, receive: Receive, send: Send) -> None:
        classify(scope)
        await self._apis(scope, receive, send)

    def _build_apis(self) -> App:
        seed, dialect, keys, access_keys, accept_models = self._service_options
        tasks = self._engine.tasks
        services = Services(
            tasks,
            clock=self.clock,
            dialect=dialect,
            keys=keys,
            access_keys=access_keys,
            seed=seed,
            accept_models=accept_models,
        )
        self._engine.callback_body = services.callback
        apis = Starlette(
            routes=[media_route(tasks, self.clock), *services.routes, *services.file_routes],
            exception_handlers={HTTPException: services.error_response, ApiError: services.error_response},
        )
        apis.state.public_url = self._public_url
        # A path with a slash too many is a wrong path.
        apis.router.redirect_slashes = False
        app = FaultMiddleware(cast("App", apis), self.faults, TaskSubjects(tasks), services.fault_response)
        return Journal(Guard(app, self._access), clock=self.clock, exchanges=self._engine.exchanges)
