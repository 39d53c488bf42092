"""One adapter an API: our requests become HTTP requests, HTTP answers become our values; no I/O.

Of time they know the date of an answer, and our clock only where an answer has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

import httpx

from klingkit._auth import Auth
from klingkit._models import Task, TaskRef
from klingkit.providers._codes import Code

__all__ = ["Provider"]

RequestT_contra = TypeVar("RequestT_contra", contravariant=True)


class Provider(Protocol[RequestT_contra]):
    """What a client needs of an API: where it is, how it knows us, how to ask and how to read the answer.

    `RequestT_contra` are the requests it takes, so that a request of another API is a type error.
    """

    @property
    def name(self) -> str:
        """The API, as references name it."""
        ...

    @property
    def base_url(self) -> str:
        """Where the API is: what is private there may be private elsewhere, too."""
        ...

    @property
    def auth(self) -> Auth:
        """What signs requests; applied by the seam, never by the adapter."""
        ...

    @property
    def stale(self) -> frozenset[Code]:
        """The codes which say that a token is too old or too new: another one may do."""
        ...

    @property
    def external_ids(self) -> bool:
        """Whether every task gets an id of ours, so that it can be found when the answer to its submission is lost."""
        ...

    def submit(
        self,
        request: RequestT_contra,
        *,
        callback_url: str | None = None,
        external_task_id: str | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> httpx.Request:
        """Make the request that costs money.

        Raises:
            InvalidRequest: It cannot be sent; nothing was.
        """
        ...

    def submitted(self, answer: httpx.Response) -> TaskRef:
        """Read the answer to `submit`.

        Raises:
            SubmissionUncertain: It does not prove whether a task was created.
            KlingkitError: Any other: it proves that no task was created.
        """
        ...

    def external_id_of(self, call: httpx.Request) -> str | None:
        """Return the id of our own, or of the user's, that a paid request carries and a query may ask for.

        Raises:
            InvalidRequest: It carries one that no query could ask for.
        """
        ...

    def named(self, external_task_id: str) -> TaskRef | None:
        """Return what asks after a task by an id of our own; None if the API knows no such ids."""
        ...

    def found(self, answer: httpx.Response, external_task_id: str, *, within: float) -> TaskRef:
        """Read the answer to a query after an id of our own, for a task paid for within the last `within` seconds.

        Raises:
            KlingkitError: It names no task, or another one, or an older one.
        """
        ...

    def query(self, ref: TaskRef) -> httpx.Request:
        """Make the request that asks after a task.

        Raises:
            InvalidRequest: The task belongs to another API or account.
        """
        ...

    def relink(self, url: str) -> httpx.Request | None:
        """Make the request for a link in place of a video's URL whose time is up; None if the API gives none."""
        ...

    def relinked(self, answer: httpx.Response) -> str:
        """Read the answer to `relink`.

        Raises:
            MalformedResponse: It cannot be read.
            ApiError: It says no.
        """
        ...

    def read(self, ref: TaskRef, answer: httpx.Response) -> Task:
        """Read the answer to `query`.

        Raises:
            MalformedResponse: It cannot be read.
            ApiError: It says no.
        """
        ...
