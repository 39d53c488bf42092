"""What lets faults strike requests: an ASGI application around the one that answers them."""

import json
import math
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any, NamedTuple, cast
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

import anyio
import httpx
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from klingkit.emulator import _json
from klingkit.emulator.apis._auth import claimed
from klingkit.emulator.apis._requests import MOST_BYTES
from klingkit.emulator.faults._error_codes import known
from klingkit.emulator.faults._fault import REQUEST_KINDS, Fault
from klingkit.emulator.faults._rules import Faults, Own, Rule
from klingkit.emulator.http._classification import Api, Concern, concern, path_in
from klingkit.emulator.tasks._media import renewed
from klingkit.emulator.tasks._table import Task, Tasks, bound, concerned

HEADER = "X-Klingkit-Fault"
"""Brings a fault for one request: as JSON, or its kind alone."""

SLOW = 5.0  # seconds that a slow download takes, unless it is told
PIECES = 20  # that it comes in
MOST_RENEWED = 10_000  # films of which it is known that a URL has expired

LOST = "Server disconnected without sending a response."
CUT = "peer closed connection without sending complete message body"
STALLED = "the answer has stalled"

PAGE = """<html>
<head><title>{title}</title></head>
<body><center><h1>{title}</h1></center><hr><center>gateway</center></body>
</html>
"""
DENIED = """<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>AccessDenied</Code><Message>This URL has expired.</Message><Resource>{path}</Resource></Error>
"""

STAGES: Mapping[str, str] = {"create": "create", "query": "query", "list": "query", "media": "media"}
"""What a request does -> the operation of the faults that strike it; others are struck by none."""


LATER = {"media", "callback"}
"""Where a fault that comes with a creation may strike its task."""


DIGITS = 9  # of a number of renewals, at most


class FilmUrl(NamedTuple):
    """Which of a film's URLs is asked for: each expires for itself, whatever else is in its query."""

    task_id: str
    renewals: int
    until: str


class Subject(NamedTuple):
    """What a request is about."""

    api: Api
    stage: str  # the operation, as faults call it
    prompt: str | None
    film: FilmUrl | None  # the one that is fetched
    own: Own | None  # the fault that the task has brought


@dataclass
class Exchange:
    """A request on its way: what it is about, and its two ends.

    On `receive` its body arrives once more, on `rest` what comes after the body. `held` is the application's answer
    where the fault strikes after it.
    """

    subject: Subject
    scope: Scope
    receive: Receive
    rest: Receive
    send: Send
    held: "Answer | None" = None

    async def answer(self, response: Response) -> None:
        """Send this instead of what the application would say."""
        await response(self.scope, self.receive, self.send)

    async def outlasts(self, seconds: float) -> bool:
        """Wait; whether the sender waits as long."""
        staying, waiting = anyio.CancelScope(), anyio.CancelScope()

        async def race(
            scope: anyio.CancelScope, other: anyio.CancelScope, run: Callable[[], Awaitable[object]]
        ) -> None:
            with scope:
                await run()
                other.cancel()

        # Neither is waited for in this task: it is not cancelled, whichever of them is.
        async with anyio.create_task_group() as group:
            group.start_soon(race, staying, waiting, self.gone)
            group.start_soon(race, waiting, staying, partial(anyio.sleep, seconds))
        return staying.cancelled_caught

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection, which can be closed from either end."""
        return "klingkit.abort" in self.scope.get("extensions", {})

    async def gone(self) -> None:
        """Wait for the sender to be gone."""
        await self.rest()  # its body has come: nothing else is left to be told

    async def break_off(self, reason: str) -> None:
        """Close the connection, in whatever state it is."""
        if not self.is_connected:  # called in process, by a client that expects to be told as by a connection
            raise httpx.RemoteProtocolError(reason)
        self.scope["extensions"]["klingkit.abort"]()
        await self.gone()


@dataclass
class Answer:
    """An application's whole answer, kept back."""

    start: Message = field(default_factory=dict[str, Any])
    body: bytes = b""

    async def keep(self, message: Message) -> None:
        """Take a message that the application sends."""
        if message["type"] == "http.response.start":
            self.start = message
        else:
            self.body += message.get("body", b"")

    async def pass_on(self, send: Send) -> None:
        """Send it after all."""
        await send(self.start)
        await send({"type": "http.response.body", "body": self.body})


class Weather:
    """Lets faults strike the requests to an application; it tells which one did in the scope, as "klingkit.fault".

    Args:
        app: answers the requests.
        faults: those that are set for all; a request may bring one of its own in the header `X-Klingkit-Fault`.
        tasks: where the prompts of tasks that are asked for stand.
        refuse: makes the answer by which an API refuses, as a fault has it.
    """

    def __init__(self, app: ASGIApp, faults: Faults, tasks: Tasks, refuse: Callable[[Api, Fault], Response]) -> None:
        self._app = app
        self._faults = faults
        self._tasks = tasks
        self._refuse = refuse
        self._renewed: dict[str, int] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or let it meet its fault."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        token = renewed.set(self._renewed)
        try:
            await self._let_pass(scope, receive, _without_body(send) if scope["method"] == "HEAD" else send)
        finally:
            renewed.reset(token)

    async def _let_pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        about = concern(scope["method"], path_in(scope), scope["query_string"].decode("latin-1"))
        told = Headers(scope=scope).get(HEADER)
        # A film's URL may have expired, or its task have brought a fault, where none is set.
        if about.operation == "media" or (about.operation in STAGES and (told or len(self._faults))):
            await self._meet(about, told, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _meet(self, about: Concern, told: str | None, scope: Scope, receive: Receive, send: Send) -> None:
        body, again = await _read(receive)
        subject = self._subject(about, body, scope)
        try:
            brought = _brought(told, subject) if told and subject else None
        except ValueError as error:
            await PlainTextResponse(f"{HEADER}: {error}", 400)(scope, again, send)
            return
        if subject is None:
            await self._app(scope, again, send)
            return
        later = brought if brought and subject.stage not in brought.operations else None
        token = bound.set(later)
        try:
            await self._strike(Exchange(subject, scope, again, receive, send), None if later else brought)
        finally:
            bound.reset(token)

    async def _strike(self, exchange: Exchange, brought: Fault | None) -> None:
        rule = self._rule(exchange.subject, brought)
        if rule and rule.fault.after:
            exchange.held = await self._held_back(exchange)
            if not concerned.get():  # refused: there is no task to strike after
                self._faults.spare(rule)
                await exchange.held.pass_on(exchange.send)
                return
        if rule is None:
            await self._app(exchange.scope, exchange.receive, exchange.send)
            return
        fault = rule.fault
        exchange.scope["klingkit.fault"] = fault.kind
        strike: Mapping[str, Callable[[Exchange, Fault], Any]] = {
            "refuse": self._refused,
            "drop": self._dropped,
            "stall": self._stalled,
            "truncate": self._truncated,
            "html": self._page,
            "slow": self._slow,
            "expire": self._expired,
        }
        await strike[fault.kind](exchange, fault)

    def _subject(self, about: Concern, body: bytes, scope: Scope) -> Subject | None:
        task = self._task(about, scope)
        api = about.api or (cast("Api", task.order.service) if task else None)
        if api is None:  # a film that there is not
            return None
        prompt = task.order.prompt if task else _prompt(about, body)
        film = _url(task, scope) if task and about.operation == "media" else None
        return Subject(api, STAGES[about.operation], prompt, film, task.own if task else None)

    def _task(self, about: Concern, scope: Scope) -> Task | None:
        """The task that is asked for, by its id or by a name that its owner gave it."""
        if about.task_id is None:
            return None
        if (task := self._tasks.get(about.task_id)) or about.api is None:
            return task
        owner = claimed(Headers(scope=scope).get("Authorization", ""))
        return self._tasks.find(about.task_id, service=about.api, owner=owner)

    def _rule(self, subject: Subject, brought: Fault | None) -> Rule | None:
        """The fault that the request brings, that the task has brought, or one of those that are set."""
        api, stage, prompt, film, own = subject
        if brought and brought.applies(api, stage, prompt):
            return Rule(0, brought)
        return self._faults.strike(api, stage, prompt, REQUEST_KINDS, film=film, own=own)

    async def _held_back(self, exchange: Exchange) -> Answer:
        answer = Answer()
        await self._app(exchange.scope, exchange.receive, answer.keep)
        return answer

    async def _refused(self, exchange: Exchange, fault: Fault) -> None:
        await exchange.answer(self._refuse(exchange.subject.api, fault))

    async def _dropped(self, exchange: Exchange, _: Fault) -> None:
        await exchange.break_off(LOST)

    async def _stalled(self, exchange: Exchange, fault: Fault) -> None:
        if fault.seconds is None and not exchange.is_connected:
            raise httpx.ReadTimeout(STALLED)  # in process nobody would ever give up
        if await exchange.outlasts(math.inf if fault.seconds is None else fault.seconds):
            answer = exchange.held or await self._held_back(exchange)
            await answer.pass_on(exchange.send)

    async def _truncated(self, exchange: Exchange, _: Fault) -> None:
        answer = exchange.held
        if answer is None and exchange.subject.stage == "create":
            # Nothing is made, and it reads as if something might be.
            answer = Answer()
            refusal = self._refuse(exchange.subject.api, Fault("refuse", status=500))
            refusal.status_code = 200
            await refusal(exchange.scope, exchange.receive, answer.keep)
        answer = answer or await self._held_back(exchange)
        await exchange.send(answer.start)
        half = answer.body[: len(answer.body) // 2]
        await exchange.send({"type": "http.response.body", "body": half, "more_body": True})
        await exchange.break_off(CUT)

    async def _page(self, exchange: Exchange, fault: Fault) -> None:
        status = fault.status or 502
        await exchange.answer(HTMLResponse(PAGE.format(title=f"{status} {_reason(status)}".strip()), status))

    async def _slow(self, exchange: Exchange, fault: Fault) -> None:
        answer = await self._held_back(exchange)
        pieces = max(1, min(PIECES, len(answer.body)))
        pause = (SLOW if fault.seconds is None else fault.seconds) / pieces
        size = -(-len(answer.body) // pieces)
        await exchange.send(answer.start)
        for at in range(0, len(answer.body), max(1, size)):
            if not await exchange.outlasts(pause):
                return
            piece = answer.body[at : at + size]
            await exchange.send({"type": "http.response.body", "body": piece, "more_body": True})
        await exchange.send({"type": "http.response.body"})

    async def _expired(self, exchange: Exchange, _: Fault) -> None:
        url = cast("FilmUrl", exchange.subject.film)  # nothing else expires
        self._faults.expire(url)
        self._renewed[url.task_id] = max(self._renewed.get(url.task_id, 0), url.renewals + 1)
        if len(self._renewed) > MOST_RENEWED:
            del self._renewed[next(iter(self._renewed))]
        text = DENIED.format(path=escape(exchange.scope["path"]))
        await exchange.answer(Response(text, 403, media_type="application/xml"))


def _brought(told: str, subject: Subject) -> Fault:
    """The fault in a request's header: it strikes the request, or later the task that a creation makes.

    Raises:
        ValueError: it can strike neither; says why.
    """
    api, stage = subject.api, subject.stage
    # Starlette reads headers as Latin-1; JSON is UTF-8.
    given = _json.read_object(told.encode("latin-1")) if told.startswith("{") else {"kind": told}
    if name := next((name for name in ("api", "times", "probability") if name in given), None):
        raise ValueError(f"{name} goes with a fault for many requests, not for one")
    fault = Fault.from_json(given)
    if stage not in fault.operations and not (stage == "create" and fault.operations & LATER):
        raise ValueError(f"kind {fault.kind} strikes {' or '.join(sorted(fault.operations))}, this request is {stage}")
    if fault.code is not None and fault.status is None and not known(fault.code, api):
        raise ValueError(f"code must be one that {api} is known to use, or come with a status, is {fault.code!r}")
    return fault


def _url(task: Task, scope: Scope) -> FilmUrl:
    marks = parse_qs(scope["query_string"].decode("latin-1"))
    renewals = marks.get("renewed", ["0"])[0]
    known = renewals.isascii() and renewals.isdecimal() and len(renewals) <= DIGITS
    return FilmUrl(task.id, int(renewals) if known else 0, marks.get("until", [""])[0])


def _prompt(about: Concern, body: bytes) -> str | None:
    """The prompt in the body of a creation, whatever else is in it."""
    try:
        given: Any = json.loads(body)
        prompt = given["input"]["prompt"] if about.api == "kie" else given["prompt"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return prompt if isinstance(prompt, str) else None


def _reason(status: int) -> str:
    return HTTPStatus(status).phrase if status in {*HTTPStatus} else ""


async def _read(receive: Receive) -> tuple[bytes, Receive]:
    """The request's body, or a beginning that no API takes, and a channel on which it arrives once more."""
    body, more, gone = b"", True, False
    while more and not gone:
        message = await receive()
        gone = message["type"] == "http.disconnect"
        more = message.get("more_body", False)
        if len(body) <= MOST_BYTES:
            body += message.get("body", b"")
    messages = deque[Message]([{"type": "http.request", "body": body, "more_body": gone}])

    async def again() -> Message:
        return messages.popleft() if messages else await receive()

    return body, again


def _without_body(send: Send) -> Send:
    """An answer to HEAD: its headers speak of a body that does not follow."""

    async def bare(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return bare
