"""Kling video generation: typed requests in, finished videos out.

    from klingkit import Client
    from klingkit.kie import Kie, Kling26TextToVideo

    with Client(Kie()) as client:                                  # KIE_API_KEY from the environment
        task = client.generate(Kling26TextToVideo(prompt="a cat in the rain", duration="5"))
        client.download(task, "cat.mp4")

`klingkit.kie` holds the API of kie.ai and its requests; `klingkit.emulator` replaces it without a key.
Nothing heavy is imported until it is used.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # type checkers take it for typing's, which would be most of what this import costs
if TYPE_CHECKING:
    from typing import Any

    __version__: str
    from klingkit._async_client import AsyncClient
    from klingkit._auth import AccessKey, Auth
    from klingkit._base import Again, InvalidRequest, KlingkitError, Status, TaskRef
    from klingkit._callbacks import parse_callback
    from klingkit._catalogue import Model, Option, find_model, models
    from klingkit._client import Client
    from klingkit._errors import (
        ApiError,
        AuthenticationError,
        CallbackRejected,
        ConfigurationError,
        ContentRefused,
        DownloadError,
        FeatureDisabled,
        InsufficientCredit,
        Maintenance,
        MalformedResponse,
        NetworkError,
        NotFound,
        NoVideo,
        PermissionDenied,
        RateLimited,
        ServerError,
        SlotsFull,
        SubmissionUncertain,
        TaskFailed,
        TaskRefused,
        UnreadableSubmission,
        WaitTimeout,
    )
    from klingkit._events import Events
    from klingkit._learned import LearnedPolling
    from klingkit._models import CallbackEvent, Cost, Failure, Task, TaskResult, UnclaimedTask, UploadedFile, Video
    from klingkit._pacing import Pacing
    from klingkit._polling import Fixed, Polling, VendorAdvice
    from klingkit._secret import Secret

__all__ = [
    "AccessKey",
    "Again",
    "ApiError",
    "AsyncClient",
    "Auth",
    "AuthenticationError",
    "CallbackEvent",
    "CallbackRejected",
    "Client",
    "ConfigurationError",
    "ContentRefused",
    "Cost",
    "DownloadError",
    "Events",
    "Failure",
    "FeatureDisabled",
    "Fixed",
    "InsufficientCredit",
    "InvalidRequest",
    "KlingkitError",
    "LearnedPolling",
    "Maintenance",
    "MalformedResponse",
    "Model",
    "NetworkError",
    "NoVideo",
    "NotFound",
    "Option",
    "Pacing",
    "PermissionDenied",
    "Polling",
    "RateLimited",
    "Secret",
    "ServerError",
    "SlotsFull",
    "Status",
    "SubmissionUncertain",
    "Task",
    "TaskFailed",
    "TaskRef",
    "TaskRefused",
    "TaskResult",
    "UnclaimedTask",
    "UnreadableSubmission",
    "UploadedFile",
    "VendorAdvice",
    "Video",
    "WaitTimeout",
    "find_model",
    "models",
    "parse_callback",
]

_MODULES = (
    "_secret",
    "_base",
    "_errors",
    "_models",
    "_polling",
    "_pacing",
    "_learned",
    "_auth",
    "_events",
    "_client",
    "_async_client",
    "_callbacks",
    "_catalogue",
)
"""Where the public names are defined, the lightest module first."""


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name == "__version__":
        return import_module("importlib.metadata").version(__name__)
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    modules = (import_module(f"klingkit.{each}") for each in _MODULES)  # lazily: no further than needed
    value = globals()[name] = next(vars(module)[name] for module in modules if name in vars(module))
    return value


def __dir__() -> list[str]:
    return __all__
