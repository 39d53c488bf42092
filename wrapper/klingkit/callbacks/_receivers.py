"""Receivers: a web framework hands them a delivery, and returns their reply."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, Final, Generic, TypeAlias, TypeVar, cast

from attrs import define, evolve, field

from klingkit._async_client import AsyncClient
from klingkit._callbacks import Headers, check_api, check_limits, parse_callback
from klingkit._client import Client
from klingkit._errors import ConfigurationError, InvalidRequest, KlingkitError
from klingkit._events import Events
from klingkit._fork import PerProcess
from klingkit._models import CallbackEvent, TaskRef
from klingkit._secret import Secret
from klingkit.callbacks import _asgi as asgi
from klingkit.callbacks._replies import (
    BUSY,
    HANDLED,
    REPEATED,
    TOO_LONG,
    UNCONFIRMED,
    Reply,
    handler_failed,
    rejection,
    store_failed,
)
from klingkit.callbacks._stores import AsyncStore, MemoryStore, Store
from klingkit.callbacks._urls import CallbackUrls

__all__ = ["AsyncReceiver", "Receiver"]

MAX_BODY: Final = 262_144
"""Bytes that a callback may have."""

Handler: TypeAlias = Callable[[CallbackEvent], object]

FindRef: TypeAlias = Callable[[str], object]
"""From the name of a callback URL to the task of that order: a `TaskRef`, its text form, or None."""


@define(eq=False)
class Claims:
    """The keys of the deliveries that one process is handling."""

    lock: threading.Lock = field(factory=threading.Lock)
    keys: set[str] = field(factory=set[str])


@define(eq=False, kw_only=True)
class ReceiverCore:
    """The steps that both receivers share, before and after the query of the API."""

    api: Any
    keys: Sequence[Secret]
    urls: CallbackUrls | None
    events: Events | None
    tolerance: float
    max_bytes: int
    _claims: PerProcess[Claims] = field(factory=lambda: PerProcess(Claims), init=False)

    def read(self, body: bytes, headers: Headers, path: str) -> CallbackEvent:
        """Parse and check a callback, its path included."""
        name = self.urls.name(path) if self.urls is not None else None
        event = parse_callback(
            self.api, body, headers, keys=self.keys, tolerance=self.tolerance, max_bytes=self.max_bytes
        )
        return evolve(event, name=name)

    def publish(self, event: CallbackEvent) -> None:
        """Pass an event to the waits for its task."""
        if self.events is not None:
            self.events.put(event)

    @contextmanager
    def claim(self, keys: Sequence[str]) -> Generator[bool]:
        """Claim keys while the block lasts; False: another thread or task handles one of them."""
        claims = self._claims.get()
        with claims.lock:
            ours = claims.keys.isdisjoint(keys)
            claims.keys.update(keys if ours else ())
        try:
            yield ours
        finally:
            if ours:
                with claims.lock:
                    claims.keys.difference_update(keys)


def about(event: CallbackEvent, found: object) -> CallbackEvent:
    """Return the event about the task that its URL proves; a relay's callback may have the id of another service.

    Raises:
        InvalidRequest: `found` is neither a task reference nor its text form.
    """
    if found is None:
        return event
    ref = found if isinstance(found, TaskRef) else TaskRef.parse(cast("str", found))
    return evolve(event, task=evolve(event.task, ref=ref))


def delivery_keys(event: CallbackEvent) -> tuple[str, ...]:
    """Return the keys to be handled once: the task with its state in the API, and the id of a signed delivery."""
    state = f"{event.ref} {event.task.vendor_status}"
    return (event.id, state) if event.verified and event.id else (state,)


def lags(event: CallbackEvent, delivered: CallbackEvent) -> bool:
    """Return whether the API does not know yet of an end that a callback reports; it may be the only callback."""
    return delivered.task.done and not event.task.done


ClientT = TypeVar("ClientT", bound=Client[Any] | AsyncClient[Any])
StoreT = TypeVar("StoreT", bound=Store | AsyncStore)


class _Receiver(Generic[ClientT, StoreT]):
    """The base of both receivers."""

    _clients: ClassVar[type]
    _awaits: ClassVar[bool]
    """Whether it awaits the results of its handler and its store."""

    def __init__(  # noqa: PLR0913 - options, by keyword
        self,
        client: ClientT,
        handler: Handler | None = None,
        *,
        keys: Sequence[str] = (),
        urls: CallbackUrls | None = None,
        find_ref: FindRef | None = None,
        store: StoreT | None = None,
        events: Events | None = None,
        confirm: bool = True,
        tolerance: float = 300.0,
        max_bytes: int = MAX_BODY,
    ) -> None:
        self._store = MemoryStore() if store is None else store
        self._check(client, handler)
        api: Any = client.api
        with _as_configuration_error():
            check_limits(tolerance, max_bytes)
            _, secrets = check_api(api, keys)
        _check_instance("urls", urls, CallbackUrls | None)
        _check_instance("events", events, Events | None)
        _check_instance("confirm", confirm, bool)
        self._check_finding(urls, find_ref)
        self._client, self._handler, self._confirm, self._find_ref = client, handler, confirm, find_ref
        self._core = ReceiverCore(
            api=api, keys=secrets, urls=urls, events=events, tolerance=tolerance, max_bytes=max_bytes
        )

    def _check_finding(self, urls: object, find_ref: object) -> None:
        if find_ref is None:
            return
        if urls is None or not callable(find_ref):
            raise ConfigurationError(f"find_ref: a function of the names of urls=, not {find_ref!r} without them")
        if _is_coroutine(find_ref) and not self._awaits:
            raise ConfigurationError("find_ref: a coroutine function, which a Receiver cannot await: use AsyncReceiver")

    def _check(self, client: object, handler: object) -> None:
        """Refuse at once arguments that would fail, or lose a delivery, later."""
        own, kind = type(self).__name__, type(client).__name__
        if not isinstance(client, self._clients):
            other = "Receiver" if self._awaits else "AsyncReceiver"
            instead = f": use {other}" if isinstance(client, Client | AsyncClient) else ""
            raise ConfigurationError(f"client: {own} takes {self._clients.__name__}, not {kind}{instead}")
        for name in ("seen", "record"):
            if not callable(getattr(self._store, name, None)) or isinstance(self._store, type):
                methods = "seen(key) and record(key)"
                raise ConfigurationError(f"store: an object with {methods}, such as MemoryStore(), not {self._store!r}")
        if handler is not None and not callable(handler):
            raise ConfigurationError(f"handler: a function, not {handler!r}")
        if self._awaits:
            return
        if _is_coroutine(handler):
            raise ConfigurationError("handler: a coroutine function, which a Receiver cannot await: use AsyncReceiver")
        if _is_coroutine(self._store.seen) or _is_coroutine(self._store.record):
            raise ConfigurationError(
                "store: its methods are coroutine functions, which a Receiver cannot await: use AsyncReceiver"
            )


class Receiver(_Receiver[Client[Any], Store]):
    """Receives callbacks in a blocking web framework; threads may share it.

    Args:
        client: Queries the API to confirm callbacks.
        handler: Called once with each confirmed event.
        keys: The signing keys in use, several while they rotate. Empty: the sender is not checked.
        urls: The `CallbackUrls` that made the callback URLs, if the path proves the sender.
        find_ref: Returns the task that was submitted with the URL of a name (a `TaskRef`, or its text form): callbacks
            through a relay may have the id of the service behind it. None: the id in the callback counts.
        store: Remembers which deliveries were handled; a `MemoryStore` if None.
        events: Passes the events to `client.wait(..., events=...)`.
        confirm: Whether to query the API; without it the handler gets what anybody may have sent.
        tolerance: Seconds by which a signature may be old, or in the future.
        max_bytes: Bytes that a body may have.

    Raises:
        ConfigurationError: An argument cannot be used, or the client, the handler or the store is of the other kind.
    """

    _clients, _awaits = Client, False

    def handle(self, body: bytes, headers: Headers, path: str = "") -> Reply:
        """Handle one delivery and return the reply.

        Args:
            body: As received.
            headers: As received, in the form of any framework.
            path: The path of the request; needed with `urls`.
        """
        delivered = None
        try:
            delivered = self._core.read(body, headers, path)
            if self._find_ref is not None:
                with _as_undeliverable():
                    delivered = about(delivered, _plain(self._find_ref(str(delivered.name))))
            event = self._client.confirm(delivered) if self._confirm else delivered
        except KlingkitError as error:
            return rejection(error, delivered)
        self._core.publish(event)
        if lags(event, delivered):
            return UNCONFIRMED
        keys = delivery_keys(event)
        with self._core.claim(keys) as ours:
            if not ours:
                return BUSY
            fail = store_failed
            try:
                if any(_plain(self._store.seen(key)) for key in keys):
                    return REPEATED
                if self._handler is not None:
                    fail = handler_failed
                    _plain(self._handler(event))
                fail = store_failed
                for key in keys:
                    _plain(self._store.record(key))
            except Exception as error:  # noqa: BLE001 - logged, and the vendor shall deliver again
                return fail(event, error)
        return HANDLED


class AsyncReceiver(_Receiver[AsyncClient[Any], Store | AsyncStore]):
    """Receives callbacks under asyncio or trio: see `Receiver`. It is an ASGI application of its own.

    `handler` may be a coroutine function, `store` an `AsyncStore`.
    """

    _clients, _awaits = AsyncClient, True

    async def handle(self, body: bytes, headers: Headers, path: str = "") -> Reply:
        """Handle one delivery and return the reply: see `Receiver.handle`."""
        delivered = None
        try:
            delivered = self._core.read(body, headers, path)
            if self._find_ref is not None:
                with _as_undeliverable():
                    delivered = about(delivered, await _awaited(self._find_ref(str(delivered.name))))
            event = await self._client.confirm(delivered) if self._confirm else delivered
        except KlingkitError as error:
            return rejection(error, delivered)
        self._core.publish(event)
        if lags(event, delivered):
            return UNCONFIRMED
        keys = delivery_keys(event)
        with self._core.claim(keys) as ours:
            if not ours:
                return BUSY
            fail = store_failed
            try:
                for key in keys:
                    if await _awaited(self._store.seen(key)):
                        return REPEATED
                if self._handler is not None:
                    fail = handler_failed
                    await _awaited(self._handler(event))
                fail = store_failed
                for key in keys:
                    await _awaited(self._store.record(key))
            except Exception as error:  # noqa: BLE001 - logged, and the vendor shall deliver again
                return fail(event, error)
        return HANDLED

    def mount(self, app: Any, path: str) -> None:
        """Receive deliveries at this path of a Starlette or FastAPI application, and at all paths below it.

        `app.mount` alone redirects `/kling` to `/kling/`, which vendors do not follow; here both spellings arrive.

        Args:
            app: The application, or a `Router` of Starlette; no `APIRouter` of FastAPI, which ignores its prefix for
                mounts, and loses them where it is included.
            path: As in the callback URL: `/kling` and `/kling/` are the same.

        Raises:
            ConfigurationError: The application is none of these, or the path is no more than a slash, or has none at
                its beginning.
        """
        asgi.check_mountable(app)
        bare = path.rstrip("/") if isinstance(path, str) else ""  # pyright: ignore[reportUnnecessaryIsInstance] - not everybody checks types
        if not bare.startswith("/"):
            raise ConfigurationError(f"path: one that begins with a slash, like /kling, not {path!r}")
        app.add_route(bare, self)
        app.mount(bare, self)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve as an ASGI application, mounted or alone."""
        if scope["type"] == "lifespan":
            await asgi.handle_lifespan(receive, send)
            return
        if scope["type"] != "http":
            raise RuntimeError(f"callbacks come by HTTP, not by {scope['type']}")
        if scope["method"] != "POST":
            await asgi.send_reply(send, Reply(405, "callbacks are POSTed"), [(b"allow", b"POST")])
            return
        body = await asgi.read_body(receive, self._core.max_bytes)
        if body is None:
            await asgi.send_reply(send, TOO_LONG)
            return
        await asgi.send_reply(send, await self.handle(body, scope["headers"], scope["path"]))


@contextmanager
def _as_undeliverable() -> Generator[None]:
    """Turn any failure of `find_ref` into one of this delivery, which shall be repeated."""
    try:
        yield
    except Exception as error:
        raise KlingkitError(f"find_ref failed: {type(error).__name__}: {error}") from error


@contextmanager
def _as_configuration_error() -> Generator[None]:
    """Turn an invalid argument into an error of the receiver's configuration."""
    try:
        yield
    except InvalidRequest as error:
        raise ConfigurationError(str(error)) from error


def _check_instance(name: str, value: object, kind: Any) -> None:
    if not isinstance(value, kind):
        expected = " or ".join(each.__name__ for each in getattr(kind, "__args__", (kind,)))
        raise ConfigurationError(f"{name}: {expected}, not {value!r}")


def _is_coroutine(function: object) -> bool:
    """Return whether a call of this gives something to await."""
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004 - an object with an async __call__


def _plain(value: Any) -> Any:
    """Return a result; raise if it is something to await, which would be lost."""
    if not inspect.isawaitable(value):
        return value
    if inspect.iscoroutine(value):
        value.close()
    raise TypeError("returned something to await, which a Receiver cannot: use AsyncReceiver")


async def _awaited(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value
