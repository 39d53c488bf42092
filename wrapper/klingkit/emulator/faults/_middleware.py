"""ASGI middleware that injects the configured faults."""

import math
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol
from xml.sax.saxutils import escape

import anyio
import httpx
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from klingkit.emulator.faults._fault import REQUEST_KINDS, Fault
from klingkit.emulator.faults._header import HEADER, LATER_FAULT, TASK_FAILURE, fault_header, read_fault
from klingkit.emulator.faults._rules import FaultRule, FaultRules, TaskFault
from klingkit.emulator.http._asgi import MAX_BODY, App, Message, Receive, Scope, Send
from klingkit.emulator.http._classification import RequestInfo, request_info
from klingkit.emulator.profiles import Api

INJECTED = "klingkit.fault"
"""The scope's key for the kind of the fault that was injected."""

SAVE = "klingkit.save"
"""The scope's key for a function that records the exchange as it is, if a journal has put one there."""

MAX_UPLOAD = 128_000_000  # bytes of a body with a file, more than any way of uploading takes
SLOW_SECONDS = 5.0  # that a slow upload or download takes by default
SLOW_PIECES = 20  # that it comes in

# As httpx words them: in process, clients get these errors in place of a connection's.
DROPPED = "Server disconnected without sending a response."
TRUNCATED = "peer closed connection without sending complete message body"
STALLED = "the response has stalled"

PAGE = """<html>
<head><title>{title}</title></head>
<body><center><h1>{title}</h1></center><hr><center>gateway</center></body>
</html>
"""
EXPIRED = """<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>AccessDenied</Code><Message>This URL has expired.</Message><Resource>{path}</Resource></Error>
"""

OPERATIONS: Mapping[str, str] = {
    "create": "create",
    "query": "query",
    "list": "query",
    "upload": "upload",
    "media": "media",
}
"""The operation of a request -> the operation of the faults for it. Others get no faults."""


class VideoUrl(NamedTuple):
    """One of the URLs of a task's video; each expires on its own, whatever else is in its query."""

    task_id: str
    renewals: int
    until: str


class Subject(NamedTuple):
    """The task that a request belongs to, or is about to create, as far as faults depend on it."""

    api: Api
    prompt: str | None
    video_url: VideoUrl | None  # None unless a video is requested
    task_fault: TaskFault | None


class Subjects(Protocol):
    """Finds the subjects of requests."""

    def find(self, scope: Scope, body: bytes) -> Subject | None:
        """Return the subject of a request; None: a video is requested that does not exist."""
        ...

    def renew(self, url: VideoUrl) -> None:
        """Give the task's video a URL that comes after this one."""
        ...


@dataclass
class _Response:
    """A whole response that is held back."""

    start: Message = field(default_factory=dict[str, Any])
    body: bytes = b""

    async def receive_from_app(self, message: Message) -> None:
        """Keep a message that the application sends."""
        if message["type"] == "http.response.start":
            self.start = message
        else:
            self.body += message.get("body", b"")

    async def send(self, send: Send) -> None:
        """Send it after all."""
        await send(self.start)
        await send({"type": "http.response.body", "body": self.body})


@dataclass
class _Request:
    """A request that gets a fault.

    `receive` delivers its body again, `rest` what comes after the body. `response` is set if the fault is injected
    after the application has responded.
    """

    subject: Subject
    operation: str
    scope: Scope
    receive: Receive
    rest: Receive
    send: Send
    response: _Response | None = None

    async def respond(self, response: Response) -> None:
        """Send this response instead of the application's."""
        await response(self.scope, self.receive, self.send)

    async def sleep(self, seconds: float) -> bool:
        """Wait; return whether the client is still there."""
        connected, sleeping = anyio.CancelScope(), anyio.CancelScope()

        async def race(
            scope: anyio.CancelScope, other: anyio.CancelScope, run: Callable[[], Awaitable[object]]
        ) -> None:
            with scope:
                await run()
                other.cancel()

        # Both run in tasks of their own, so that the loser's cancellation does not reach this task.
        async with anyio.create_task_group() as group:
            group.start_soon(race, connected, sleeping, self.wait_for_disconnect)
            group.start_soon(race, sleeping, connected, partial(anyio.sleep, seconds))
        return connected.cancelled_caught

    @property
    def has_connection(self) -> bool:
        """Whether it came by a connection that can be closed, and not in process."""
        return "klingkit.abort" in self.scope.get("extensions", {})

    async def wait_for_disconnect(self) -> None:
        """Return once the client has disconnected."""
        await self.rest()  # its body has been read, so nothing else can come

    def save(self) -> None:
        """Record the exchange as it is: its client may give up at any time from now on, and look it up."""
        self.scope.get(SAVE, bool)()

    async def abort(self, reason: str) -> None:
        """Close the connection, in whatever state it is."""
        self.save()
        if not self.has_connection:  # in process, the client expects the error that a connection would raise
            raise httpx.RemoteProtocolError(reason)
        self.scope["extensions"]["klingkit.abort"]()
        await self.wait_for_disconnect()


class FaultMiddleware:
    """Injects faults into the requests to an application.

    The kind of an injected fault is in the scope, as INJECTED. What a request brings for its task's video or callback
    is there for the application, as LATER_FAULT.

    Args:
        app: the application.
        rules: the configured faults. A request may bring one of its own in the header `X-Klingkit-Fault`.
        subjects: finds the task of a request.
        error_response: makes the API error of a fault.
    """

    def __init__(
        self, app: App, rules: FaultRules, subjects: Subjects, error_response: Callable[[Api, str, Fault], Response]
    ) -> None:
        self._app = app
        self._rules = rules
        self._subjects = subjects
        self._error_response = error_response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or inject a fault."""
        if scope["method"] == "HEAD":
            send = _without_body(send)
        info, header = request_info(scope), fault_header(scope)
        # A video's URL may have expired, or its task may have a fault, even if none is configured.
        if info.operation == "media" or (info.operation in OPERATIONS and (header or len(self._rules))):
            await self._check(info, header, scope, receive, send)
        elif header:
            text = f"{HEADER}: a fault goes with a creation, a query, an upload or a video; this request is none"
            await PlainTextResponse(text, 400)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _check(self, info: RequestInfo, header: str | None, scope: Scope, receive: Receive, send: Send) -> None:
        uploads = info.operation == "upload"  # whose bodies are files, of which no fault depends
        body, again = (b"", receive) if uploads else await _read(receive, MAX_BODY)
        subject = self._subjects.find(scope, body)
        if subject is None:
            await self._app(scope, again, send)
            return
        operation = OPERATIONS[info.operation]
        try:
            brought = read_fault(header, subject.api, operation) if header else None
        except ValueError as error:
            await PlainTextResponse(f"{HEADER}: {error}", 400)(scope, again, send)
            return
        if brought and operation not in brought.operations:
            scope[LATER_FAULT], brought = brought, None
        request = _Request(subject, operation, scope, again, receive, send)
        rule = self._match(request, brought)
        if rule is None:
            await self._app(scope, again, send)
        else:
            await self._inject(rule, request)

    def _match(self, request: _Request, brought: Fault | None) -> FaultRule | None:
        """Return the fault that the request brings, that its task has, or one of the configured ones."""
        api, prompt, video_url, own = request.subject
        if brought and brought.matches(api, request.operation, prompt):
            return FaultRule(0, brought)
        return self._rules.match(api, request.operation, prompt, REQUEST_KINDS, video_url=video_url, task_fault=own)

    async def _inject(self, rule: FaultRule, request: _Request) -> None:
        if rule.fault.kind == "fail":
            await self._fail(rule, request)
            return
        if rule.fault.after:
            request.response = await self._response(request)
            if request_info(request.scope).task_id is None:  # an API error: no task was created
                self._rules.uncount(rule)
                await request.response.send(request.send)
                return
        request.scope[INJECTED] = rule.fault.kind
        if rule.fault.kind in {"stall", "slow", "truncate"}:
            request.save()
        if request.operation == "upload" and rule.fault.kind == "slow":
            await self._app(request.scope, _slowed(request, rule.fault), request.send)
            return
        if request.operation == "upload" and rule.fault.kind != "drop":
            _, request.receive = await _read(request.receive, MAX_UPLOAD)
        inject: Mapping[str, Callable[[_Request, Fault], Any]] = {
            "refuse": self._refuse,
            "drop": self._drop,
            "stall": self._stall,
            "truncate": self._truncate,
            "html": self._html,
            "slow": self._slow,
            "expire": self._expire,
        }
        await inject[rule.fault.kind](request, rule.fault)

    async def _fail(self, rule: FaultRule, request: _Request) -> None:
        request.scope[TASK_FAILURE] = rule.fault
        request.scope[INJECTED] = rule.fault.kind
        response = await self._response(request)
        if request_info(request.scope).task_id is None:
            del request.scope[INJECTED]
            self._rules.uncount(rule)
        await response.send(request.send)

    async def _response(self, request: _Request) -> _Response:
        response = _Response()
        await self._app(request.scope, request.receive, response.receive_from_app)
        return response

    async def _refuse(self, request: _Request, fault: Fault) -> None:
        await request.respond(self._error_response(request.subject.api, request.operation, fault))

    async def _drop(self, request: _Request, _: Fault) -> None:
        await request.abort(DROPPED)

    async def _stall(self, request: _Request, fault: Fault) -> None:
        if fault.seconds is None and not request.has_connection:
            raise httpx.ReadTimeout(STALLED)  # in process, no client would ever give up
        if await request.sleep(math.inf if fault.seconds is None else fault.seconds):
            response = request.response or await self._response(request)
            await response.send(request.send)

    async def _truncate(self, request: _Request, _: Fault) -> None:
        response = request.response
        if response is None and request.operation == "create":
            # No task is created, though the client can't know: half of an error reads like half of a success.
            response = _Response()
            error = self._error_response(request.subject.api, request.operation, Fault("refuse", status=500))
            error.status_code = 200
            await error(request.scope, request.receive, response.receive_from_app)
        response = response or await self._response(request)
        await request.send(response.start)
        half = response.body[: len(response.body) // 2]
        await request.send({"type": "http.response.body", "body": half, "more_body": True})
        await request.abort(TRUNCATED)

    async def _html(self, request: _Request, fault: Fault) -> None:
        status = fault.status or 502
        await request.respond(HTMLResponse(PAGE.format(title=f"{status} {_reason(status)}".strip()), status))

    async def _slow(self, request: _Request, fault: Fault) -> None:
        response = await self._response(request)
        pieces = max(1, min(SLOW_PIECES, len(response.body)))
        pause = (SLOW_SECONDS if fault.seconds is None else fault.seconds) / pieces
        size = -(-len(response.body) // pieces)
        await request.send(response.start)
        for at in range(0, len(response.body), max(1, size)):
            if not await request.sleep(pause):
                return
            piece = response.body[at : at + size]
            await request.send({"type": "http.response.body", "body": piece, "more_body": True})
        await request.send({"type": "http.response.body"})

    async def _expire(self, request: _Request, _: Fault) -> None:
        url = request.subject.video_url
        assert url is not None  # nothing else expires
        self._rules.expire(url)
        self._subjects.renew(url)
        text = EXPIRED.format(path=escape(request.scope["path"]))
        await request.respond(Response(text, 403, media_type="application/xml"))


def _reason(status: int) -> str:
    return HTTPStatus(status).phrase if status in {*HTTPStatus} else ""


def _slowed(request: _Request, fault: Fault) -> Receive:
    """Deliver a body so that the whole of it takes the fault's seconds."""
    length = int(Headers(raw=request.scope["headers"]).get("Content-Length", "0")) or math.inf
    seconds = SLOW_SECONDS if fault.seconds is None else fault.seconds

    async def receive() -> Message:
        message = await request.receive()
        await anyio.sleep(seconds * len(message.get("body", b"")) / length)
        return message

    return receive


async def _read(receive: Receive, limit: int) -> tuple[bytes, Receive]:
    """Read the body, or more of it than the limit; return it with a channel that delivers it again."""
    body, more, gone = bytearray(), True, False
    while more and not gone:
        message = await receive()
        gone = message["type"] == "http.disconnect"
        more = message.get("more_body", False)
        if len(body) <= limit:
            body += message.get("body", b"")
    content = bytes(body)
    messages = deque[Message]([{"type": "http.request", "body": content, "more_body": gone}])

    async def again() -> Message:
        return messages.popleft() if messages else await receive()

    return content, again


def _without_body(send: Send) -> Send:
    """Drop the body of a response to HEAD, whose headers describe it."""

    async def send_bare(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return send_bare
