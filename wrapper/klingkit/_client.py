"""The blocking client. Each method makes one flow, a generator of I/O steps, which its driver runs."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import (
    Callable,
    Generator,
    Iterable,
    Iterator,
    Mapping,
)
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, Self

import httpx

from klingkit import _listing, _tasks
from klingkit._arguments import check_adapter, check_events, check_pacing, check_sync_callback, check_timeout
from klingkit._base import Status
from klingkit._events import Events
from klingkit._get_many import Queries
from klingkit._many import Agenda
from klingkit._models import CallbackEvent, Task, TaskRef, TaskResult, UnclaimedTask, UploadedFile, Video
from klingkit._pacing import Pacing
from klingkit._polling import Polling, VendorAdvice
from klingkit._query import QUERY_TIMEOUT, credit, get
from klingkit._submit import SUBMIT_TIMEOUT, submit
from klingkit.providers import Provider

__all__ = ["ADVICE", "DOWNLOAD_TIMEOUT", "UPLOAD_TIMEOUT", "WAIT_TIMEOUT", "Client", "load_rest"]

if TYPE_CHECKING:
    from typing_extensions import TypeVar  # in the type checkers' own stubs: nothing to install

    from klingkit._uploads import Source

    RequestT = TypeVar("RequestT", default=Any)
else:
    from typing import TypeVar

    RequestT = TypeVar("RequestT")

WAIT_TIMEOUT: Final = 900.0
"""Seconds that a wait may take by default: the vendors advise to investigate after 10 to 15 minutes."""

DOWNLOAD_TIMEOUT: Final = 600.0
UPLOAD_TIMEOUT: Final = 600.0

ADVICE: Final = VendorAdvice()


def load_rest(*names: str) -> None:
    """Import what some calls alone need, which an import of the clients does not load; a call must not: see `_fork`."""
    for name in ("_downloads", "_uploads", *names):
        import_module(f"klingkit.{name}")


class Client(Generic[RequestT]):
    """Makes videos through one API, blocking; threads may share it, and so may the children of a fork.

    All times are seconds. Every error is a `KlingkitError`, carries `.ref` as soon as the task is known, and never
    shows the key. If you press Ctrl-C during a submission, the client first waits for the response, up to the time
    limit, and keeps the task's reference in `unclaimed`.

    Args:
        api: The adapter of an API, with its key and host: `Kie()`.
        http: A client of your own, for proxies or certificates, which stays open, and cannot cross a fork. Its idle
            connections may be reused for paid requests: give it `httpx.Limits(max_keepalive_connections=0)`.
        headers: Extra headers for the API and its host of uploads; media hosts do not get them.
        pacing: The limits of the account, which all calls of this client keep to together: "auto", those that are known
            of the vendor's own host, and what refusals teach; None: no limits, and a submission that is refused for
            one is tried three times at most.

    Raises:
        ConfigurationError: An argument cannot be used, or httpx refuses the environment's proxies or certificates.
    """

    def __init__(
        self,
        api: Provider[RequestT],
        *,
        http: httpx.Client | None = None,
        headers: Mapping[str, str] | None = None,
        pacing: Pacing | Literal["auto"] | None = "auto",
    ) -> None:
        self.api: Provider[RequestT] = check_adapter(api)
        self._limits = check_pacing(api, pacing)
        self._owned = http is None
        load_rest("_flow._sync_many")
        from klingkit._flow._sync import SyncIO  # noqa: PLC0415 - loads httpcore

        self._io = SyncIO.open(api.auth, http, headers)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.api!r})"

    @property
    def unclaimed(self) -> list[UnclaimedTask]:
        """The tasks that were paid for while their submission, or their generation, was interrupted."""
        return self._io.unclaimed

    def submit(
        self,
        request: RequestT,
        *,
        callback_url: str | None = None,
        external_task_id: str | None = None,
        extra: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> TaskRef:
        """Submit a request, which costs money, and return the reference of its task.

        The paid request is sent again only when it is proven that nothing was created.

        Args:
            request: The typed request, or a `Job`.
            callback_url: The URL to which the service reports the end of the task.
            external_task_id: An id of your own, if the API has such ids.
            extra: Further fields of the body; merged, without replacing any field of the request.
            timeout: Seconds for all together; 60 if None. If the request carries an external id, a quarter of them, 15
                at most, is kept to search for the task, should the outcome be uncertain. Where a limit of the account
                is reached, it waits for its turn; a quarter of what the search leaves, 15 s at most, is kept to send.

        Raises:
            InvalidRequest: Refused; nothing was created. A ContentRefused refused its content.
            RateLimited, SlotsFull: Its turn did not come in time; nothing was created.
            ApiError: Rejected by the API; nothing was created.
            NetworkError: The API was not reached; nothing was created.
            MalformedResponse: Rejected unreadably; nothing was created, unless it is a SubmissionUncertain too.
            SubmissionUncertain: A task may exist; it is not submitted again. `external_task_id` may still find it.
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
        return self._io.run(flow)

    def get(self, ref: TaskRef, *, timeout: float = QUERY_TIMEOUT) -> Task:
        """Query a task once; a failed task is returned like any other.

        Raises:
            InvalidRequest: The task belongs to another API or account.
            NetworkError, MalformedResponse, ApiError: No response, an unreadable one, or an error.
        """
        return self._io.run(get(self.api, ref, timeout=timeout, limits=self._limits))

    def get_many(self, refs: Iterable[TaskRef], *, timeout: float = WAIT_TIMEOUT) -> list[TaskResult]:
        """Query many tasks once each, 32 at once; return the results in the order of `refs`.

        An error ends its own query alone.

            for it in client.get_many(refs):
                print(it.ref, it.error or it.result().status)

        Args:
            refs: The tasks; one that is named twice is queried once.
            timeout: Seconds for all together, of which a query takes 30 at most.

        Raises:
            InvalidRequest: A task belongs to another API or account, or the time is invalid.
        """
        from klingkit._flow._sync_many import results_of  # noqa: PLC0415 - loads httpcore

        io, refs = self._io, tuple(refs)
        queries = Queries(self.api, refs, timeout=timeout, began=io.clock(), limits=self._limits)
        with results_of(io, queries, threading.Event()) as results:
            found = {it.ref: it for it in results}
        return [found[ref] for ref in refs]

    def wait(
        self,
        ref: TaskRef,
        *,
        timeout: float = WAIT_TIMEOUT,
        on_update: Callable[[Task], object] | None = None,
        polling: Polling = ADVICE,
        events: Events | queue.Queue[CallbackEvent] | None = None,
    ) -> Task:
        """Wait until the video is finished and return its task.

        Args:
            ref: The task.
            timeout: Seconds for the whole wait.
            on_update: Called with the task at each change.
            polling: The policy of the pauses between queries.
            events: Receives the callbacks of the task: each ends a pause, and the task is queried at once.

        Raises:
            TaskFailed: The service could not make the video; a TaskRefused refused its content.
            NoVideo: The task succeeded, and its record names no video.
            WaitTimeout: The task did not end in time; it goes on.
            ApiError: An error that waiting cannot help.
        """
        flow = _tasks.wait(
            self.api,
            ref,
            timeout=timeout,
            polling=polling,
            events=check_events(events, queue.Queue),
            limits=self._limits,
        )
        return self._io.run(flow, check_sync_callback(on_update))

    def watch(
        self,
        ref: TaskRef,
        *,
        timeout: float = WAIT_TIMEOUT,
        polling: Polling = ADVICE,
        events: Events | queue.Queue[CallbackEvent] | None = None,
    ) -> Generator[Task, None, None]:
        """Yield the task at each change, the last time when it has ended, succeeded or failed.

        Raises:
            WaitTimeout: The task did not end in time; it goes on.
            ApiError: An error that waiting cannot help.
        """
        return self._io.iterate(
            _tasks.watch(
                self.api,
                ref,
                timeout=timeout,
                polling=polling,
                events=check_events(events, queue.Queue),
                limits=self._limits,
            )
        )

    @contextmanager
    def as_completed(
        self,
        refs: Iterable[TaskRef],
        *,
        timeout: float = WAIT_TIMEOUT,
        polling: Polling = ADVICE,
        events: Events | None = None,
    ) -> Generator[Iterator[TaskResult]]:
        """Wait for many tasks, thousands if need be; give the end of each wait as it comes.

        An error ends its own wait alone.

            with client.as_completed(refs) as results:
                for it in results:
                    print(it.ref, it.error or it.result().videos[0].url)

        The tasks are queried by 32 threads, which end with the block.

        Args:
            refs: The tasks; one that is named twice is given once.
            timeout: Seconds that each wait may take.
            polling: The policy of the pauses between queries.
            events: Receives the callbacks of the tasks: one ends a pause, and its task is queried at once.

        Raises:
            InvalidRequest: A task belongs to another API or account, or an argument is invalid.
        """
        from klingkit._flow._sync_many import results_of  # noqa: PLC0415 - loads httpcore

        io, changed = self._io, threading.Event()
        agenda = Agenda(self.api, refs, timeout=timeout, polling=polling, began=io.clock(), limits=self._limits)
        with (
            agenda.listening(check_events(events, Events), io.clock, changed.set),
            results_of(io, agenda, changed) as results,
        ):
            yield results

    def wait_all(
        self,
        refs: Iterable[TaskRef],
        *,
        timeout: float = WAIT_TIMEOUT,
        polling: Polling = ADVICE,
        events: Events | None = None,
    ) -> list[TaskResult]:
        """Wait for many tasks, as `as_completed` does; return the end of each wait, in the order of `refs`."""
        refs = tuple(refs)
        with self.as_completed(refs, timeout=timeout, polling=polling, events=events) as results:
            found = {it.ref: it for it in results}
        return [found[ref] for ref in refs]

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
        """Submit and wait: see both. `timeout` is for the wait; a submission takes 60 s at most."""
        flow = _tasks.generate(
            self.api,
            request,
            timeout=timeout,
            polling=polling,
            events=check_events(events, queue.Queue),
            submit_timeout=SUBMIT_TIMEOUT,
            unclaimed=self._io.unclaimed,
            limits=self._limits,
            callback_url=callback_url,
            external_task_id=external_task_id,
            extra=extra,
        )
        return self._io.run(flow, check_sync_callback(on_update))

    def confirm(self, event: CallbackEvent, *, timeout: float = QUERY_TIMEOUT) -> CallbackEvent:
        """Query the task of a callback, and return the event with the task as the API reports it.

        Do so with every callback: kie does not sign the content, and an unsigned callback may come from anybody.

        Raises:
            CallbackRejected: There is no such task.
            InvalidRequest: The task belongs to another API or account.
            NetworkError, MalformedResponse, ApiError: No response, an unreadable one, or an error.
        """
        return self._io.run(_tasks.confirm(self.api, event, timeout=timeout, limits=self._limits))

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

        Resumes after a broken connection, and an earlier download to the same path that was interrupted: its bytes are
        kept beside the file (`.cat.mp4.part`, `.cat.mp4.part.json`) if the media host sends a usable ETag or
        Last-Modified. A file that is called an MP4, by its URL or content type, must be a whole one.

        The media host gets no key, cookie or password, nor does any host that it redirects to. Private addresses are
        refused unless the API's own host is at one. Through a proxy, through a transport that is not httpx's, or on a
        connection that a client of your own has kept open, this is checked for addresses in the URL, not for names.

        Args:
            source: A finished task, or one of its videos. Only with the task can an expired URL be replaced.
            path: The file to write; a link is followed, a folder, pipe or device is refused.
            timeout: Seconds for the whole download.
            index: The number of the task's video, from 0.
            max_bytes: The size above which a video is refused.
            on_progress: Called with the bytes received, and the bytes in all, or None if the host does not state them.

        Raises:
            InvalidRequest: An argument is invalid; nothing was fetched.
            DownloadError: The video did not arrive whole, or cannot be written; a file at `path` is left as it was.
        """
        from klingkit import _downloads  # noqa: PLC0415 - loaded with the client

        emit = _downloads.progress_callback(check_sync_callback(on_progress, "on_progress"))
        with _downloads.open_part(self.api, source, path) as part:
            flow = _downloads.download(self.api, source, part, timeout=timeout, index=index, max_bytes=max_bytes)
            finish = self._io.run(flow, emit)
            return finish()  # moves the file into place

    def upload(
        self,
        source: Source,
        *,
        request: type[RequestT] | None = None,
        field: str | None = None,
        media_type: str | None = None,
        timeout: float = UPLOAD_TIMEOUT,
        on_progress: Callable[[int, int], object] | None = None,
    ) -> UploadedFile:
        """Upload a file to kie.ai, for a request such as `Kling21Pro(image_url=file.url, ...)`; it costs nothing.

        The file is public to everybody who has its URL, and is deleted after one to three days. It is sent again after
        errors that may pass, twice at most.

        Args:
            source: A path, whose file is streamed; bytes; an http or https URL, which the service fetches; or a base64
                `data:` URI.
            request: The class of the request that the file is for, whose limits of type and size are checked first.
            field: The name of its field, such as "image_url"; goes with `request`.
            media_type: The type of the file; if None, it is recognised by the first bytes, or by the suffix.
            timeout: Seconds for all together. A try that stalls is ended before, while there is time for another one.
            on_progress: Called with the bytes sent, and the bytes in all; another try begins again at the first.
                What it raises ends the upload.

        Raises:
            InvalidRequest: The file, or an argument, cannot be used; nothing was sent.
            ConfigurationError: The API takes no uploads.
            NetworkError, MalformedResponse, ApiError: No response, an unreadable one, or an error.
        """
        from klingkit import _uploads  # noqa: PLC0415 - loaded with the client

        report = check_sync_callback(on_progress, "on_progress")
        check_timeout(timeout)
        with _uploads.open_source(self.api, source, request=request, field=field, media_type=media_type) as file:
            return self._io.run(_uploads.upload(self.api, file, timeout=timeout, on_progress=report))

    def tasks(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        status: Status | None = None,
        timeout: float = QUERY_TIMEOUT,
    ) -> Generator[Task, None, None]:
        """Yield the tasks of the account, whoever has submitted them; the official API, and relays of it, list them.

        They come in the order of the service, each once, as of the time at which its page was queried.

        Args:
            since: Only tasks created then or later; with a time zone.
            until: Only tasks created then or earlier.
            status: Only tasks of this status.
            timeout: Seconds for each page of 500 tasks.

        Raises:
            ConfigurationError: The API has no list of tasks.
            InvalidRequest: An argument is invalid.
            NetworkError, MalformedResponse, ApiError: No response, an unreadable one, or an error.
        """
        return self._io.iterate(_listing.tasks(self.api, since=since, until=until, status=status, timeout=timeout))

    def credits(self, *, timeout: float = QUERY_TIMEOUT) -> Decimal:
        """Query the credits that the account has left; of the APIs, kie.ai alone has them.

        Raises:
            ConfigurationError: The API has no such query.
            NetworkError, MalformedResponse, ApiError: No response, an unreadable one, or an error.
        """
        return self._io.run(credit(self.api, timeout=timeout))

    def close(self) -> None:
        """Wait for paid requests under way, then close all connections but those of a client of your own."""
        self._io.drain()
        if (limits := self._limits.get()) is not None:
            limits.wake()
        if self._owned:
            self._io.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
