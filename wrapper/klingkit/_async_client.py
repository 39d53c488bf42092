"""The async client: `Client` with `await`. It makes the same flows, and has a driver of its own."""

from __future__ import annotations

import os
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Mapping,
)
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Literal, Self

import httpx

from klingkit import _listing, _tasks
from klingkit._arguments import check_adapter, check_callback, check_events, check_pacing, check_timeout
from klingkit._base import Status
from klingkit._client import ADVICE, DOWNLOAD_TIMEOUT, UPLOAD_TIMEOUT, WAIT_TIMEOUT, load_rest
from klingkit._events import Events
from klingkit._get_many import Queries
from klingkit._many import Agenda
from klingkit._models import CallbackEvent, Task, TaskRef, TaskResult, UnclaimedTask, UploadedFile, Video
from klingkit._pacing import Pacing
from klingkit._polling import Polling
from klingkit._query import QUERY_TIMEOUT, credit, get
from klingkit._submit import SUBMIT_TIMEOUT, submit
from klingkit.providers import Provider

__all__ = ["AsyncClient"]

if TYPE_CHECKING:
    from anyio.abc import ObjectReceiveStream
    from typing_extensions import TypeVar  # in the type checkers' own stubs: nothing to install

    from klingkit._uploads import Source

    RequestT = TypeVar("RequestT", default=Any)
else:
    from typing import TypeVar

    RequestT = TypeVar("RequestT")


class AsyncClient(Generic[RequestT]):
    """Makes videos through one API, under asyncio or trio: `Client` with `await`."""

    def __init__(
        self,
        api: Provider[RequestT],
        *,
        http: httpx.AsyncClient | None = None,
        headers: Mapping[str, str] | None = None,
        pacing: Pacing | Literal["auto"] | None = "auto",
    ) -> None:
        self.api: Provider[RequestT] = check_adapter(api)
        self._limits = check_pacing(api, pacing)
        self._owned = http is None
        load_rest("_flow._async_many")
        from klingkit._flow._async import AsyncIO  # noqa: PLC0415 - loads httpcore and asyncio

        self._io = AsyncIO.open(api.auth, http, headers)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.api!r})"

    @property
    def unclaimed(self) -> list[UnclaimedTask]:
        """The tasks that were paid for while their submission, or their generation, was interrupted."""
        return self._io.unclaimed

    async def submit(
        self,
        request: RequestT,
        *,
        callback_url: str | None = None,
        external_task_id: str | None = None,
        extra: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> TaskRef:
        """Submit a request, which costs money, and return the reference of its task: see `Client.submit`.

        A cancellation first waits for the response, up to the time limit; the task's reference is then in `unclaimed`.
        """
        flow = submit(
            self.api,
            request,
            timeout=SUBMIT_TIMEOUT if timeout is None else timeout,
            unclaimed=self._io.unclaimed,
            limits=self._limits.get(),
            callback_url=callback_url,
            external_task_id=external_task_id,
            extra=extra,
        )
        return await self._io.run(flow)

    async def get(self, ref: TaskRef, *, timeout: float = QUERY_TIMEOUT) -> Task:
        """Query a task once: see `Client.get`."""
        return await self._io.run(get(self.api, ref, timeout=timeout, limits=self._limits))

    async def get_many(self, refs: Iterable[TaskRef], *, timeout: float = WAIT_TIMEOUT) -> list[TaskResult]:
        """Query many tasks once each: see `Client.get_many`."""
        from klingkit._flow._async_many import Changed, results_of  # noqa: PLC0415 - loads httpcore and asyncio

        io, refs = self._io, tuple(refs)
        queries = Queries(self.api, refs, timeout=timeout, began=io.clock(), limits=self._limits)
        async with results_of(io, queries, Changed()) as results:
            found = {it.ref: it async for it in results}
        return [found[ref] for ref in refs]

    async def wait(
        self,
        ref: TaskRef,
        *,
        timeout: float = WAIT_TIMEOUT,
        on_update: Callable[[Task], Awaitable[object] | object] | None = None,
        polling: Polling = ADVICE,
        events: Events | ObjectReceiveStream[CallbackEvent] | None = None,
    ) -> Task:
        """Wait until the video is finished: see `Client.wait`; `on_update` may be a coroutine function."""
        flow = _tasks.wait(
            self.api,
            ref,
            timeout=timeout,
            polling=polling,
            events=check_events(events, _receive_stream()),
            limits=self._limits,
        )
        return await self._io.run(flow, check_callback(on_update))

    def watch(
        self,
        ref: TaskRef,
        *,
        timeout: float = WAIT_TIMEOUT,
        polling: Polling = ADVICE,
        events: Events | ObjectReceiveStream[CallbackEvent] | None = None,
    ) -> AsyncGenerator[Task, None]:
        """Yield the task at each change: see `Client.watch`; to leave early, use `contextlib.aclosing`."""
        return self._io.iterate(
            _tasks.watch(
                self.api,
                ref,
                timeout=timeout,
                polling=polling,
                events=check_events(events, _receive_stream()),
                limits=self._limits,
            )
        )

    @asynccontextmanager
    async def as_completed(
        self,
        refs: Iterable[TaskRef],
        *,
        timeout: float = WAIT_TIMEOUT,
        polling: Polling = ADVICE,
        events: Events | None = None,
    ) -> AsyncGenerator[AsyncIterator[TaskResult], None]:
        """Wait for many tasks: see `Client.as_completed`; `async with`, and `async for`."""
        from klingkit._flow._async_many import Changed, results_of  # noqa: PLC0415 - loads httpcore and asyncio
        from klingkit._flow._uncancelled import loop_caller  # noqa: PLC0415 - loads asyncio

        io, changed, call_in_loop = self._io, Changed(), loop_caller()
        agenda = Agenda(self.api, refs, timeout=timeout, polling=polling, began=io.clock(), limits=self._limits)
        with agenda.listening(check_events(events, Events), io.clock, lambda: call_in_loop(changed.set)):
            async with results_of(io, agenda, changed) as results:
                yield results

    async def wait_all(
        self,
        refs: Iterable[TaskRef],
        *,
        timeout: float = WAIT_TIMEOUT,
        polling: Polling = ADVICE,
        events: Events | None = None,
    ) -> list[TaskResult]:
        """Wait for many tasks: see `Client.wait_all`."""
        refs = tuple(refs)
        async with self.as_completed(refs, timeout=timeout, polling=polling, events=events) as results:
            found = {it.ref: it async for it in results}
        return [found[ref] for ref in refs]

    async def generate(
        self,
        request: RequestT,
        *,
        callback_url: str | None = None,
        external_task_id: str | None = None,
        extra: Mapping[str, Any] | None = None,
        timeout: float = WAIT_TIMEOUT,
        on_update: Callable[[Task], Awaitable[object] | object] | None = None,
        polling: Polling = ADVICE,
        events: Events | ObjectReceiveStream[CallbackEvent] | None = None,
    ) -> Task:
        """Submit and wait: see `Client.generate`."""
        flow = _tasks.generate(
            self.api,
            request,
            timeout=timeout,
            polling=polling,
            events=check_events(events, _receive_stream()),
            submit_timeout=SUBMIT_TIMEOUT,
            unclaimed=self._io.unclaimed,
            limits=self._limits,
            callback_url=callback_url,
            external_task_id=external_task_id,
            extra=extra,
        )
        return await self._io.run(flow, check_callback(on_update))

    async def confirm(self, event: CallbackEvent, *, timeout: float = QUERY_TIMEOUT) -> CallbackEvent:
        """Query the task of a callback: see `Client.confirm`."""
        return await self._io.run(_tasks.confirm(self.api, event, timeout=timeout, limits=self._limits))

    async def download(
        self,
        source: Task | Video,
        path: str | os.PathLike[str],
        *,
        timeout: float = DOWNLOAD_TIMEOUT,
        index: int = 0,
        max_bytes: int | None = None,
        on_progress: Callable[[int, int | None], Awaitable[object] | object] | None = None,
    ) -> Path:
        """Download a finished video to a file: see `Client.download`; `on_progress` may be a coroutine function."""
        from klingkit import _downloads  # noqa: PLC0415 - loaded with the client

        emit = _downloads.progress_callback(check_callback(on_progress, "on_progress"))
        with _downloads.open_part(self.api, source, path) as part:
            flow = _downloads.download(self.api, source, part, timeout=timeout, index=index, max_bytes=max_bytes)
            finish = await self._io.run(flow, emit)
            return await self._io.in_thread(finish)  # moves the file into place

    async def upload(
        self,
        source: Source,
        *,
        request: type[RequestT] | None = None,
        field: str | None = None,
        media_type: str | None = None,
        timeout: float = UPLOAD_TIMEOUT,
        on_progress: Callable[[int, int], Awaitable[object] | object] | None = None,
    ) -> UploadedFile:
        """Upload a file for use in a request: see `Client.upload`; `on_progress` may be a coroutine function."""
        from klingkit import _uploads  # noqa: PLC0415 - loaded with the client

        report = check_callback(on_progress, "on_progress")
        check_timeout(timeout)
        opening = partial(_uploads.open_source, self.api, source, request=request, field=field, media_type=media_type)
        with await self._io.in_thread(opening) as file:
            return await self._io.run(_uploads.upload(self.api, file, timeout=timeout, on_progress=report))

    def tasks(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        status: Status | None = None,
        timeout: float = QUERY_TIMEOUT,
    ) -> AsyncGenerator[Task, None]:
        """Yield the tasks of the account: see `Client.tasks`; to leave early, use `contextlib.aclosing`."""
        return self._io.iterate(_listing.tasks(self.api, since=since, until=until, status=status, timeout=timeout))

    async def credits(self, *, timeout: float = QUERY_TIMEOUT) -> Decimal:
        """Query the credits that the account has left: see `Client.credits`."""
        return await self._io.run(credit(self.api, timeout=timeout))

    async def close(self) -> None:
        """Wait for paid requests under way, then close all connections but those of a client of your own."""
        await self._io.drain()
        if (limits := self._limits.get()) is not None:
            limits.wake()
        if self._owned:
            await self._io.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _receive_stream() -> type[ObjectReceiveStream[CallbackEvent]]:
    from anyio.abc import ObjectReceiveStream  # noqa: PLC0415 - takes as long as a tenth of httpx

    return ObjectReceiveStream
