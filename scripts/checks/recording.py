"""Record what the emulator accepts and rejects, and how it responds; once a process, from the committed specs.

Requests come from the specs' own limits (`boundaries`), from schemathesis (examples and coverage), and from here.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial
from hashlib import sha256
from itertools import chain, count, islice, product
from typing import Any, Final, TypeAlias
from urllib.parse import quote

from attrs import define, field, frozen

from klingkit.emulator import AfterSeconds, AtOnce, Emulator, VirtualClock, read_label
from scripts.checks.boundaries import JUNK, changed, choices
from scripts.checks.endpoints import ENDPOINTS, JSON, Endpoints
from scripts.checks.exchanges import BASE, App, Call, Exchange, Recorder, calling, kinds, shape
from scripts.checks.fuzz import fuzz
from scripts.checks.representatives import representative
from scripts.specs.files import load
from scripts.specs.spec import METHODS, Spec, is_list, is_object, paid_operation

KEYS: Final = {"anna": "anna-key", "boris": "boris-key"}
ANNA: Final = {"Authorization": "Bearer anna-key"}
BORIS: Final = {"Authorization": "Bearer boris-key"}
NO_KEYS: Final = (
    *("", "Bearer", "Bearer a key", "Basic YTpi", "Basic YW5uYS1rZXk="),
    *("anna-key", "Bearer unknown-key", "Bearer Anna-key"),
)
MINUTE: Final = 60.0
"""How long a task takes."""
NAME: Final = "external_task_id"
"""The field for a user's own name of a task, whose value a user may give once."""
TYPES: Final = (JSON, "text/plain", "multipart/form-data", "application/x-www-form-urlencoded")
NO_JSON: Final = (b"", b"{", b"{'model': 1}", b'{"prompt": NaN}')
LONG: Final = 100
"""Characters from which a text is none of a choice."""
ODD_IDS: Final = ("", "0", "雨 &?#", "a" * 300)
MEDIA: Final = "/media/"
VIDEO_PATH: Final = re.compile(rf"{BASE}({MEDIA}[\w.-]+)")

Place: TypeAlias = tuple[str, ...]
"""The names that lead to a field of a body."""
Headers: TypeAlias = dict[str, str]


@frozen
class Subject:
    """The emulator of an API, correct or with a fault."""

    endpoints: Endpoints
    spec: Spec
    wrap: Callable[[App], App] = lambda app: app
    """What becomes of the application."""
    deliver: Callable[[Any], Any] = lambda body: body
    """What becomes of a callback; None: it is not sent."""


@frozen
class Callback:
    """A callback as it was sent, and the exchange that created its task."""

    creation: Exchange
    url: str
    body: Any
    query: Exchange
    """The query right after it."""


@define
class Session:
    """The exchanges with one emulator, in order."""

    keys: frozenset[str] | None
    """Those that it knows; None: any."""
    exchanges: list[Exchange] = field(factory=list[Exchange])
    callbacks: list[list[Callback]] = field(factory=list[list[Callback]])
    """Of each task."""


@frozen
class Recording:
    """All recorded exchanges with the emulator of an API, by kind."""

    endpoints: Endpoints
    sessions: tuple[Session, ...]
    created: tuple[Exchange, ...]
    """Creations with a key and JSON, each body once."""
    queried: tuple[Exchange, ...]
    """Queries with a key."""
    keyless: tuple[Exchange, ...]
    """Exchanges rejected because they had no key."""
    shapes: tuple[Exchange, ...]
    """One of each kind of response that an operation gave, to wrong keys and unreadable bodies too."""
    taken: Mapping[Place, frozenset[str]]
    """Where a field of a body was taken -> its values as JSON."""
    strays: tuple[Exchange, ...]
    """What is no operation: wrong methods and wrong paths."""
    media_types: Mapping[str, bool]
    """Media type of a body -> whether it is taken; an empty one stands for no body."""
    callbacks: tuple[Callback, ...]
    """One of each kind."""
    videos: Mapping[str, str]
    """A body as JSON -> the video that it becomes; the bodies differ from an example by one choice at most."""
    examples: tuple[Any, ...]

    @property
    def served(self) -> tuple[Exchange, ...]:
        """All exchanges with an operation."""
        return (*self.created, *self.queried)


@cache
def recording(api: str) -> Recording:
    """Record the sound emulator of an API with its committed spec, or return what was recorded."""
    return record_all(Subject(ENDPOINTS[api], load(api)))


def record_all(subject: Subject) -> Recording:
    """Record all that the checks compare."""
    sessions = (
        Session(None, [*create(subject, bodies(subject.spec))]),
        run_schemathesis(subject),
        follow_tasks(subject),
        send_odd_requests(subject),
    )
    return record(subject, sessions, accepted_media_types(subject), videos_of_choices(subject))


def record(
    subject: Subject, sessions: Iterable[Session], media_types: Mapping[str, bool], videos: Mapping[str, str]
) -> Recording:
    """Sort the exchanges of some sessions."""
    listed = tuple(sessions)
    by_kind: dict[str, list[Exchange]] = {"create": [], "query": [], "keyless": [], "stray": [], "": []}
    for exchange in chain.from_iterable(session.exchanges for session in listed):
        if not exchange.path.startswith(MEDIA):
            by_kind[subject.endpoints.classify(exchange)].append(exchange)
    called = chain.from_iterable(chain.from_iterable(session.callbacks for session in listed))
    return Recording(
        endpoints=subject.endpoints,
        sessions=listed,
        created=tuple({json.dumps(one.body): one for one in by_kind["create"]}.values()),
        queried=tuple(by_kind["query"]),
        keyless=tuple(by_kind["keyless"]),
        shapes=tuple(
            {shape(one): one for name in ("create", "query", "keyless", "") for one in by_kind[name]}.values()
        ),
        strays=tuple(by_kind["stray"]),
        taken=_taken(by_kind["create"]),
        media_types=media_types,
        callbacks=tuple({str(kinds(callback.body)): callback for callback in called}.values()),
        videos=videos,
        examples=tuple(examples(subject.spec)),
    )


def examples(spec: Spec) -> list[dict[str, Any]]:
    """Return the example bodies of a spec."""
    content = paid_operation(spec).node["requestBody"]["content"]["application/json"]
    return [example["value"] for example in content["examples"].values()]


def bodies(spec: Spec, of: str = "") -> list[Any]:
    """Return the spec's examples, each with each field at its limits and beyond, and values that are no object.

    With `of`, return those alone whose changed field has it in its path; no body is there twice.
    """
    schema = paid_operation(spec).body or {}
    found = [("", value) for value in JUNK if not is_object(value)]
    for example in examples(spec):
        found += [("", example), *changed(spec, schema, example)]
    return [*{json.dumps(body): body for path, body in found if of in path}.values()]


def create(subject: Subject, requested: Iterable[Any]) -> Iterator[Exchange]:
    """Create a task of each body, each by a user of its own."""
    emulator = Emulator(clock=VirtualClock(), finish=AfterSeconds(MINUTE))
    with calling(subject.wrap(emulator.app)) as (call, _):
        for body, user in zip(requested, users(), strict=False):
            yield call("POST", subject.endpoints.create, json=body, headers=user)


def users() -> Iterator[Headers]:
    """Yield the headers of users without tasks, so that no user gives a unique name twice."""
    return ({"Authorization": f"Bearer user-{number}"} for number in count())


def run_schemathesis(subject: Subject) -> Session:
    """Let schemathesis send its examples and its coverage of the schemas; `bodies` has every model."""
    emulator = Emulator(clock=VirtualClock(), finish=AfterSeconds(MINUTE), keys=set(KEYS.values()))
    recorder = Recorder(subject.wrap(emulator.app))
    fuzz(representative(subject.spec), recorder, KEYS, phases=("examples", "coverage"), once=(NAME,))
    return Session(frozenset(KEYS.values()), recorder.exchanges)


def follow_tasks(subject: Subject, only: Iterable[Any] | None = None) -> Session:
    """Follow a task of each example, or of `only` these, to success and to failure; collect the callbacks."""
    arrived: list[tuple[str, Any]] = []

    def post(url: str, body: bytes) -> int:
        if (delivered := subject.deliver(json.loads(body))) is not None:
            arrived.append((url, delivered))
        return 204

    emulator = Emulator(clock=VirtualClock(), finish=AfterSeconds(MINUTE), post=post)
    session = Session(None)
    with calling(subject.wrap(emulator.app)) as (call, exchanges):
        turns = product(only or examples(subject.spec), (True, False))
        for number, ((body, well), user) in enumerate(zip(turns, chain([ANNA], users()), strict=False)):
            life = _FollowedTask(subject, emulator, call, user, arrived, f"http://127.0.0.1:9/{number}")
            session.callbacks.append([*life.all(body, well=well)])
        session.exchanges = exchanges
    return session


@frozen
class _FollowedTask:
    """One task with its user and its callbacks."""

    subject: Subject
    emulator: Emulator
    call: Call
    user: Headers
    arrived: list[tuple[str, Any]]
    url: str

    def all(self, body: Any, *, well: bool) -> Iterator[Callback]:
        """Query the task when it is accepted, under way, and ended; fetch its video."""
        endpoints = self.subject.endpoints
        made = self.call("POST", endpoints.create, json={**body, endpoints.callback: self.url}, headers=self.user)
        task_id = str(endpoints.id_in(made.response))
        self._query(task_id, BORIS)
        yield from self._query_and_collect(made, task_id)
        for step in (self._advance, partial(self._end, task_id, well=well)):
            step()
            yield from self._query_and_collect(made, task_id)
        self._query(task_id, BORIS)
        for path in VIDEO_PATH.findall(self._query(task_id, self.user).response_content.decode(errors="replace")):
            self.call("GET", path)

    def _query_and_collect(self, made: Exchange, task_id: str) -> list[Callback]:
        """Query the task; return the callbacks since the last query."""
        self.emulator.wait_idle()
        query = self._query(task_id, self.user)
        called = [Callback(made, self.url, held, query) for url, held in self.arrived if url == self.url]
        self.arrived.clear()
        return called

    def _query(self, task_id: str, user: Headers) -> Exchange:
        return self.call("GET", self.subject.endpoints.query.format(quote(task_id)), headers=user)

    def _advance(self) -> None:
        self.emulator.clock.advance(MINUTE / 2)

    def _end(self, task_id: str, *, well: bool) -> None:
        """End the task; if a faulty emulator has changed its id, let it succeed."""
        try:
            self._advance() if well else self.emulator.fail_task(task_id)
        except (LookupError, ValueError):
            self._advance()


def send_odd_requests(subject: Subject) -> Session:
    """Send what is rejected with any body: no key, wrong methods, wrong paths, no JSON, odd ids; names twice."""
    endpoints = subject.endpoints
    query = endpoints.query.format("unknown")
    addresses = (endpoints.create, query.partition("?")[0])
    body = examples(subject.spec)[0]
    emulator = Emulator(clock=VirtualClock(), keys=set(KEYS.values()))
    with calling(subject.wrap(emulator.app)) as (call, exchanges):
        for (method, path), key in product((("POST", endpoints.create), ("GET", query)), NO_KEYS):
            sent: Any = {"json": body} if method == "POST" else {}
            call(method, path, headers={"Authorization": key} if key else {}, **sent)
        for path in (*addresses, *(f"{path}{more}" for path in addresses for more in ("/", "/more"))):
            for method in METHODS:
                call(method.upper(), path, headers=ANNA)
        for content in NO_JSON:
            call("POST", endpoints.create, content=content, headers={**ANNA, "Content-Type": JSON})
        for task_id in ODD_IDS:
            call("GET", endpoints.query.format(quote(task_id)), headers=ANNA)
        call("GET", f"{query}&{query.partition('?')[2]}", headers=ANNA)
        if endpoints.external_ids:
            for user in (ANNA, ANNA, BORIS):
                call("POST", endpoints.create, json={**body, NAME: "order-1042"}, headers=user)
            for user in (ANNA, BORIS):
                call("GET", endpoints.query.format("order-1042"), headers=user)
        return Session(frozenset(KEYS.values()), exchanges)


def accepted_media_types(subject: Subject) -> dict[str, bool]:
    """Send a valid body under other media types, and none at all; return which are accepted."""
    content = json.dumps(examples(subject.spec)[0]).encode()
    create = subject.endpoints.create
    with calling(subject.wrap(Emulator(clock=VirtualClock()).app)) as (call, _):
        taken = {
            media_type: call("POST", create, content=content, headers={**ANNA, "Content-Type": media_type})
            for media_type in TYPES
        }
        taken[""] = call("POST", create, headers={**ANNA, "Content-Type": JSON})
    return {media_type: exchange.status == 200 for media_type, exchange in taken.items()}


def videos_of_choices(subject: Subject) -> dict[str, str]:
    """Make a video of each choice; its label, which differs from task to task, is left out."""
    found: dict[str, str] = {}
    endpoints = subject.endpoints
    schema = paid_operation(subject.spec).body or {}
    with calling(subject.wrap(Emulator(clock=VirtualClock(), finish=AtOnce()).app)) as (call, _):
        requested = [body for base in examples(subject.spec) for body in choices(subject.spec, schema, base)]
        for body, user in zip(requested, users(), strict=False):
            made = call("POST", endpoints.create, json=body, headers=user)
            if made.status == 200:
                record = call("GET", endpoints.query.format(endpoints.id_in(made.response)), headers=user)
                found[json.dumps(body)] = _video(call, record)
    return found


def _video(call: Call, record: Exchange) -> str:
    (path,) = islice(VIDEO_PATH.findall(record.response_content.decode()), 1)
    content = call("GET", path).response_content
    return sha256(content.removesuffix(read_label(content).box())).hexdigest()


def _taken(created: Iterable[Exchange]) -> dict[Place, frozenset[str]]:
    taken: dict[Place, set[str]] = {}
    for exchange in created:
        for place, value in _held(exchange.body) if exchange.status == 200 else ():
            taken.setdefault(place, set()).add(value)
    return {place: frozenset(values) for place, values in taken.items()}


def _held(value: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Yield all that a body holds, each with its place; the items of a list have that of the list."""
    if is_object(value):
        yield place, "{}"
        for name, held in value.items():
            yield from _held(held, (*place, name))
    elif is_list(value):
        yield place, "[]"
        for held in value:
            yield from _held(held, place)
    elif not isinstance(value, str) or len(value) < LONG:
        yield place, json.dumps(value)
