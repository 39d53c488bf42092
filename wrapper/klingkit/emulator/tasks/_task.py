"""Tasks and the requests that create them, as values, whichever API they came by."""

from dataclasses import dataclass
from enum import Enum
from sys import getsizeof

from klingkit.emulator._json import is_text
from klingkit.emulator.faults._fault import Fault
from klingkit.emulator.faults._rules import TaskFault
from klingkit.emulator.tasks._sample_videos import SampleVideo


class State(Enum):
    """The state of a task. Each API has its own words for these."""

    ACCEPTED = "accepted"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class NotKept(OSError):
    """A change can't be kept beyond the process, so it is not made."""


@dataclass(frozen=True)
class Failure:
    """Why a task failed. The API fills in what is None.

    Raises:
        ValueError: code or message is no text that UTF-8 can encode.
    """

    code: str | None = None
    message: str | None = None

    def __post_init__(self) -> None:
        for text in (self.code, self.message):
            if text is not None and not is_text(text):
                raise ValueError(f"a failure's code and message must be text, not {text!r}")


@dataclass(frozen=True)
class TaskRequest:
    """An accepted request for a task."""

    api: str
    owner: str  # the API key it came with; no other key sees the task
    model: str
    prompt: str
    video: SampleVideo
    body: str  # the whole request body, as JSON text
    base_url: str  # that it was sent to; callbacks name videos by it
    callback_url: str | None
    external_id: str | None = None  # the owner's own id for the task, which queries may use as well
    failure: Failure | None = None  # by which it ends, unless it is ended by hand
    fault: Fault | None = None  # to be injected once, into its callbacks or its video's download

    @property
    def account(self) -> tuple[str, str]:
        """The account whose limits it counts towards: an owner at one API."""
        return self.api, self.owner

    @property
    def external_key(self) -> tuple[str, str, str | None]:
        """The external id with the account in which it is unique."""
        return self.api, self.owner, self.external_id


@dataclass(frozen=True)
class Task:
    """A task, as a value: a change makes another value in the table."""

    id: str
    request: TaskRequest  # its owner is the key's digest: no table, file or page ever holds a key
    created: float  # Unix seconds
    started: float | None = None
    ended: float | None = None
    failure: Failure | None = None
    queries: int = 0
    renewals: int = 0  # how often its video's URL has expired
    number: int = 0  # counts all tasks, also across resets; each has its own

    @property
    def state(self) -> State:
        """The state it is in."""
        if self.ended is not None:
            return State.FAILED if self.failure else State.SUCCEEDED
        return State.ACCEPTED if self.started is None else State.RUNNING

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        request, failures = self.request, (self.failure, self.request.failure)
        texts = (request.body, request.prompt, request.model, request.base_url, request.callback_url)
        reasons = (text for failure in failures if failure for text in (failure.code, failure.message))
        fault = request.fault.size if request.fault else 0
        return 2_000 + fault + sum(map(getsizeof, (*texts, request.external_id, *reasons)))

    @property
    def fault(self) -> TaskFault | None:
        """The fault that its request brought for it."""
        return TaskFault(self.id, self.request.fault) if self.request.fault else None

    @property
    def updated(self) -> float:
        """When it came to its state, Unix seconds."""
        return self.ended or self.started or self.created

    @property
    def history(self) -> tuple[tuple[State, float], ...]:
        """The states it has been in, and when it came to each, Unix seconds."""
        times = ((State.ACCEPTED, self.created), (State.RUNNING, self.started), (self.state, self.ended))
        return tuple((state, at) for state, at in times if at is not None)
