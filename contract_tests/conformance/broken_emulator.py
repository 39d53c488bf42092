"""Ways to break an emulator: what comes in, or what goes out, is not what it should be."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import httpx
from attrs import field, frozen

from contract_tests.emulator.kit import Api
from scripts.checks.endpoints import DOORS
from scripts.checks.exchanges import BASE, App, Message, Receive, Send, heard

Kind: TypeAlias = type[Api]
Handle: TypeAlias = Callable[[httpx.Request], Awaitable[httpx.Response]]
Break: TypeAlias = Callable[[Handle, Kind], Handle]
"""From a right way to answer to a wrong one."""
Fields: TypeAlias = dict[str, Any]


@frozen
class Broken:
    """An application whose answers pass through other hands."""

    app: App
    broken: Break
    kind: Kind
    handle: Handle = field(init=False)

    @handle.default
    def _hands(self) -> Handle:
        transport = httpx.ASGITransport(self.app)

        async def right(request: httpx.Request) -> httpx.Response:
            answer = await transport.handle_async_request(request)
            await answer.aread()
            return answer

        return self.broken(right, self.kind)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        content, _ = await heard(receive)
        query = scope["query_string"]
        url = httpx.URL(BASE).copy_with(raw_path=scope["raw_path"] + (b"?" + query if query else b""))
        answer = await self.handle(httpx.Request(scope["method"], url, headers=scope["headers"], content=content))
        headers = [(name.lower(), value) for name, value in answer.headers.raw]
        await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": answer.content})
        return None


def asked(change: Callable[[Kind, httpx.Request], httpx.Request | None]) -> Break:
    """Another request is answered than the one that came."""

    def broken(right: Handle, kind: Kind) -> Handle:
        async def handle(request: httpx.Request) -> httpx.Response:
            return await right(change(kind, request) or request)

        return handle

    return broken


def told(change: Callable[[Kind, httpx.Request, httpx.Response], httpx.Response | None]) -> Break:
    """Another answer is given than the right one."""

    def broken(right: Handle, kind: Kind) -> Handle:
        async def handle(request: httpx.Request) -> httpx.Response:
            answer = await right(request)
            return change(kind, request, answer) or answer

        return handle

    return broken


def body(change: Callable[[Kind, Fields], None]) -> Break:
    """Other fields are read than those that came; kie's are those of the input."""

    def changed(kind: Kind, request: httpx.Request) -> httpx.Request | None:
        given = _object(request.content)
        if given is None:
            return None
        change(kind, given["input"] if isinstance(given.get("input"), dict) else given)
        return sending(request, content=json.dumps(given).encode())

    return asked(changed)


def answer(change: Callable[[Kind, httpx.Response, Fields], Fields | None]) -> Break:
    """Other JSON is given than the right one."""

    def changed(kind: Kind, request: httpx.Request, right: httpx.Response) -> httpx.Response | None:
        given = _object(right.content)
        return None if given is None else saying(right, change(kind, right, given) or given)

    return told(changed)


def record(change: Callable[[Kind, Fields], None]) -> Break:
    """What is told of a task is something else; `change` changes it in place."""

    def changed(kind: Kind, right: httpx.Response, given: Fields) -> None:
        found = DOORS[kind.name].record_in(given)
        if isinstance(found, dict) and kind.task_id in found:
            change(kind, found)

    return answer(changed)


def asking(change: Callable[[Kind, Fields], None]) -> Break:
    """As `record`, of questions alone."""

    def changed(kind: Kind, request: httpx.Request, right: httpx.Response) -> httpx.Response | None:
        given = _object(right.content)
        if request.method != "GET" or given is None or right.status_code != 200:
            return None
        found = DOORS[kind.name].record_in(given)
        if isinstance(found, dict):
            change(kind, found)
        return saying(right, given)

    return told(changed)


def errors(change: Callable[[Kind, Fields], None]) -> Break:
    """What is told of an error is something else; `change` changes it in place."""

    def changed(kind: Kind, right: httpx.Response, given: Fields) -> None:
        if right.status_code >= 400:
            change(kind, given)

    return answer(changed)


def sending(
    request: httpx.Request, headers: Mapping[str, str] | None = None, *, content: bytes | None = None
) -> httpx.Request:
    """A request with other headers, or other content."""
    kept = {name: value for name, value in request.headers.items() if name != "content-length"}
    sent = request.content if content is None else content
    return httpx.Request(request.method, request.url, headers={**kept, **(headers or {})}, content=sent)


def saying(right: httpx.Response, value: Any, status: int | None = None) -> httpx.Response:
    """An answer with other JSON, or another status."""
    kept = {name: held for name, held in right.headers.items() if name not in {"content-length", "content-type"}}
    return httpx.Response(status or right.status_code, headers=kept, json=value)


def _object(content: bytes) -> Fields | None:
    try:
        value = json.loads(content)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
