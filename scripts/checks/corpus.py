"""What the emulator takes, refuses and answers: recorded once a process, from the specs as they are committed.

Requests come from the specs' own limits (`boundaries`), from schemathesis (examples and coverage), and from here.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from hashlib import sha256
from itertools import count
from typing import Any, Final, TypeAlias
from urllib.parse import quote

from attrs import frozen

from klingkit.emulator import AfterSeconds, AtOnce, Emulator, VirtualClock, read_label
from scripts.checks.boundaries import bodies, choices, examples
from scripts.checks.endpoints import DOORS, JSON, Door
from scripts.checks.exchanges import BASE, Ask, Exchange, Recorder, calling, kinds, shape
from scripts.checks.fuzz import fuzz
from scripts.specs.files import load
from scripts.specs.spec import METHODS, Spec, creating

KEYS: Final = {"anna": "anna-key", "boris": "boris-key"}
KEY: Final = {"Authorization": "Bearer anna-key"}
MINUTE: Final = 60.0
"""How long a task takes."""
ONCE: Final = ("external_task_id",)
"""Fields whose value a user may give once."""
TYPES: Final = (JSON, "text/plain", "multipart/form-data", "application/x-www-form-urlencoded")
LONG: Final = 100
"""Characters from which a text is none of a choice."""
ODD_IDS: Final = ("", "0", "雨 &?#", "a" * 300)
FILM: Final = re.compile(rf"{BASE}(/media/[\w.-]+)")

Place: TypeAlias = tuple[str, ...]
"""The names that lead to a field of a body."""


@frozen
class Callback:
    """A callback as it was sent, and the creation that asked for it."""

    request: Exchange
    url: str
    body: Any


@frozen
class Corpus:
    """The emulator's side of an API, as it showed itself."""

    door: Door
    created: tuple[Exchange, ...]
    """Creations with a key and JSON, each body once."""
    asked: tuple[Exchange, ...]
    """Questions with a key."""
    keyless: tuple[Exchange, ...]
    """What was refused for want of a key."""
    shapes: tuple[Exchange, ...]
    """One of each kind of answer that an operation gave, to wrong keys and unreadable bodies too."""
    taken: Mapping[Place, frozenset[str]]
    """Where a field of a body was taken -> its values as JSON."""
    strays: tuple[Exchange, ...]
    """What is no operation: wrong methods and wrong paths."""
    media_types: Mapping[str, bool]
    """Media type of a body -> whether it is taken; an empty one stands for no body."""
    callbacks: tuple[Callback, ...]
    films: Mapping[str, str]
    """A body as JSON -> the film that it becomes; the bodies differ from an example by one choice at most."""
    examples: tuple[Any, ...]

    @property
    def served(self) -> tuple[Exchange, ...]:
        """What was answered by an operation."""
        return (*self.created, *self.asked)


@cache
def corpus(api: str) -> Corpus:
    """Record an API of the emulator, or return what was recorded."""
    spec, door = load(api), DOORS[api]
    lives, callbacks = _lives(spec, door)
    sorts: dict[str, list[Exchange]] = {"create": [], "ask": [], "keyless": [], "stray": [], "": []}
    for exchange in (*_limits(spec, door), *_fuzzed(spec), *lives, *_odd(door)):
        sorts[door.sort(exchange)].append(exchange)
    return Corpus(
        door=door,
        created=tuple({json.dumps(one.body): one for one in sorts["create"]}.values()),
        asked=tuple(sorts["ask"]),
        keyless=tuple(sorts["keyless"]),
        shapes=tuple({shape(one): one for name in ("create", "ask", "keyless", "") for one in sorts[name]}.values()),
        strays=tuple(sorts["stray"]),
        taken=_taken(sorts["create"]),
        media_types=_media_types(spec, door),
        callbacks=callbacks,
        films=_films(spec, door),
        examples=tuple(examples(spec)),
    )


def _taken(created: Iterable[Exchange]) -> dict[Place, frozenset[str]]:
    taken: dict[Place, set[str]] = {}
    for exchange in created:
        for place, value in _held(exchange.body) if exchange.status == 200 else ():
            taken.setdefault(place, set()).add(value)
    return {place: frozenset(values) for place, values in taken.items()}


def _held(value: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """All that a body holds, each with its place."""
    if isinstance(value, dict):
        yield place, "{}"
        for name, held in value.items():
            yield from _held(held, (*place, name))
    elif not isinstance(value, str) or len(value) < LONG:
        yield place, json.dumps(value)


def users() -> Iterator[dict[str, str]]:
    """Yield the headers of users without tasks: what may be given once is then not given twice by one."""
    return ({"Authorization": f"Bearer user-{number}"} for number in count())


def _limits(spec: Spec, door: Door) -> list[Exchange]:
    with calling(Emulator(clock=VirtualClock(), finish=AfterSeconds(MINUTE)).app) as (ask, exchanges):
        for body, user in zip(bodies(spec), users(), strict=False):
            ask("POST", door.create, json=body, headers=user)
        return exchanges


def _fuzzed(spec: Spec) -> list[Exchange]:
    emulator = Emulator(clock=VirtualClock(), finish=AfterSeconds(MINUTE), keys=set(KEYS.values()))
    recorder = Recorder(emulator.app)
    fuzz(spec, recorder, KEYS, phases=("examples", "coverage"), once=ONCE)
    return recorder.exchanges


def _lives(spec: Spec, door: Door) -> tuple[list[Exchange], tuple[Callback, ...]]:
    """Tasks asked for from their beginning to both ends, and what was called back meanwhile."""
    sent: list[tuple[str, bytes]] = []

    def post(url: str, body: bytes) -> int:
        sent.append((url, body))
        return 204

    emulator = Emulator(clock=VirtualClock(), finish=AfterSeconds(MINUTE), post=post)
    urls = (f"http://127.0.0.1:9/{number}" for number in count())
    asked: dict[str, Exchange] = {}
    with calling(emulator.app) as (ask, exchanges):
        for turn, (url, user, order) in enumerate(zip(urls, users(), examples(spec) * 2, strict=False)):
            asked[url] = ask("POST", door.create, json={**order, door.callback: url}, headers=user)
            _live(emulator, door, ask, asked[url], user, well=turn % 2 == 0)
        emulator.wait_idle()
        return exchanges, _each(Callback(asked[url], url, json.loads(body)) for url, body in sent)


def _each(callbacks: Iterable[Callback]) -> tuple[Callback, ...]:
    """One callback of each kind."""
    return tuple({str(kinds(callback.body)): callback for callback in callbacks}.values())


def _live(emulator: Emulator, door: Door, ask: Ask, made: Exchange, user: dict[str, str], *, well: bool) -> None:
    """Ask for a task when it is accepted, under way, and ended."""
    task_id = door.id_in(made.answer)
    ask("GET", door.ask.format(task_id), headers=user)
    emulator.clock.advance(MINUTE / 2)
    ask("GET", door.ask.format(task_id), headers=user)
    if well:
        emulator.clock.advance(MINUTE / 2)
    else:
        emulator.fail_task(task_id)
    ask("GET", door.ask.format(task_id), headers=user)


def _odd(door: Door) -> list[Exchange]:
    """What is refused whatever the body: no key, wrong methods, wrong paths, a missing id, two of them."""
    question = door.ask.format("nobody")
    addresses = (door.create, question.partition("?")[0])
    with calling(Emulator(clock=VirtualClock(), keys=set(KEYS.values())).app) as (ask, exchanges):
        for method, path in (("POST", door.create), ("GET", question)):
            for headers in ({}, {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer nobodys-key"}):
                ask(method, path, headers=headers)
        for path in (*addresses, *(f"{path}{more}" for path in addresses for more in ("/", "/more"))):
            for method in METHODS:
                ask(method.upper(), path, headers=KEY)
        for task_id in ODD_IDS:
            ask("GET", door.ask.format(quote(task_id)), headers=KEY)
        ask("GET", f"{question}&{question.partition('?')[2]}", headers=KEY)
        return exchanges


def _media_types(spec: Spec, door: Door) -> dict[str, bool]:
    content = json.dumps(examples(spec)[0]).encode()
    with calling(Emulator(clock=VirtualClock()).app) as (ask, _):
        taken = {
            media_type: ask("POST", door.create, content=content, headers={**KEY, "Content-Type": media_type})
            for media_type in TYPES
        }
        taken[""] = ask("POST", door.create, headers={**KEY, "Content-Type": JSON})
    return {media_type: exchange.status == 200 for media_type, exchange in taken.items()}


def _films(spec: Spec, door: Door) -> dict[str, str]:
    """The film of each body, by its content; the label, which tells tasks apart, is left out."""
    films = {}
    with calling(Emulator(clock=VirtualClock(), finish=AtOnce()).app) as (ask, _):
        wanted = [body for base in examples(spec) for body in choices(spec, creating(spec).body or {}, base)]
        for body, user in zip(wanted, users(), strict=False):
            made = ask("POST", door.create, json=body, headers=user)
            if made.status == 200:
                record = ask("GET", door.ask.format(door.id_in(made.answer)), headers=user)
                films[json.dumps(body)] = _film(ask, record)
    return films


def _film(ask: Ask, record: Exchange) -> str:
    (path,) = FILM.findall(record.answer_content.decode())
    content = ask("GET", path).answer_content
    return sha256(content.removesuffix(read_label(content).box())).hexdigest()
