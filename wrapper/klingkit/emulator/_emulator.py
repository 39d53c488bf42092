"""The emulator as a whole: the APIs, the page and the control paths on one engine."""

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager, ExitStack
from os import PathLike
from typing import cast

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from klingkit.emulator._engine import Engine
from klingkit.emulator._option_checks import check
from klingkit.emulator._store import Store
from klingkit.emulator.apis._errors import Refused
from klingkit.emulator.apis._services import Dialect, Services
from klingkit.emulator.faults._fault import Fault
from klingkit.emulator.faults._middleware import Weather
from klingkit.emulator.faults._rules import Faults
from klingkit.emulator.http._host_check import Gate, hosts
from klingkit.emulator.http._serving import serve
from klingkit.emulator.http._tls import Tls
from klingkit.emulator.inspector._control import Control
from klingkit.emulator.journal._exchanges import Exchange
from klingkit.emulator.journal._journal import App, Journal, Receive, Scope, Send
from klingkit.emulator.journal._views import TaskView, view
from klingkit.emulator.tasks._clock import Clock, SystemClock
from klingkit.emulator.tasks._finish import AtOnce, Finish
from klingkit.emulator.tasks._media import media_route
from klingkit.emulator.tasks._table import KEPT, Failure
from klingkit.emulator.webhooks._callbacks import Post
from klingkit.emulator.webhooks._deliveries import Delivery
from klingkit.emulator.webhooks._post import networks


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
            one POST, to loopback addresses and to `allow_callbacks` only.
        dialect: how the APIs are spoken: as the documents say, as the vendors' servers are known to
            ("official"), or Kling's own as relays do ("relay", "relay-flat").
        access_keys: Kling's access keys with their secret keys, by which tokens are checked.
        slots: how many tasks of one key may be unfinished at once at each API; None: any number.
        rate: how many tasks one key may make at each API in any 10 seconds of the clock; None: any number.
        faults: what goes wrong from the beginning.
        signing: the key that an API's callbacks are signed with, by the API's name: any text for "kie",
            "whsec_" and Base64 for "native" and "relay".
        allow_callbacks: networks (as "10.0.0.0/8") that callbacks may go to, beside loopback.
        allow_hosts: names, in requests' Host header, that the page and the control paths answer to, beside
            those of this machine.
        public_url: the base URL that answers and callbacks name films by, where the emulator is reached by another
            one than requests show it: behind a proxy, say, which takes its path off again. By default each request
            shows it. The page answers to its name, too.
        database: an SQLite file in which tasks, and the log of callbacks, survive a restart.
        kept: how many tasks are kept; the oldest is forgotten first. Of callbacks' deliveries as many are, of
            requests a tenth.

    Attributes:
        app: the ASGI application, for `httpx.ASGITransport`; it needs no lifespan events.
        clock: the clock it was given.
        faults: what goes wrong; may be changed at any time.

    Raises:
        ValueError: an option can't be meant, or the database is damaged; names it, the limit and the value.
        OSError: the database can't be opened.
    """

    def __init__(  # noqa: PLR0913  (each is an option of its own, and is given by name)
        self,
        *,
        seed: int = 0,
        finish: Finish | None = None,
        clock: Clock | None = None,
        keys: Collection[str] | None = None,
        post: Post | None = None,
        dialect: Dialect = "documents",
        access_keys: Mapping[str, str] | None = None,
        slots: int | None = None,
        rate: int | None = None,
        faults: Collection[Fault] = (),
        signing: Mapping[str, str] | None = None,
        allow_callbacks: Collection[str] = (),
        allow_hosts: Collection[str] = (),
        public_url: str | None = None,
        database: str | PathLike[str] | None = None,
        kept: int = KEPT,
    ) -> None:
        check(
            {"seed": seed, "finish": finish, "clock": clock, "post": post, "database": database, "faults": faults}
            | {"keys": keys, "access_keys": access_keys, "dialect": dialect, "slots": slots, "rate": rate, "kept": kept}
            | {"signing": signing, "allow_callbacks": allow_callbacks, "allow_hosts": allow_hosts}
            | {"public_url": public_url}
        )
        self.clock: Clock = clock or SystemClock()
        public = httpx.URL(public_url) if public_url is not None else None
        self._public_url = str(public).rstrip("/") if public else None
        self._speech = (seed, dialect, keys, access_keys)
        allowed = networks(allow_callbacks)
        names = hosts("allow_hosts", allow_hosts)
        names |= hosts("public_url", [public.raw_host.decode()] if public else [])
        self._store = Store(database) if database is not None else None
        with ExitStack() as opened:  # a database that is not taken up after all is closed
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
            self.faults: Faults = self._engine.faults
            self._apis: App = self._build()
            self._engine.restore()
            opened.pop_all()
        control = Control(self._engine, dialect=dialect, reset=self.reset)
        self.app: Gate = Gate(self._answer, cast("App", control.app()), hosts=names)

    def serve(self, *, host: str = "127.0.0.1", port: int = 0, tls: Tls | None = None) -> AbstractContextManager[str]:
        """Serve on a port while the context lasts; entering it gives the base URL.

        Args:
            host: an IP address of this machine. Whoever can reach it can use the emulator; with the default, that is
                this machine alone.
            port: 0 takes a free one.
            tls: the PEM files of a certificate and its key, to serve by https; None for the key: it is in the
                certificate's file.

        Raises:
            ValueError: `host` is no IP address, or `tls` no certificate with its key.
            OSError: the port is taken, or this machine has no such address.
        """
        check({"tls": tls})
        return serve(self.app, host, port, tls)

    def close(self) -> None:
        """Let tasks move on no more, send no more callbacks, and close the database.

        What happens after that is not kept; callbacks that were not sent go on with the database.
        """
        self._engine.close()

    @property
    def tasks(self) -> tuple[TaskView, ...]:
        """The tasks as they are now, the oldest first."""
        return tuple(view(task) for task in reversed(self._engine.tasks.newest()))

    def task(self, task_id: str) -> TaskView:
        """The task as it is now.

        Raises:
            LookupError: there is no such task, or no more.
        """
        return view(self._engine.get_task(task_id))

    def finish_task(self, task_id: str) -> None:
        """End a task well, now.

        Raises:
            LookupError: there is no such task, or no more (the newest `kept` are there).
            ValueError: it has ended already.
        """
        self._engine.end(task_id)

    def fail_task(self, task_id: str, *, code: str | None = None, message: str | None = None) -> None:
        """Let a task fail, now; code and message are the API's own unless they are given.

        Kling's own API, native or relayed, tells the message alone.

        Raises:
            LookupError: there is no such task, or no more (the newest `kept` are there).
            ValueError: it has ended already, or the reason is no text.
        """
        self._engine.end(task_id, Failure(code, message))

    @property
    def requests(self) -> tuple[Exchange, ...]:
        """The newest requests to the APIs and the films, with their answers, in the order of their ends."""
        return self._engine.exchanges.all()

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """What became of the newest callbacks, also of those that were not sent, in the order of their ends."""
        return self._engine.deliveries.all()

    def resend(self, delivery_id: int) -> None:
        """Send a callback once more, with the time and signature of now.

        Raises:
            LookupError: there is no such delivery, or no more.
        """
        self._engine.callbacks.resend(delivery_id)

    def wait_idle(self, timeout: float = 5.0) -> None:
        """Return once all callbacks that are due are delivered, or have failed.

        It blocks: a receiver in the caller's own event loop could not answer meanwhile.

        Raises:
            TimeoutError: some were still under way after `timeout` seconds.
        """
        self._engine.callbacks.wait_idle(timeout)

    def reset(self) -> None:
        """Be as at the beginning, but for the time: nothing has happened, the faults and the seed are the first."""
        self._engine.reset()
        self._apis = self._build()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._apis(scope, receive, send)

    def _build(self) -> App:
        seed, dialect, keys, access_keys = self._speech
        tasks = self._engine.tasks
        services = Services(tasks, clock=self.clock, dialect=dialect, keys=keys, access_keys=access_keys, seed=seed)
        self._engine.news = services.callback
        apis = Starlette(
            routes=[media_route(tasks, self.clock), *services.routes],
            exception_handlers={HTTPException: services.refuse, Refused: services.refuse},
        )
        apis.state.public_url = self._public_url
        # A path with a slash too many is a wrong path, as any other.
        apis.router.redirect_slashes = False
        weather = Weather(apis, self.faults, tasks, services.refusal)
        return Journal(cast("App", weather), clock=self.clock, exchanges=self._engine.exchanges)
