"""Breaks an emulator, by changing its requests on the way in or its responses on the way out."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import httpx
from attrs import field, frozen

from scripts.checks.endpoints import Endpoints
from scripts.checks.exchanges import BASE, App, Message, Receive, Send, read_request

Handle: TypeAlias = Callable[[httpx.Request], Awaitable[httpx.Response]]
Breakage: TypeAlias = Callable[[Handle, Endpoints], Handle]
"""Turns a correct handler of requests into a broken one."""
Fields: TypeAlias = dict[str, Any]


@frozen
class BrokenApp:
    """An ASGI application that wraps another one and breaks its requests or responses."""

    app: App
    broken: Breakage
    endpoints: Endpoints
    handle: Handle = field(init=False)

    @handle.default
    def _make_handle(self) -> Handle:
        transport = httpx.ASGITransport(self.app)

        async def correct(request: httpx.Request) -> httpx.Response:
            response = await transport.handle_async_request(request)
            await response.aread()
            return response

        return self.broken(correct, self.endpoints)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        content, _ = await read_request(receive)
        query = scope["query_string"]
        url = httpx.URL(BASE).copy_with(raw_path=scope["raw_path"] + (b"?" + query if query else b""))
        response = await self.handle(httpx.Request(scope["method"], url, headers=scope["headers"], content=content))
        headers = [(name.lower(), value) for name, value in response.headers.raw]
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": response.content})
        return None


def change_requests(change: Callable[[Endpoints, httpx.Request], httpx.Request | None]) -> Breakage:
    """Change requests before the application receives them."""

    def broken(correct: Handle, endpoints: Endpoints) -> Handle:
        async def handle(request: httpx.Request) -> httpx.Response:
            return await correct(change(endpoints, request) or request)

        return handle

    return broken


def change_responses(change: Callable[[Endpoints, httpx.Request, httpx.Response], httpx.Response | None]) -> Breakage:
    """Change responses of the application."""

    def broken(correct: Handle, endpoints: Endpoints) -> Handle:
        async def handle(request: httpx.Request) -> httpx.Response:
            response = await correct(request)
            return change(endpoints, request, response) or response

        return handle

    return broken


def change_bodies(change: Callable[[Endpoints, Fields], None]) -> Breakage:
    """Change the fields of request bodies; for kie.ai those of its `input`."""

    def changed(endpoints: Endpoints, request: httpx.Request) -> httpx.Request | None:
        fields = _object(request.content)
        if fields is None:
            return None
        change(endpoints, fields["input"] if isinstance(fields.get("input"), dict) else fields)
        return changed_request(request, content=json.dumps(fields).encode())

    return change_requests(changed)


def change_json_responses(change: Callable[[Endpoints, httpx.Response, Fields], Fields | None]) -> Breakage:
    """Change responses that hold a JSON object."""

    def changed(endpoints: Endpoints, request: httpx.Request, correct: httpx.Response) -> httpx.Response | None:
        fields = _object(correct.content)
        return None if fields is None else changed_response(correct, change(endpoints, correct, fields) or fields)

    return change_responses(changed)


def change_records(change: Callable[[Endpoints, Fields], None]) -> Breakage:
    """Change the record of a task, in all responses that have one."""

    def changed(endpoints: Endpoints, correct: httpx.Response, fields: Fields) -> None:
        record = endpoints.record_in(fields)
        if isinstance(record, dict) and endpoints.task_id in record:
            change(endpoints, record)

    return change_json_responses(changed)


def change_query_responses(change: Callable[[Endpoints, Fields], None]) -> Breakage:
    """Change the record of a task, in responses to queries."""

    def changed(endpoints: Endpoints, request: httpx.Request, correct: httpx.Response) -> httpx.Response | None:
        fields = _object(correct.content)
        if request.method != "GET" or fields is None or correct.status_code != 200:
            return None
        record = endpoints.record_in(fields)
        if isinstance(record, dict):
            change(endpoints, record)
        return changed_response(correct, fields)

    return change_responses(changed)


def change_error_bodies(change: Callable[[Endpoints, Fields], None]) -> Breakage:
    """Change the bodies of errors."""

    def changed(endpoints: Endpoints, correct: httpx.Response, fields: Fields) -> None:
        if correct.status_code >= 400:
            change(endpoints, fields)

    return change_json_responses(changed)


def changed_request(
    request: httpx.Request, headers: Mapping[str, str] | None = None, *, content: bytes | None = None
) -> httpx.Request:
    """Return a request with other headers, or other content."""
    kept_headers = {name: value for name, value in request.headers.items() if name != "content-length"}
    body = request.content if content is None else content
    return httpx.Request(request.method, request.url, headers={**kept_headers, **(headers or {})}, content=body)


def changed_response(correct: httpx.Response, value: Any, status: int | None = None) -> httpx.Response:
    """Return a response with other JSON, or another status."""
    headers = {name: text for name, text in correct.headers.items() if name not in {"content-length", "content-type"}}
    return httpx.Response(status or correct.status_code, headers=headers, json=value)


def _object(content: bytes) -> Fields | None:
    try:
        value = json.loads(content)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
