"""One adapter an API: our requests become HTTP requests, HTTP answers become our values; no I/O, no time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

import httpx

from klingkit._auth import Auth
from klingkit._models import Task, TaskRef

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
    def auth(self) -> Auth:
        """What signs requests; applied by the seam, never by the adapter."""
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

    def query(self, ref: TaskRef) -> httpx.Request:
        """Make the request that asks after a task.

        Raises:
            InvalidRequest: The task belongs to another API or account.
        """
        ...

    def read(self, ref: TaskRef, answer: httpx.Response) -> Task:
        """Read the answer to `query`.

        Raises:
            MalformedResponse: It cannot be read.
            ApiError: It says no.
        """
        ...
