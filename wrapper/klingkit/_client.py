"""The clients: one line a method; what to do is in the flows, who performs it is in the seam."""

from __future__ import annotations

import os
import queue
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar

import anyio.to_thread
import httpx
from anyio.abc import ObjectReceiveStream

from klingkit import _downloads, _tasks
from klingkit._arguments import check_adapter, check_callback, check_events, check_sync_callback
from klingkit._downloads import DOWNLOAD_TIMEOUT
from klingkit._events import Events
from klingkit._flow import AsyncIO, SyncIO
from klingkit._models import CallbackEvent, Task, TaskRef, Video
from klingkit._polling import Polling, VendorAdvice
from klingkit._query import QUERY_TIMEOUT, get
from klingkit._submit import SUBMIT_TIMEOUT, submit
from klingkit.providers import Provider

__all__ = ["AsyncClient", "Client"]

RequestT = TypeVar("RequestT")

WAIT_TIMEOUT: Final = 900.0
"""Seconds a wait lasts at most: the vendors advise to look after 10 to 15 minutes."""

ADVICE: Final = VendorAdvice()


class Client(Generic[RequestT]):
    """Makes videos through one API, blocking; threads may share it.

    All times are seconds. Every error is a `KlingkitError`, carries `.ref` as soon as the task is known, and never
    shows the key. An interruption (Ctrl-C) waits, at most for its time limit, until it is known what was paid for;
    `unclaimed` then keeps the task.

    Args:
        api: Which API, with its key and host: `Kie()`.
        http: A client of your own, for proxies or certificates; it stays open when this one closes. Its idle
            connections may be reused for paid requests: give it `httpx.Limits(max_keepalive_connections=0)`.
        headers: What goes to the API beside our own headers; media hosts do not see it.
    """

    def __init__(
        self,
        api: Provider[RequestT],
        *,
        http: httpx.Client | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.api: Provider[RequestT] = check_adapter(api)
        self._unclaimed: list[TaskRef] = []
        self._owned = http is None
        self._io = SyncIO.open(api.auth, http, headers)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.api!r})"

    @property
    def unclaimed(self) -> list[TaskRef]:
        """The tasks that were paid for and lost their owner: their submission, or their generation, was interrupted."""
        return self._unclaimed

    def submit(
        self,
        request: RequestT,
        *,
        callback_url: str | None = None,
        external_task_id: str | None = None,
        extra: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> TaskRef:
        """Pay for a video and return the reference of its task.

        The paid request is sent again only when it is proven that nothing was created.

        Args:
            request: What to make; checked when it was made.
            callback_url: Where the service reports the end of the task.
            external_task_id: An id of your own, where the API has one.
            extra: Further fields of the body; merged, never replacing what the request says.
            timeout: For all attempts together; 60 s if None. Where the answer to them is uncertain, and the request
                carried an id of yours or ours, the task is looked for until then, or for 15 s if that is longer.

        Raises:
            InvalidRequest: Refused; nothing was created.
            ApiError: Refused by the API; nothing was created.
            NetworkError: The API was not reached; nothing was created.
            MalformedResponse: Refused in an unreadable way; nothing was created, unless it is also the next one.
            SubmissionUncertain: A task may exist; it is up to you. `external_task_id` may still find it.
        """
        return self._io.run(
            submit(
                self.api,
                request,
                timeout=SUBMIT_TIMEOUT if timeout is None else timeout,
                unclaimed=self._unclaimed,
                callback_url=callback_url,
                external_task_id=external_task_id,
                extra=extra,
            )
        )

    def get(self, ref: TaskRef, *, timeout: float = QUERY_TIMEOUT) -> Task:
        """Ask once after a task; a failed one is returned like any other.

        Raises:
            InvalidRequest: The task belongs to another API or account.
            NetworkError, MalformedResponse, ApiError: No answer, none that can be read, or a no.
        """
        return self._io.run(get(self.api, ref, timeout=timeout))

    def wait(
        self,
        ref: TaskRef,
        *,
        timeout: float = WAIT_TIMEOUT,
        on_update: Callable[[Task], object] | None = None,
        polling: Polling = ADVICE,
        events: Events | queue.Queue[CallbackEvent] | None = None,
    ) -> Task:
        """Wait until the video is finished and return its task; `on_update` sees each change.

        Args:
            ref: The task.
            timeout: For the whole wait.
            on_update: Called with each change.
            polling: How often to ask.
            events: Where its callbacks arrive: each ends a pause, so that the wait ends with whichever comes first.

        Raises:
            TaskFailed: The service could not make it.
            WaitTimeout: It did not end in time; it goes on.
            ApiError: An answer that no waiting can mend.
        """
        flow = _tasks.wait(self.api, ref, timeout=timeout, polling=polling, events=check_events(events, queue.Queue))
        return self._io.run(flow, check_sync_callback(on_update))

    def watch(
        self,
        ref: TaskRef,
        *,
        timeout: float = WAIT_TIMEOUT,
        polling: Polling = ADVICE,
        events: Events | queue.Queue[CallbackEvent] | None = None,
    ) -> Generator[Task, None, None]:
        """Yield each change of a task; ends after the last, be it failed.

        Raises:
            WaitTimeout: It did not end in time; it goes on.
            ApiError: An answer that no waiting can mend.
        """
        return self._io.iterate(
            _tasks.watch(self.api, ref, timeout=timeout, polling=polling, events=check_events(events, queue.Queue))
        )

    def generate(
        self,
        request: RequestT,
        *,
        callback_url: str | None = None,
        external_task_id: str | None = None,
        extra: Mapping[str, Any] | None = None,
        timeout: float = WAIT_TIMEOUT,
        on_update: Callable[[Task], object] | None = None,
        polling: Polling = ADVICE,
        events: Events | queue.Queue[CallbackEvent] | None = None,
    ) -> Task:
        """Submit and wait: see both. `timeout` is for the wait; a submission takes 60 s, 75 s with a look."""
        flow = _tasks.generate(
            self.api,
            request,
            timeout=timeout,
            polling=polling,
            events=check_events(events, queue.Queue),
            submit_timeout=SUBMIT_TIMEOUT,
            unclaimed=self._unclaimed,
            callback_url=callback_url,
            external_task_id=external_task_id,
            extra=extra,
        )
        return self._io.run(flow, check_sync_callback(on_update))

    def confirm(self, event: CallbackEvent, *, timeout: float = QUERY_TIMEOUT) -> CallbackEvent:
        """Ask the API after the task that a callback tells of, and return the event with what the API says.

        Do so with every callback: kie signs no content, and what is not signed may come from anybody.

        Raises:
            CallbackRejected: There is no such task.
            InvalidRequest: The task belongs to another API or account.
            NetworkError, MalformedResponse, ApiError: No answer, none that can be read, or a no.
        """
        return self._io.run(_tasks.confirm(self.api, event, timeout=timeout))

    def download(
        self,
        source: Task | Video,
        path: str | os.PathLike[str],
        *,
        timeout: float = DOWNLOAD_TIMEOUT,
        index: int = 0,
        max_bytes: int | None = None,
        on_progress: Callable[[int, int | None], object] | None = None,
    ) -> Path:
        """Download a finished video to a file, which appears only when it is whole.

        Goes on where the connection broke, or where an earlier download to the same path was interrupted: its beginning
        is kept beside the file (`.cat.mp4.part`, `.cat.mp4.part.json`) if the media host says how to tell whether the
        rest belongs to it (ETag, Last-Modified). What calls itself an MP4 must be one from end to end.

        The media host gets no key, cookie or password, nor does any host that it redirects to. Private addresses are
        refused unless the API's own host is at one; through a proxy, through a transport that is not httpx's, or on a
        connection that a client of your own has kept open, that is checked of addresses alone, not of names.

        Args:
            source: A finished task, or one of its videos. When a URL has expired, the API is asked for a fresh one:
                that takes the task.
            path: The file to write; a link is followed, what is there and is no regular file is refused.
            timeout: For the whole download.
            index: Which of the task's videos.
            max_bytes: Larger ones are refused.
            on_progress: Is told of the bytes so far, and of how many, or None where the host does not say.

        Raises:
            InvalidRequest: An argument is wrong; nothing was fetched.
            DownloadError: It did not arrive whole, or cannot be written; what stood at `path` still does.
        """
        emit = _downloads.progress_callback(check_sync_callback(on_progress, "on_progress"))
        with _downloads.open_part(self.api, source, path) as part:
            flow = _downloads.download(self.api, source, part, timeout=timeout, index=index, max_bytes=max_bytes)
            return self._io.run(flow, emit)()

    def close(self) -> None:
        """Close all connections, unless they are those of a client of your own; waits for what is being paid for."""
        self._io.drain()
        if self._owned:
            self._io.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class AsyncClient(Generic[RequestT]):
    """Makes videos through one API, under asyncio or trio: `Client` with `await`."""

    def __init__(
        self,
        api: Provider[RequestT],
        *,
        http: httpx.AsyncClient | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.api: Provider[RequestT] = check_adapter(api)
        self._unclaimed: list[TaskRef] = []
        self._owned = http is None
        self._io = AsyncIO.open(api.auth, http, headers)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.api!r})"

    @property
    def unclaimed(self) -> list[TaskRef]:
        """The tasks that were paid for and lost their owner: their submission, or their generation, was interrupted."""
        return self._unclaimed

    async def submit(
        self,
        request: RequestT,
        *,
        callback_url: str | None = None,
        external_task_id: str | None = None,
        extra: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> TaskRef:
        """Pay for a video and return the reference of its task: see `Client.submit`.

        Cancelling it waits until it is known what was paid for; that is then in `unclaimed`.
        """
        return await self._io.run(
            submit(
                self.api,
                request,
                timeout=SUBMIT_TIMEOUT if timeout is None else timeout,
                unclaimed=self._unclaimed,
                callback_url=callback_url,
                external_task_id=external_task_id,
                extra=extra,
            )
        )

    async def get(self, ref: TaskRef, *, timeout: float = QUERY_TIMEOUT) -> Task:
        """Ask once after a task: see `Client.get`."""
        return await self._io.run(get(self.api, ref, timeout=timeout))

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
            self.api, ref, timeout=timeout, polling=polling, events=check_events(events, ObjectReceiveStream)
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
        """Yield each change of a task: see `Client.watch`; leave it early through `contextlib.aclosing`."""
        return self._io.iterate(
            _tasks.watch(
                self.api, ref, timeout=timeout, polling=polling, events=check_events(events, ObjectReceiveStream)
            )
        )

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
            events=check_events(events, ObjectReceiveStream),
            submit_timeout=SUBMIT_TIMEOUT,
            unclaimed=self._unclaimed,
            callback_url=callback_url,
            external_task_id=external_task_id,
            extra=extra,
        )
        return await self._io.run(flow, check_callback(on_update))

    async def confirm(self, event: CallbackEvent, *, timeout: float = QUERY_TIMEOUT) -> CallbackEvent:
        """Ask the API after the task that a callback tells of: see `Client.confirm`."""
        return await self._io.run(_tasks.confirm(self.api, event, timeout=timeout))

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
        emit = _downloads.progress_callback(check_callback(on_progress, "on_progress"))
        with _downloads.open_part(self.api, source, path) as part:
            flow = _downloads.download(self.api, source, part, timeout=timeout, index=index, max_bytes=max_bytes)
            return await anyio.to_thread.run_sync(await self._io.run(flow, emit))

    async def close(self) -> None:
        """Close all connections, unless they are those of a client of your own; waits for what is being paid for."""
        await self._io.drain()
        if self._owned:
            await self._io.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
