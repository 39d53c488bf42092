"""What was ordered, and how far it is: values, whichever API they came by."""

from dataclasses import dataclass
from enum import Enum
from sys import getsizeof

from klingkit.emulator._json import is_text
from klingkit.emulator.faults._fault import Fault
from klingkit.emulator.faults._rules import Own
from klingkit.emulator.tasks._sample_videos import Film


class State(Enum):
    """How far a task is. Each API has its own words for these."""

    ACCEPTED = "accepted"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True)
class Failure:
    """Why a task failed. What is None, the API fills in with its own words.

    Raises:
        ValueError: code or message is no text that an answer can carry.
    """

    code: str | None = None
    message: str | None = None

    def __post_init__(self) -> None:
        for text in (self.code, self.message):
            if text is not None and not is_text(text):
                raise ValueError(f"a failure is told in text, not in {text!r}")


@dataclass(frozen=True)
class Order:
    """A request that was accepted."""

    service: str  # the API it came by
    owner: str  # the API key it came with; no other key sees the task
    model: str
    prompt: str
    film: Film
    request: str  # the whole request body, as JSON text
    origin: str  # scheme, host and port the request was sent to
    callback_url: str | None
    name: str | None = None  # the owner's own id for the task, as good as ours
    fault: Fault | None = None  # what goes wrong, once, with its callbacks or its film

    @property
    def account(self) -> tuple[str, str]:
        """Whose limits it counts towards: an owner's, at one API."""
        return self.service, self.owner

    @property
    def key(self) -> tuple[str, str, str | None]:
        """Where its name holds: a name is given once by one owner to one API."""
        return self.service, self.owner, self.name


@dataclass(frozen=True)
class Task:
    """An order and what became of it: a value. A change is another value in the table."""

    id: str
    order: Order  # its owner is the key's digest: no table, file or page ever holds a key
    created: float  # Unix seconds
    started: float | None = None
    ended: float | None = None
    failure: Failure | None = None
    queries: int = 0
    number: int = 0  # counts the tasks that there ever were; none has another's, whatever is reset

    @property
    def state(self) -> State:
        """How far it is."""
        if self.ended is not None:
            return State.FAILED if self.failure else State.SUCCEEDED
        return State.ACCEPTED if self.started is None else State.RUNNING

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        order = self.order
        return 2_000 + sum(map(getsizeof, (order.request, order.prompt, order.callback_url, order.name)))

    @property
    def own(self) -> Own | None:
        """The fault that it has brought."""
        return Own(self.id, self.order.fault) if self.order.fault else None

    @property
    def updated(self) -> float:
        """When it came to be in this state, Unix seconds."""
        return self.ended or self.started or self.created

    @property
    def history(self) -> tuple[tuple[State, float], ...]:
        """The states it has been in so far, and when it came to each, Unix seconds."""
        times = ((State.ACCEPTED, self.created), (State.RUNNING, self.started), (self.state, self.ended))
        return tuple((state, at) for state, at in times if at is not None)
