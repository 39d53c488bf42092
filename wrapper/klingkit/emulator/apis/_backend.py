"""What services are made of, and what is asked of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from starlette.routing import Route

from klingkit.emulator.apis._auth import Keys
from klingkit.emulator.apis._errors import ErrorCode, ErrorReason
from klingkit.emulator.tasks._clock import Clock
from klingkit.emulator.tasks._table import Tasks
from klingkit.emulator.tasks._task import Task


@dataclass(frozen=True)
class Backend:
    """What a service is made of.

    Attributes:
        tasks: the table.
        keys: the valid keys.
        clock: the times of tokens and links are compared with it.
        seed: the ids of responses are drawn from it.
        accept_models: whether models that no document names are accepted unchecked.
    """

    tasks: Tasks
    keys: Keys
    clock: Clock
    seed: int
    accept_models: bool


class Errors(Protocol):
    """The form of errors."""

    error_status: int | None  # the HTTP status of all errors, if only the code in the body distinguishes them

    @property
    def codes(self) -> Mapping[ErrorReason, ErrorCode]:
        """The code of each reason."""
        ...

    def error(self, code: int | str, message: str) -> object:
        """Return the JSON value of an error response."""
        ...


class FileRoutes(Errors, Protocol):
    """Uploads, whose errors have a form of their own."""

    file_routes: list[Route]


class Service(Errors, Protocol):
    """One API in one dialect."""

    name: str
    has_spec: bool  # whether its requests and responses are those of a spec
    routes: list[Route]
    uploads: FileRoutes | None  # None: the API takes no files

    def callback(self, task: Task) -> object:
        """Return the JSON value of the callback for the task's state; None: there is none."""
        ...
