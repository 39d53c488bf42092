"""The planned responses of one API, in their order."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal, Self, TypeAlias

import httpx

from klingkit.contract import Api
from klingkit.contract._contract import check_prefix
from klingkit.providers._registry import ADAPTERS
from klingkit.testing import _payloads as payloads

__all__ = ["Operation", "Planned", "Routes"]

Operation: TypeAlias = Literal["create", "query", "upload"]
Outcome: TypeAlias = Callable[[httpx.Request], httpx.Response] | Exception


@dataclass(frozen=True)
class Planned:
    """One planned response.

    Attributes:
        outcome: A function that makes the response, or an exception to raise.
        checked: Whether the response is checked against the spec.
        unlisted: Whether the request may be of a model that no document names.
    """

    outcome: Outcome
    checked: bool = True
    unlisted: bool = False


@dataclass(eq=False)
class Routes:
    """The planned responses of one API. Each call adds one to its operation's plan; the last one is repeated.

        router.kie.refuse(429).create(task_id="t-1").query("waiting", "success", video="https://media.example/cat.mp4")

    Only states are checked here. The spec checks all other values when the response is given.

    Attributes:
        api: Name of the API.
    """

    api: Api
    _prefix: str = field(default="", init=False, repr=False)
    _plans: dict[Operation, deque[Planned]] = field(
        default_factory=lambda: {"create": deque(), "query": deque(), "upload": deque()}, repr=False
    )
    _ids: count[int] = field(default_factory=lambda: count(1), repr=False)
    _files: count[int] = field(default_factory=lambda: count(1), repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def prefix(self) -> str:
        """The path below which a gateway serves the API, such as `/ai`.

        Raises:
            ValueError: The new value is not a path.
        """
        return self._prefix

    @prefix.setter
    def prefix(self, path: str) -> None:
        self._prefix = check_prefix(path)

    def create(self, task_id: Any = None, *, unlisted: bool = False) -> Self:
        """Plan a creation that succeeds.

        Args:
            task_id: The task's id; if None, each task gets its own: `task-1`, `task-2`.
            unlisted: Whether the request may be of a model that no document names, with any fields, as a `Job` may.
        """
        forms = payloads.of(self.api)

        def respond(_: httpx.Request) -> httpx.Response:
            new_id = f"task-{next(self._ids)}" if task_id is None else task_id
            return httpx.Response(200, json=forms.response(forms.created(new_id)))

        return self._plan("create", Planned(respond, unlisted=unlisted))

    def query(self, *states: Any, video: payloads.Urls = (), reason: str | None = None, unlisted: bool = False) -> Self:
        """Plan one query for each state; the task has the id of the request.

        Args:
            states: The API's own words; that for a succeeded task if there are none.
            video: URL or URLs of the video; comes with each state that means success.
            reason: Why the task failed; comes with each state that means failure.
            unlisted: Whether states may be unknown words; these come with video and reason.

        Raises:
            ValueError: A state is unknown, or no state comes with a video or a reason.
        """
        planned = states or (payloads.of(self.api).words["succeeded"],)
        payloads.check_options(self.api, planned, video=video, reason=reason, unlisted=unlisted)
        for state in planned:
            self._plan("query", Planned(self._query_response(state, video, reason)))
        return self

    def upload(self, url: str | None = None) -> Self:
        """Plan an upload that succeeds; no document describes uploads, so neither side is checked against the spec.

        Args:
            url: The file's URL; if None, each file gets its own below `https://files.example/`.

        Raises:
            ValueError: The API takes no uploads: kie.ai alone does.
        """

        def respond(_: httpx.Request) -> httpx.Response:
            file_url = f"https://files.example/file-{next(self._files)}" if url is None else url
            return httpx.Response(200, json=payloads.upload_response(file_url))

        return self._plan("upload", Planned(respond))

    def refuse(
        self, code: int, operation: Operation = "create", *, status: int | None = None, message: str = "rejected"
    ) -> Self:
        """Plan an API error.

        Args:
            code: The vendor's code, in the body.
            operation: The operation that fails.
            status: The HTTP status; by default the one that goes with the code; 200 leaves the error to the body.
            message: The vendor's message.

        Raises:
            ValueError: The API has no such code, and no status is given; the error names the code to use instead.
        """
        self._check_operation(operation)
        content = payloads.of(self.api).error(code, message)
        if operation == "upload":
            content = {"success": False, "code": code, "msg": message}
        http_status = payloads.http_status(self.api, code, operation) if status is None else status
        return self._plan(operation, Planned(lambda _: httpx.Response(http_status, json=content)))

    def respond(self, operation: Operation, response: httpx.Response | Exception, *, checked: bool = True) -> Self:
        """Plan this very response, or an error.

        Args:
            operation: The operation that gets the response.
            response: The response, or an exception to raise, such as `httpx.ReadTimeout("...")`.
            checked: False allows a response that violates the spec, such as the HTML page of a gateway.
        """
        if isinstance(response, Exception):
            return self._plan(operation, Planned(response))
        status, headers, content = response.status_code, response.headers, response.read()
        plain = [(name, value) for name, value in headers.multi_items() if name != "content-encoding"]
        return self._plan(
            operation, Planned(lambda _: httpx.Response(status, headers=plain, content=content), checked=checked)
        )

    def next(self, operation: Operation) -> Planned | None:
        """Take the next planned response; None if there never was one."""
        with self._lock:
            plan = self._plans[operation]
            return plan.popleft() if len(plan) > 1 else plan[0] if plan else None

    def _plan(self, operation: Operation, planned: Planned) -> Self:
        self._check_operation(operation)
        with self._lock:
            self._plans[operation].append(planned)
        return self

    def _check_operation(self, operation: str) -> None:
        uploads = ADAPTERS[self.api].upload_paths
        if operation == "upload" and not uploads:
            others = " and ".join(api for api, adapter in ADAPTERS.items() if adapter.upload_paths)
            raise ValueError(f"operation: {self.api} takes no uploads, {others} alone does")
        if operation not in self._plans:
            known = [one for one in self._plans if one != "upload" or uploads]
            raise ValueError(f"operation: one of {', '.join(known)}, not {operation!r}")

    def _query_response(self, state: Any, video: payloads.Urls, reason: str | None) -> Outcome:
        def respond(request: httpx.Request) -> httpx.Response:
            forms = payloads.of(self.api)
            task = payloads.task_record(self.api, state, forms.queried(request), video=video, reason=reason)
            return httpx.Response(200, json=forms.response(task))

        return respond
