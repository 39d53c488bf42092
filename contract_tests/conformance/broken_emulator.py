"""Ways to break an emulator: its requests are changed on the way in, or its responses on the way out."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import httpx
from attrs import field, frozen

from scripts.checks.endpoints import Endpoints
from scripts.checks.exchanges import BASE, App, Message, Receive, Send, read_request

Handle: TypeAlias = Callable[[httpx.Request], Awaitable[httpx.Response]]
Break: TypeAlias = Callable[[Handle, Endpoints], Handle]
"""From a right way to respond to a wrong one."""
Fields: TypeAlias = dict[str, Any]


@frozen
class BrokenApp:
    """An ASGI application that wraps another one and breaks its requests or responses."""

    app: App
    broken: Break
    endpoints: Endpoints
    handle: Handle = field(init=False)

    @handle.default
    def _broken(self) -> Handle:
        transport = httpx.ASGITransport(self.app)

        async def right(request: httpx.Request) -> httpx.Response:
            response = await transport.handle_async_request(request)
            await response.aread()
            return response

        return self.broken(right, self.endpoints)

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


def requests(change: Callable[[Endpoints, httpx.Request], httpx.Request | None]) -> Break:
    """Change requests before the application receives them."""

    def broken(right: Handle, endpoints: Endpoints) -> Handle:
        async def handle(request: httpx.Request) -> httpx.Response:
            return await right(change(endpoints, request) or request)

        return handle

    return broken


def responses(change: Callable[[Endpoints, httpx.Request, httpx.Response], httpx.Response | None]) -> Break:
    """Change responses of the application."""

    def broken(right: Handle, endpoints: Endpoints) -> Handle:
        async def handle(request: httpx.Request) -> httpx.Response:
            response = await right(request)
            return change(endpoints, request, response) or response

        return handle

    return broken


def bodies(change: Callable[[Endpoints, Fields], None]) -> Break:
    """Change the fields of request bodies, for kie those of the input."""

    def changed(endpoints: Endpoints, request: httpx.Request) -> httpx.Request | None:
        given = _object(request.content)
        if given is None:
            return None
        change(endpoints, given["input"] if isinstance(given.get("input"), dict) else given)
        return changed_request(request, content=json.dumps(given).encode())

    return requests(changed)


def json_responses(change: Callable[[Endpoints, httpx.Response, Fields], Fields | None]) -> Break:
    """Change responses that hold a JSON object."""

    def changed(endpoints: Endpoints, request: httpx.Request, right: httpx.Response) -> httpx.Response | None:
        given = _object(right.content)
        return None if given is None else changed_response(right, change(endpoints, right, given) or given)

    return responses(changed)


def records(change: Callable[[Endpoints, Fields], None]) -> Break:
    """Change the record of a task, in all responses that have one."""

    def changed(endpoints: Endpoints, right: httpx.Response, given: Fields) -> None:
        found = endpoints.record_in(given)
        if isinstance(found, dict) and endpoints.task_id in found:
            change(endpoints, found)

    return json_responses(changed)


def queries(change: Callable[[Endpoints, Fields], None]) -> Break:
    """Change the record of a task, in responses to queries."""

    def changed(endpoints: Endpoints, request: httpx.Request, right: httpx.Response) -> httpx.Response | None:
        given = _object(right.content)
        if request.method != "GET" or given is None or right.status_code != 200:
            return None
        found = endpoints.record_in(given)
        if isinstance(found, dict):
            change(endpoints, found)
        return changed_response(right, given)

    return responses(changed)


def errors(change: Callable[[Endpoints, Fields], None]) -> Break:
    """Change the bodies of errors."""

    def changed(endpoints: Endpoints, right: httpx.Response, given: Fields) -> None:
        if right.status_code >= 400:
            change(endpoints, given)

    return json_responses(changed)


def changed_request(
    request: httpx.Request, headers: Mapping[str, str] | None = None, *, content: bytes | None = None
) -> httpx.Request:
    """Return a request with other headers, or other content."""
    kept = {name: value for name, value in request.headers.items() if name != "content-length"}
    sent = request.content if content is None else content
    return httpx.Request(request.method, request.url, headers={**kept, **(headers or {})}, content=sent)


def changed_response(right: httpx.Response, value: Any, status: int | None = None) -> httpx.Response:
    """Return a response with other JSON, or another status."""
    kept = {name: held for name, held in right.headers.items() if name not in {"content-length", "content-type"}}
    return httpx.Response(status or right.status_code, headers=kept, json=value)


def _object(content: bytes) -> Fields | None:
    try:
        value = json.loads(content)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
