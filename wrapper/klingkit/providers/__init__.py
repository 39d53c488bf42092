"""One adapter per API: it makes HTTP requests of typed requests, and reads HTTP responses into our values; no I/O.

Adapters do not know the time either, but for the date of a response; our clock counts only where a response has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

import httpx

from klingkit._auth import Auth
from klingkit._base import TaskRef
from klingkit._models import Task, TaskPage, UploadedFile
from klingkit.providers._codes import Code

__all__ = ["Provider"]

if TYPE_CHECKING:
    from typing_extensions import TypeVar  # in the type checkers' own stubs: nothing to install

    RequestT_contra = TypeVar("RequestT_contra", contravariant=True, default=Any)
else:
    from typing import TypeVar

    RequestT_contra = TypeVar("RequestT_contra", contravariant=True)


class Provider(Protocol[RequestT_contra]):
    """What a client needs of an API.

    `RequestT_contra` is the type of requests it takes, so that a request of another API is a type error.
    """

    @property
    def name(self) -> str:
        """The name of the API in task references."""
        ...

    @property
    def base_url(self) -> str:
        """Base URL. If it is a private address, downloads may use private addresses too."""
        ...

    @property
    def auth(self) -> Auth:
        """The authentication; the client applies it, never the adapter."""
        ...

    @property
    def stale_codes(self) -> frozenset[Code]:
        """The error codes of a token that is too old or too new: another token may be accepted."""
        ...

    @property
    def external_ids(self) -> bool:
        """Whether every task gets an id of ours, by which it can be found if the response to its submission is lost."""
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

    def read_submission(self, response: httpx.Response) -> TaskRef:
        """Read the response to `submit`.

        Raises:
            SubmissionUncertain: It does not prove whether a task was created.
            KlingkitError: Any other: it proves that no task was created.
        """
        ...

    def external_id_of(self, call: httpx.Request) -> str | None:
        """Return the external id, the user's or ours, that a paid request carries and that can be queried.

        Raises:
            InvalidRequest: It carries one that cannot be queried.
        """
        ...

    def external_ref(self, external_task_id: str) -> TaskRef | None:
        """Return the reference that queries a task by its external id; None if the API has no such ids."""
        ...

    def read_search(self, response: httpx.Response, external_task_id: str, *, within: float) -> TaskRef:
        """Read the response to a query by external id, for a task paid for within the last `within` seconds.

        Raises:
            KlingkitError: It names no task, or another one, or an older one.
        """
        ...

    def query(self, ref: TaskRef) -> httpx.Request:
        """Make the request that queries a task.

        Raises:
            InvalidRequest: The task belongs to another API or account.
        """
        ...

    def read_task(self, ref: TaskRef, response: httpx.Response) -> Task:
        """Read the response to `query`.

        Raises:
            MalformedResponse: It cannot be read.
            ApiError: It is an error.
        """
        ...

    def fresh_link(self, url: str) -> httpx.Request | None:
        """Make the request for a link that replaces an expired URL of a video; None if the API has no such request."""
        ...

    def read_link(self, response: httpx.Response) -> str:
        """Read the response to `fresh_link`.

        Raises:
            MalformedResponse: It cannot be read.
            ApiError: It is an error.
        """
        ...

    def credits(self) -> httpx.Request:
        """Make the request for the credits that the account has left.

        Raises:
            ConfigurationError: The API has no such request.
        """
        ...

    def read_credits(self, response: httpx.Response) -> Decimal:
        """Read the response to `credits`.

        Raises:
            MalformedResponse: It cannot be read.
            ApiError: It is an error.
        """
        ...

    def list_tasks(self, page: str | None) -> httpx.Request:
        """Make the request for a page of the account's tasks, as the page before names it; None: the first one.

        Raises:
            ConfigurationError: The API has no such request.
        """
        ...

    def read_list(self, response: httpx.Response, page: str | None) -> TaskPage:
        """Read the response to `list_tasks(page)`.

        Raises:
            MalformedResponse: It cannot be read.
            ApiError: It is an error.
        """
        ...

    def upload(self, content: BinaryIO | str, *, name: str, media_type: str | None) -> httpx.Request:
        """Make the request that uploads a file: an open one, a base64 `data:` URI, or the URL of a public one.

        Raises:
            InvalidRequest: It cannot be sent; nothing was.
            ConfigurationError: The API has no such request.
        """
        ...

    def read_upload(self, response: httpx.Response) -> UploadedFile:
        """Read the response to `upload`.

        Raises:
            MalformedResponse: It cannot be read.
            ApiError: It is an error.
        """
        ...
