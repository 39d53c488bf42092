"""Receivers: what a web framework hands a delivery to."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, Final, Generic, TypeAlias, TypeVar

from attrs import define, evolve, field

from klingkit._callbacks import Headers, bounded, checked, parse_callback
from klingkit._client import AsyncClient, Client
from klingkit._errors import ConfigurationError, InvalidRequest, KlingkitError
from klingkit._events import Events
from klingkit._models import CallbackEvent
from klingkit.callbacks import _asgi as asgi
from klingkit.callbacks._replies import (
    BUSY,
    HANDLED,
    REPEATED,
    TOO_LONG,
    UNCONFIRMED,
    Reply,
    broken,
    refusal,
    unstored,
)
from klingkit.callbacks._stores import AsyncStore, MemoryStore, Store
from klingkit.callbacks._urls import CallbackUrls

__all__ = ["AsyncReceiver", "Receiver"]

LONGEST_BODY: Final = 262_144
"""Bytes that a callback may have."""

Handler: TypeAlias = Callable[[CallbackEvent], object]


@define(eq=False, kw_only=True)
class ReceiverCore:
    """What both receivers do before and after asking the API."""

    api: Any
    keys: Sequence[str]
    urls: CallbackUrls | None
    events: Events | None
    tolerance: float
    max_bytes: int
    _lock: threading.Lock = field(factory=threading.Lock, init=False)
    _under_way: set[str] = field(factory=set[str], init=False)

    def read(self, body: bytes, headers: Headers, path: str) -> CallbackEvent:
        """Read and check a callback, its path included."""
        name = self.urls.name(path) if self.urls is not None else None
        event = parse_callback(
            self.api, body, headers, keys=self.keys, tolerance=self.tolerance, max_bytes=self.max_bytes
        )
        return evolve(event, name=name)

    def tell(self, event: CallbackEvent) -> None:
        """Tell whoever waits for the task."""
        if self.events is not None:
            self.events.put(event)

    @contextmanager
    def claim(self, keys: Sequence[str]) -> Generator[bool]:
        """Tell whether nobody else handles any of this, and see to it while inside the block."""
        with self._lock:
            ours = self._under_way.isdisjoint(keys)
            self._under_way.update(keys if ours else ())
        try:
            yield ours
        finally:
            if ours:
                with self._lock:
                    self._under_way.difference_update(keys)


def once(event: CallbackEvent) -> tuple[str, ...]:
    """Name what is to be handled once: a task in a state, as the API has it, and a delivery that is signed."""
    state = f"{event.ref} {event.task.vendor_status}"
    return (event.id, state) if event.verified and event.id else (state,)


def lags(event: CallbackEvent, said: CallbackEvent) -> bool:
    """Tell whether the API does not know yet of the end that a callback tells of; there may be no other callback."""
    return said.task.done and not event.task.done


ClientT = TypeVar("ClientT", bound=Client[Any] | AsyncClient[Any])
StoreT = TypeVar("StoreT", bound=Store | AsyncStore)


class _Receiver(Generic[ClientT, StoreT]):
    """What both receivers are made of."""

    _clients: ClassVar[type]
    _waits: ClassVar[bool]
    """Whether it can await what its handler and its store return."""

    def __init__(
        self,
        client: ClientT,
        handler: Handler | None = None,
        *,
        keys: Sequence[str] = (),
        urls: CallbackUrls | None = None,
        store: StoreT | None = None,
        events: Events | None = None,
        confirm: bool = True,
        tolerance: float = 300.0,
        max_bytes: int = LONGEST_BODY,
    ) -> None:
        self._store = MemoryStore() if store is None else store
        self._check(client, handler)
        api: Any = client.api
        with _configuring():
            bounded(tolerance, max_bytes)
            _, secrets = checked(api, keys)
        _instance("urls", urls, CallbackUrls | None)
        _instance("events", events, Events | None)
        _instance("confirm", confirm, bool)
        self._client, self._handler, self._confirm = client, handler, confirm
        self._core = ReceiverCore(
            api=api, keys=secrets, urls=urls, events=events, tolerance=tolerance, max_bytes=max_bytes
        )

    def _check(self, client: object, handler: object) -> None:
        """Refuse at once what would fail, or lose a delivery, when one comes."""
        mine = type(self).__name__
        if not isinstance(client, self._clients):
            raise ConfigurationError(f"client: {mine} takes {self._clients.__name__}, not {type(client).__name__}")
        if handler is not None and not callable(handler):
            raise ConfigurationError(f"handler: a function, not {handler!r}")
        if self._waits:
            return
        if _is_coroutine(handler):
            raise ConfigurationError("handler: a coroutine function, which a Receiver cannot await: use AsyncReceiver")
        if _is_coroutine(self._store.seen) or _is_coroutine(self._store.record):
            raise ConfigurationError("store: of coroutines, which a Receiver cannot await: use AsyncReceiver")


class Receiver(_Receiver[Client[Any], Store]):
    """Receives callbacks in a blocking web framework; threads may share it.

    Args:
        client: Confirms what callbacks say.
        handler: Called with each confirmed event, once.
        keys: The signing keys in use, several while they rotate. None: the sender is not checked.
        urls: What made the callback URLs, where the path proves the sender.
        store: Remembers what was handled.
        events: Brings the events to `client.wait(..., events=...)`.
        confirm: Whether to ask the API; without it the handler sees what anybody may have sent.
        tolerance: Seconds that a signature may be old, or ahead.
        max_bytes: Bytes that a body may have.

    Raises:
        ConfigurationError: A key cannot be used, or the client, the handler or the store is of the other kind.
    """

    _clients, _waits = Client, False

    def handle(self, body: bytes, headers: Headers, path: str = "") -> Reply:
        """Handle one delivery and return what to answer.

        Args:
            body: As it arrived.
            headers: As they arrived, in any form that a framework has them in.
            path: The path it came to, where `urls` made it.
        """
        said = None
        try:
            said = self._core.read(body, headers, path)
            event = self._client.confirm(said) if self._confirm else said
        except KlingkitError as error:
            return refusal(error, said)
        self._core.tell(event)
        if lags(event, said):
            return UNCONFIRMED
        keys = once(event)
        with self._core.claim(keys) as ours:
            if not ours:
                return BUSY
            fail = unstored
            try:
                if any(_plain(self._store.seen(key)) for key in keys):
                    return REPEATED
                if self._handler is not None:
                    fail = broken
                    _plain(self._handler(event))
                fail = unstored
                for key in keys:
                    _plain(self._store.record(key))
            except Exception as error:  # noqa: BLE001 - the vendor is told, and the log
                return fail(event, error)
        return HANDLED


class AsyncReceiver(_Receiver[AsyncClient[Any], Store | AsyncStore]):
    """Receives callbacks under asyncio or trio: see `Receiver`. It is an ASGI application of its own.

    `handler` may be a coroutine function, `store` an `AsyncStore`.
    """

    _clients, _waits = AsyncClient, True

    async def handle(self, body: bytes, headers: Headers, path: str = "") -> Reply:
        """Handle one delivery and return what to answer: see `Receiver.handle`."""
        said = None
        try:
            said = self._core.read(body, headers, path)
            event = await self._client.confirm(said) if self._confirm else said
        except KlingkitError as error:
            return refusal(error, said)
        self._core.tell(event)
        if lags(event, said):
            return UNCONFIRMED
        keys = once(event)
        with self._core.claim(keys) as ours:
            if not ours:
                return BUSY
            fail = unstored
            try:
                for key in keys:
                    if await _settled(self._store.seen(key)):
                        return REPEATED
                if self._handler is not None:
                    fail = broken
                    await _settled(self._handler(event))
                fail = unstored
                for key in keys:
                    await _settled(self._store.record(key))
            except Exception as error:  # noqa: BLE001 - the vendor is told, and the log
                return fail(event, error)
        return HANDLED

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve as an ASGI application, mounted or alone."""
        if scope["type"] == "lifespan":
            await asgi.live(receive, send)
            return
        if scope["type"] != "http":
            raise RuntimeError(f"callbacks come by HTTP, not by {scope['type']}")
        if scope["method"] != "POST":
            await asgi.answer(send, Reply(405, "callbacks are POSTed"), [(b"allow", b"POST")])
            return
        body = await asgi.body(receive, self._core.max_bytes)
        if body is None:
            await asgi.answer(send, TOO_LONG)
            return
        await asgi.answer(send, await self.handle(body, scope["headers"], scope["path"]))


@contextmanager
def _configuring() -> Generator[None]:
    """Let what is wrong with an argument be wrong with the receiver."""
    try:
        yield
    except InvalidRequest as error:
        raise ConfigurationError(str(error)) from error


def _instance(name: str, value: object, kind: Any) -> None:
    if not isinstance(value, kind):
        wanted = " or ".join(each.__name__ for each in getattr(kind, "__args__", (kind,)))
        raise ConfigurationError(f"{name}: {wanted}, not {value!r}")


def _is_coroutine(function: object) -> bool:
    """Tell whether calling this gives something to await."""
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004 - an object with an async __call__


def _plain(value: Any) -> Any:
    """Return a result; one that waits to be awaited would be lost."""
    if not inspect.isawaitable(value):
        return value
    if inspect.iscoroutine(value):
        value.close()
    raise TypeError("returned something to await, which a Receiver cannot: use AsyncReceiver")


async def _settled(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value
