"""A walk through an API of the emulator: whatever its documents speak of is done once, and all of it is judged."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache
from itertools import product
from typing import Any, Final

from attrs import define, field, frozen

from contract_tests.conformance.emulator_calls import Call, judge_calls
from contract_tests.conformance.emulator_checks import judge
from contract_tests.conformance.emulator_history import NAME, History
from contract_tests.conformance.emulator_reading import Fault
from contract_tests.emulator.kit import APIS, KLING_21, KLING_25, KLING_26, Api, Kie, Native, Relay
from klingkit.emulator import AfterSeconds, Emulator, VirtualClock
from scripts.checks.exchanges import App, Ask, Exchange, calling
from scripts.specs.files import load
from scripts.specs.spec import Spec

KINDS: Final = {kind.name: kind for kind in APIS}
ANNA, BORIS = ({"Authorization": f"Bearer {name}-key"} for name in ("anna", "boris"))
KEYS: Final = frozenset({"anna-key", "boris-key"})
STRANGERS: Final = (
    "",
    "Bearer",
    "Bearer a key",
    "Basic YW5uYS1rZXk=",
    "anna-key",
    "Bearer nobodys-key",
    "Bearer Anna-key",
)
METHODS: Final = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE")
MINUTE: Final = 60.0
ADDRESS: Final = "http://127.0.0.1:9/done"
AXES: Final = dict.fromkeys(("horizontal", "vertical", "pan", "tilt", "roll", "zoom"), 0)

Letter = tuple[str, Any]
"""Where a callback goes, and what it says."""
Spoil = Callable[[App], App]
Falsify = Callable[[Any], Any]


@frozen
class Walk:
    """What a walk came to."""

    faults: tuple[Fault, ...]
    judged: dict[str, int]
    """Check -> how many exchanges it had to do with."""


class Noticed(Exception):
    """What was looked for is found."""


def walk(api: str, spoil: Spoil = lambda app: app, falsify: Falsify = lambda body: body, until: str = "") -> Walk:
    """Walk through an API; end where one check finds a fault.

    Args:
        api: Its name.
        spoil: What becomes of the application.
        falsify: What becomes of a callback; None: it is not sent.
        until: The check whose first fault is enough.
    """
    letters: list[Letter] = []

    def post(url: str, body: bytes) -> int:
        if (said := falsify(json.loads(body))) is not None:
            letters.append((url, said))
        return 204

    emulator = Emulator(clock=VirtualClock(), finish=AfterSeconds(MINUTE), keys=KEYS, post=post)
    with calling(spoil(emulator.app)) as (ask, _), suppress(Noticed):
        walker = Walker(History(KINDS[api], spec(api), KEYS), emulator, ask, letters, until)
        walker.all()
    return Walk(tuple(walker.faults), walker.judged)


@cache
def spec(api: str) -> Spec:
    """The spec of an API, read once."""
    return load(api)


@define
class Walker:
    """Goes through one API, and judges each step."""

    past: History
    emulator: Emulator
    call: Ask
    letters: list[Letter]
    until: str
    faults: list[Fault] = field(factory=list[Fault])
    judged: dict[str, int] = field(factory=dict[str, int])

    @property
    def kind(self) -> type[Api]:
        return self.past.kind

    def ask(self, method: str, path: str, **more: Any) -> Exchange:
        """Ask, and judge the answer."""
        exchange = self.call(method, path, **more)
        self.note(judge(self.past, [exchange], self.judged))
        return exchange

    def note(self, faults: Iterable[Fault]) -> None:
        """Keep what was found.

        Raises:
            Noticed: The check that was waited for has found something.
        """
        self.faults += faults
        if self.until and any(fault.check == self.until for fault in self.faults):
            raise Noticed

    def all(self) -> None:
        """Do it all."""
        self.lives(self.kind.models[-1:])
        self.addresses()
        self.strangers()
        self.orders()
        self.lives(self.kind.models[:-1])

    def addresses(self) -> None:
        """Wrong methods, wrong paths."""
        start = self.kind.create_path.rpartition("/")[0]
        for path in (self.kind.create_path, self.kind.path_of("nobody")):
            for method in METHODS:
                if (method, path) != ("POST", self.kind.create_path):
                    self.ask(method, path, headers=ANNA)
        for path in (f"{self.kind.create_path}/", start, f"{start}/nothing/at/all"):
            self.ask("GET", path, headers=ANNA)
            self.ask("POST", path, headers=ANNA, json=self.kind.body())

    def strangers(self) -> None:
        """Those without a key, with a wrong one, and with half of one."""
        for header in STRANGERS:
            headers = {"Authorization": header} if header else {}
            self.ask("POST", self.kind.create_path, headers=headers, json=self.kind.body())
            self.ask("GET", self.kind.path_of("nobody"), headers=headers)

    def order(self, body: Any, headers: dict[str, str] = ANNA) -> Any:
        """Order a task; return its id."""
        answer = self.ask("POST", self.kind.create_path, headers=headers, json=body).answer
        return self.past.door.id_in(answer)

    def look(self, task_id: Any, headers: dict[str, str] = ANNA) -> Exchange:
        """Ask for a task."""
        return self.ask("GET", self.kind.path_of(str(task_id)), headers=headers)

    def orders(self) -> None:
        """Bodies at the limits and beyond; no JSON; the same name twice."""
        for body in bodies(self.kind):
            self.order(body)
        for content in (b"", b"{", b"{'model': 1}", b'{"prompt": NaN}'):
            headers = {**ANNA, "Content-Type": "application/json"}
            self.ask("POST", self.kind.create_path, headers=headers, content=content)
        right = json.dumps(self.kind.body()).encode()
        for media_type in ("text/plain", "application/x-www-form-urlencoded", "application/jsonp"):
            headers = {**ANNA, "Content-Type": media_type}
            self.ask("POST", self.kind.create_path, headers=headers, content=right)
        if self.kind is not Kie:
            for headers in (ANNA, ANNA, BORIS):
                self.order({**self.kind.body(), NAME: "order-1042"}, headers)
            for headers in (ANNA, BORIS):
                self.look("order-1042", headers)

    def lives(self, models: Iterable[str]) -> None:
        """Tasks from their beginning to both ends, with all who want to see them."""
        for number, (model, well) in enumerate(product(models, (True, False))):
            url = f"{ADDRESS}/{number}"
            task_id = self.order({**self.kind.body(model), self.kind.callback: url})
            if isinstance(task_id, str):
                self.note(judge_calls(self.past, self.live(task_id, url, well=well), self.words(well=well)))

    def words(self, *, well: bool) -> list[str]:
        """The states that callbacks are to tell of."""
        end = "succeeded" if well else "failed"
        return [end] if self.kind is Kie else ["running", end]

    def live(self, task_id: str, url: str, *, well: bool) -> list[Call]:
        """Follow a task; return what was called back, each with what was told right after."""
        self.look(task_id, BORIS)
        calls = self.heard(task_id, url)
        self.emulator.clock.advance(MINUTE / 2)
        calls += self.heard(task_id, url)
        if well:
            self.emulator.clock.advance(MINUTE / 2)
        else:
            self.fail(task_id)
        calls += self.heard(task_id, url)
        self.look(task_id, BORIS)
        self.fetch(task_id)
        return calls

    def fail(self, task_id: str) -> None:
        """Let a task fail, if there is one of this id: a broken emulator may have told another."""
        try:
            self.emulator.fail_task(task_id)
        except (LookupError, ValueError):
            self.emulator.clock.advance(MINUTE / 2)

    def heard(self, task_id: str, url: str) -> list[Call]:
        """Look at a task; return the callbacks that came since."""
        self.emulator.wait_idle()
        record = self.look(task_id)
        calls = [Call(body, record) for there, body in self.letters if there == url]
        self.letters.clear()
        return calls

    def fetch(self, task_id: str) -> None:
        """Fetch the film of a task, if one is told of."""
        record = self.past.door.record_in(self.look(task_id).answer)
        for url in urls(self.kind, record):
            self.ask("GET", url.removeprefix("http://emulator"))


def urls(kind: type[Api], record: Any) -> list[str]:
    """Where the films of a record are; none where it cannot be read."""
    try:
        return [kind.url(record)]
    except (KeyError, TypeError, ValueError):
        return []


def least(kind: type[Api]) -> Iterator[Any]:
    """The smallest body for each model."""
    return (kind.body(model) for model in kind.models)


def bodies(kind: type[Api]) -> Iterator[Any]:
    """Right bodies with one field at a limit, beyond it, of another kind, missing or unknown."""
    yield from ({}, [], "prompt", None)
    yield from least(kind)
    for model in kind.models if kind is Kie else kind.models[-1:]:
        yield from of_model(kind, model)
    for unknown in ("kling-v9", "", None, 26):
        yield {**kind.body(), "model" if kind is Kie else "model_name": unknown}


def of_model(kind: type[Api], model: str) -> Iterator[Any]:
    body = kind.body(model)
    for name in body.get("input", body):
        yield _put(body, name)
    yield _put(body, "unknown", "a")
    yield {**body, "unknown": "a"}
    for name, values in FIELDS[kind, model if kind is Kie else ""].items():
        yield from (_put(body, name, value) for value in (*values, None, [], 7))


def _put(body: Any, name: str, *values: Any) -> Any:
    """The body with a field as given, or without it; kie's are inside of the input."""
    if "input" in body:
        return {**body, "input": _put(body["input"], name, *values)}
    return {**body, name: values[0]} if values else {key: value for key, value in body.items() if key != name}


def _texts(most: int) -> list[str]:
    return ["", *(letter * length for letter in ("a", "😀") for length in (most, most + 1))]


SCALE: Final = (0, 1, 0.3, 0.25, -0.1, 1.1, "0.5", True)
STRINGS: Final = ("5", "10", "15", 5, 5.0)
THREE: Final = ("1:1", "16:9", "9:16", "4:3", "21:9")
CAMERAS: Final[tuple[Any, ...]] = (
    {"type": "zoom", "config": {"value": -5}},
    {"type": "simple", "config": AXES},
    {"type": "simple"},
    {},
)
OFFICIAL: Final = {
    "duration": (5, 10, 15, *STRINGS),
    "cfg_scale": SCALE,
    "mode": ("std", "pro", "4k"),
    "camera_control": (
        *CAMERAS,
        {"type": "down_back"},
        {"type": 5, "config": AXES},
        {"type": "x", "config": {"zoom": "1"}},
    ),
    "callback_url": ("", "no url"),
}
FIELDS: Final[dict[tuple[type[Api], str], dict[str, Any]]] = {
    (Kie, KLING_26): {"prompt": _texts(1000), "sound": (True, "true"), "aspect_ratio": THREE, "duration": STRINGS},
    (Kie, KLING_21): {
        "prompt": _texts(5000),
        "image_url": ("", "a" * 6000),
        "duration": STRINGS,
        "negative_prompt": _texts(500),
        "cfg_scale": SCALE,
        "tail_image_url": ("", "a"),
    },
    (Kie, KLING_25): {
        "prompt": _texts(2500),
        "negative_prompt": _texts(2500),
        "aspect_ratio": THREE,
        "duration": STRINGS,
        "cfg_scale": SCALE,
    },
    (Native, ""): {
        "prompt": _texts(2500),
        "negative_prompt": _texts(2500),
        "aspect_ratio": (*THREE, "3:2", "2:3", "3:4"),
        **OFFICIAL,
    },
    (Relay, ""): {"prompt": _texts(500), "negative_prompt": _texts(200), "aspect_ratio": THREE, **OFFICIAL},
}
