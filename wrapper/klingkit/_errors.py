"""The errors of klingkit, by meaning.

KlingkitError
├── ConfigurationError                 a key or a host is missing or cannot be used
├── InvalidRequest (ValueError)        refused: here before anything was sent, or by the API
│   └── ContentRefused                 the service does not make a video of this content
├── ApiError                           the API responded with an error
│   ├── AuthenticationError            the key is missing, wrong or expired
│   ├── PermissionDenied               the key may not do this
│   ├── InsufficientCredit             the account cannot pay, or a limit on its spending is reached
│   ├── NotFound                       no such task, model or path
│   ├── RateLimited                    too fast; later it may go through
│   ├── SlotsFull                      too many tasks at once; when one ends it may go through
│   ├── Maintenance                    the service is closed for a while
│   ├── FeatureDisabled                the service does not offer this now
│   └── ServerError                    the service failed, or its code is undocumented
├── NetworkError                       no response; if it was a submission: nothing was created
├── MalformedResponse                  a response that cannot be read
├── SubmissionUncertain                a paid request may or may not have created a task
│   └── UnreadableSubmission (MalformedResponse)
├── CallbackRejected                   a callback that cannot be read, or is not proven to be the vendor's
├── TaskFailed                         the service could not make the video
│   └── TaskRefused (ContentRefused)   for its content
├── NoVideo                            the task succeeded, and its record names no video
├── WaitTimeout (TimeoutError)         the task did not end in time; it goes on
└── DownloadError                      the video did not arrive whole

Every error carries what is known of the exchange: see `KlingkitError`. All of them pickle.
"""

from __future__ import annotations

from typing import Any

from klingkit._base import Again, InvalidRequest, KlingkitError
from klingkit._models import Failure, Task

__all__ = [
    "ApiError",
    "AuthenticationError",
    "CallbackRejected",
    "ConfigurationError",
    "ContentRefused",
    "DownloadError",
    "FeatureDisabled",
    "InsufficientCredit",
    "InvalidRequest",
    "KlingkitError",
    "Maintenance",
    "MalformedResponse",
    "NetworkError",
    "NoVideo",
    "NotFound",
    "PermissionDenied",
    "RateLimited",
    "ServerError",
    "SlotsFull",
    "SubmissionUncertain",
    "TaskFailed",
    "TaskRefused",
    "UnreadableSubmission",
    "WaitTimeout",
]


class ConfigurationError(KlingkitError):
    """A key or a host is missing or cannot be used."""


class ContentRefused(InvalidRequest):
    """The service refuses the content of the request, or of its video; the same content would be refused again."""


class ApiError(KlingkitError):
    """The API responded with an error; not every such error proves that nothing was created."""


class AuthenticationError(ApiError):
    """The API key is missing, wrong or expired."""


class PermissionDenied(ApiError):
    """The API key may not do this."""


class InsufficientCredit(ApiError):
    """The account cannot pay for this, or a limit on its spending is reached."""


class NotFound(ApiError):
    """The API knows no such task, model or path."""


class RateLimited(ApiError):
    """Too many requests in too short a time; nothing was created."""


class SlotsFull(ApiError):
    """As many tasks are running as the account may have at once; nothing was created."""


class Maintenance(ApiError):
    """The service is closed for a while; nothing was created."""


class FeatureDisabled(ApiError):
    """The service does not offer this now; another try does not help."""


class ServerError(ApiError):
    """The service failed while it responded, or responded with an undocumented code."""


class NetworkError(KlingkitError):
    """There was no response. If it was a submission, nothing was created."""

    again: Again = "pay"


class MalformedResponse(KlingkitError):
    """The response cannot be read: `reason` is why, `excerpt` its beginning."""

    again: Again = "ask"

    def __init__(self, message: str, *, reason: str = "", excerpt: str = "", **known: Any) -> None:
        super().__init__(message, **known)
        self.reason = reason
        self.excerpt = excerpt


class SubmissionUncertain(KlingkitError):
    """The paid request was sent, and whether a task was created is unknown; it is never sent again.

    If the request carried an external id, it is in `external_task_id`, and the task, if there is one, can still be
    queried: `client.get(client.api.external_ref(error.external_task_id))`, or by `TaskRef("native", "text2video", id)`
    in another process. `NotFound` proves nothing within the first minutes.
    """

    again: Again = "never"

    def __init__(self, message: str, *, external_task_id: str | None = None, **known: Any) -> None:
        super().__init__(message, **known)
        self.external_task_id = external_task_id

    def __str__(self) -> str:
        text = super().__str__()
        return f"{text}; its external_task_id: {self.external_task_id!r}" if self.external_task_id else text


class UnreadableSubmission(SubmissionUncertain, MalformedResponse):
    """The response to the paid request cannot be read: a task may exist."""


class CallbackRejected(KlingkitError):
    """A callback that cannot be read, or is not proven to be the vendor's; `api` is the API it should be from."""


class TaskFailed(KlingkitError):
    """The service could not make the video; `task` has the reason."""

    def __init__(self, message: str, *, task: Task | None = None, **known: Any) -> None:
        super().__init__(message, **known)
        self.task = task

    @property
    def failure(self) -> Failure:
        """The failure of the task, with the record in `raw`; one without a reason if none is known."""
        return (self.task and self.task.failure) or Failure()

    @property
    def reason(self) -> str | None:
        """The reason in the vendor's own words; None if it gave none."""
        return self.failure.message

    @property
    def retryable(self) -> bool | None:
        """Whether the same request may succeed when paid for again; None: unknown."""
        return self.failure.retryable


class TaskRefused(TaskFailed, ContentRefused):
    """The service refused the content of the task; `reason` is its words."""


class NoVideo(KlingkitError):
    """The task succeeded, and its record names no video; `task.raw` is the record. A later query may name one."""

    again: Again = "ask"

    def __init__(self, message: str, *, task: Task | None = None, **known: Any) -> None:
        super().__init__(message, **known)
        self.task = task


class WaitTimeout(KlingkitError, TimeoutError):
    """The task did not end in time. It goes on: wait for `ref` again. `task` is its last state."""

    again: Again = "ask"

    def __init__(self, message: str, *, task: Task | None = None, **known: Any) -> None:
        super().__init__(message, **known)
        self.task = task


class DownloadError(KlingkitError):
    """The video did not arrive whole; the destination was left as it was."""
