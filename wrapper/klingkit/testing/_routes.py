"""What one API is to answer, in which order."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal, Self, TypeAlias

import httpx

from klingkit.contract import Api
from klingkit.contract._contract import below
from klingkit.testing import _payloads as payloads

__all__ = ["Operation", "Planned", "Routes"]

Operation: TypeAlias = Literal["create", "query"]
Answer: TypeAlias = Callable[[httpx.Request], httpx.Response] | Exception


@dataclass(frozen=True)
class Planned:
    """One answer to come: what makes it, and whether the spec has a say in it, and in the request."""

    answer: Answer
    checked: bool = True
    unlisted: bool = False


@dataclass(eq=False)
class Routes:
    """The answers of one API. Each call adds to what its operation will answer; the last is repeated for ever.

        router.kie.refuse(429).create(task_id="t-1").query("waiting", "success", video="https://media.example/cat.mp4")

    Other values than states are not checked here but in the answer that is made of them: by the spec, when it is given.

    Attributes:
        api: Whose.
    """

    api: Api
    _prefix: str = field(default="", init=False, repr=False)
    _plans: dict[Operation, deque[Planned]] = field(
        default_factory=lambda: {"create": deque(), "query": deque()}, repr=False
    )
    _ids: count[int] = field(default_factory=lambda: count(1), repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def prefix(self) -> str:
        """The path below which a gateway serves it, `/ai` say.

        Raises:
            ValueError: What is set is no path.
        """
        return self._prefix

    @prefix.setter
    def prefix(self, path: str) -> None:
        self._prefix = below(path)

    def create(self, task_id: Any = None, *, unlisted: bool = False) -> Self:
        """A creation makes a task.

        Args:
            task_id: Its id; each gets one of its own if None: `task-1`, `task-2`.
            unlisted: Whether it may be of a model that no document knows, with any fields, as a `Job` may.
        """

        def answer(_: httpx.Request) -> httpx.Response:
            made = f"task-{next(self._ids)}" if task_id is None else task_id
            task = (
                {"taskId": made} if self.api == "kie" else payloads.record(self.api, payloads.CREATED[self.api], made)
            )
            return httpx.Response(200, json=payloads.task_answer(self.api, task))

        return self._plan("create", Planned(answer, unlisted=unlisted))

    def query(self, *states: Any, video: payloads.Urls = (), reason: str | None = None, unlisted: bool = False) -> Self:
        """A query tells the task's state, one after the other, in the API's own words; the id is the one asked for.

        Args:
            states: The API's own words; that for a finished task if there are none.
            video: Where the video is, or the videos are; told with all words for a finished task.
            reason: Why it failed; told with all words for a failed one.
            unlisted: Whether states may be of words that nobody is known to use: they are told with both.

        Raises:
            ValueError: There is no such word, or none that a video or a reason is told with.
        """
        told = states or (payloads.ENDED[self.api],)
        payloads.check(self.api, told, video=video, reason=reason, unlisted=unlisted)
        for state in told:
            self._plan("query", Planned(self._telling(state, video, reason)))
        return self

    def refuse(
        self, code: int, operation: Operation = "create", *, status: int | None = None, message: str = "refused"
    ) -> Self:
        """A request is refused.

        Args:
            code: In the body.
            operation: Which request.
            status: The HTTP status; the one that goes with the code if None; 200 tells it in the body alone.
            message: In words.
        """
        content = payloads.error(self.api, code, message)
        http_status = payloads.status(code) if status is None else status
        return self._plan(operation, Planned(lambda _: httpx.Response(http_status, json=content)))

    def answer(self, operation: Operation, answer: httpx.Response | Exception, *, checked: bool = True) -> Self:
        """A request is answered as given, or fails with this error.

        Args:
            operation: Which request.
            answer: The answer as it is, or what is raised instead, `httpx.ReadTimeout("...")` say.
            checked: False lets an answer pass that no spec allows: the HTML of a gateway, say.
        """
        if isinstance(answer, Exception):
            return self._plan(operation, Planned(answer))
        status, headers, content = answer.status_code, answer.headers, answer.read()
        plain = [(name, value) for name, value in headers.multi_items() if name != "content-encoding"]
        return self._plan(
            operation, Planned(lambda _: httpx.Response(status, headers=plain, content=content), checked=checked)
        )

    def next(self, operation: Operation) -> Planned | None:
        """Take the next answer; None: none was ever planned."""
        with self._lock:
            plan = self._plans[operation]
            return plan.popleft() if len(plan) > 1 else plan[0] if plan else None

    def _plan(self, operation: Operation, planned: Planned) -> Self:
        if operation not in self._plans:
            raise ValueError(f"operation: one of {', '.join(self._plans)}, not {operation!r}")
        with self._lock:
            self._plans[operation].append(planned)
        return self

    def _telling(self, state: Any, video: payloads.Urls, reason: str | None) -> Answer:
        def answer(request: httpx.Request) -> httpx.Response:
            asked = request.url.params["taskId"] if self.api == "kie" else request.url.path.rpartition("/")[2]
            task = payloads.record(self.api, state, asked, video=video, reason=reason)
            return httpx.Response(200, json=payloads.task_answer(self.api, task))

        return answer
