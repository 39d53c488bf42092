"""Mistakes that an emulator may make, as ways to break one that makes none."""

import json
from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import Any, Final

import httpx

from contract_tests.conformance.broken_emulator import (
    Break,
    Fields,
    Handle,
    bodies,
    changed_request,
    queries,
    records,
    requests,
    responses,
)
from scripts.checks.endpoints import Endpoints
from scripts.checks.exchanges import BASE
from scripts.checks.oracle import documented
from scripts.checks.recording import examples
from scripts.specs.files import load

RESULT: Final = {"kie": "resultJson", "native": "task_result", "relay": "task_result"}
ANNA: Final = "Bearer anna-key"
PAGE: Final = b"<h1>Oops</h1>"


# What comes in


def put(name: str, change: Callable[[Any], Any]) -> Break:
    """A field is read as something else."""

    def changed(endpoints: Endpoints, given: Fields) -> None:
        if name in given:
            given[name] = change(given[name])

    return bodies(changed)


def swapped(name: str, old: Any, new: Any) -> Break:
    """One value is taken for another."""
    return put(name, lambda value: new if (value, type(value)) == (old, type(old)) else value)


def moved(camera: Any) -> Any:
    """A camera without a config is one of the movements that need none."""
    return {"type": "down_back"} if isinstance(camera, dict) and "config" not in camera else camera


def without_nulls(endpoints: Endpoints, given: Fields) -> None:
    """Null is as good as nothing."""
    for name in [name for name, value in given.items() if value is None]:
        del given[name]


def model_for_others(endpoints: Endpoints, request: httpx.Request) -> httpx.Request:
    """An unknown model is taken for a known one."""
    known = documented(endpoints.api)[-1].models[-1]
    return changed_request(request, content=request.content.replace(b'"other"', json.dumps(known).encode()))


def read_anyway(endpoints: Endpoints, request: httpx.Request) -> httpx.Request | None:
    """What is no JSON is taken for a right body."""
    try:
        json.loads(request.content)
    except ValueError:
        return changed_request(request, content=json.dumps(examples(load(endpoints.api))[0]).encode())
    return None


def as_anna(*headers: str) -> Break:
    """Whoever brings one of these headers is taken for Anna."""

    def changed(endpoints: Endpoints, request: httpx.Request) -> httpx.Request | None:
        given = request.headers.get("authorization", "")
        return changed_request(request, {"authorization": ANNA}) if given in headers else None

    return requests(changed)


def deleting(endpoints: Endpoints, request: httpx.Request) -> httpx.Request | None:
    """Who wants to delete may look."""
    return httpx.Request("GET", request.url, headers=request.headers) if request.method == "DELETE" else None


def at_home(endpoints: Endpoints, request: httpx.Request) -> httpx.Request:
    """A slash more makes no difference."""
    url = str(request.url).rstrip("/")
    return httpx.Request(request.method, url, headers=request.headers, content=request.content)


# What goes out


def field(name: str | None, change: Callable[[Any], Any]) -> Callable[[Endpoints, Fields], None]:
    """A field has another value."""

    def changed(endpoints: Endpoints, given: Fields) -> None:
        key = name or endpoints.task_id
        if key in given:
            given[key] = change(given[key])

    return changed


def responded_as(
    *of: int, status: int | None = None, media: str | None = None, cut: int = 0, page: bool = False
) -> Break:
    """Answers of some statuses have another status or media type, are cut short, or are a page for people."""

    def changed(endpoints: Endpoints, request: httpx.Request, right: httpx.Response) -> httpx.Response | None:
        if right.status_code not in of or request.url.path.startswith("/media/"):
            return None
        headers = {**right.headers, "content-type": media or right.headers["content-type"]}
        content = PAGE if page else right.content[: len(right.content) - cut]
        return httpx.Response(status or right.status_code, headers=headers, content=content)

    return responses(changed)


def without_header(name: str) -> Break:
    """A header is missing."""

    def changed(endpoints: Endpoints, request: httpx.Request, right: httpx.Response) -> httpx.Response:
        kept = {key: value for key, value in right.headers.items() if key != name}
        return httpx.Response(right.status_code, headers=kept, content=right.content)

    return responses(changed)


def lost(*turns: int) -> Break:
    """Some queries of a task do not find it."""

    def broken(right: Handle, endpoints: Endpoints) -> Handle:
        seen: Counter[str] = Counter()

        def changed(endpoints: Endpoints, request: httpx.Request) -> httpx.Request | None:
            if request.method != "GET" or request.url.path.startswith("/media/"):
                return None
            query = f"{request.url} {request.headers.get('authorization')}"
            seen[query] += 1
            unknown = httpx.Request("GET", BASE + endpoints.query.format("x"), headers=request.headers)
            return unknown if seen[query] in turns else None

        return requests(changed)(right, endpoints)

    return broken


def again(right: Handle, endpoints: Endpoints) -> Handle:
    """Every task gets the id of the first."""
    first: list[str] = []

    async def handle(request: httpx.Request) -> httpx.Response:
        response = await right(request)
        if request.method == "POST" and response.status_code == 200:
            first.append(endpoints.id_in(response.json()))
            return httpx.Response(200, json=json.loads(response.content.replace(first[-1].encode(), first[0].encode())))
        return response

    return handle


def back(right: Handle, endpoints: Endpoints) -> Handle:
    """What has ended is shown as waiting every other time."""
    turns = count()

    def changed(endpoints: Endpoints, given: Fields) -> None:
        ended = endpoints.states.get(str(given.get(endpoints.state))) in {"succeeded", "failed"}
        if ended and next(turns) % 2:
            given[endpoints.state] = next(iter(endpoints.states))

    return queries(changed)(right, endpoints)


def coded(endpoints: Endpoints, right: httpx.Response, given: Fields) -> Fields:
    """Success has another code."""
    return {**given, "code": 1} if right.status_code == 200 else given


def enveloped(endpoints: Endpoints, right: httpx.Response, given: Fields) -> Fields:
    """An envelope around what has none."""
    return {"code": 0, "message": "SUCCEED", "request_id": "r", "data": given} if right.status_code == 200 else given


def flat(endpoints: Endpoints, right: httpx.Response, given: Fields) -> Fields:
    """No envelope around what has one."""
    return given["data"] if right.status_code == 200 else given


def ripe(endpoints: Endpoints, given: Fields) -> None:
    """A result before its time."""
    if not given.get(RESULT[endpoints.api]):
        videos = {"videos": [{"id": "v", "url": "http://emulator/media/x.mp4", "duration": 5}]}
        given[RESULT[endpoints.api]] = '{"resultUrls":["http://emulator/media/x.mp4"]}' if endpoints.is_kie else videos


def barren(endpoints: Endpoints, given: Fields) -> None:
    """No result at its time."""
    if given.get(RESULT[endpoints.api]):
        given[RESULT[endpoints.api]] = '{"resultUrls":[]}' if endpoints.is_kie else {"videos": []}


def unlisted(text: Any) -> Any:
    """A list in JSON becomes what it holds."""
    return text and text.replace("[", "").replace("]", "")


def blameless(endpoints: Endpoints, given: Fields) -> None:
    """A failure without a reason."""
    if endpoints.states.get(str(given.get(endpoints.state))) == "failed":
        given.update({"failCode": None, "failMsg": None} if endpoints.is_kie else {"task_status_msg": ""})


def word(state: str, other: str) -> Break:
    """A state has another word."""

    def changed(endpoints: Endpoints, given: Fields) -> None:
        words = [vendors for vendors, ours in endpoints.states.items() if ours == state]
        if given.get(endpoints.state) in (words or [*endpoints.states][:1]):
            given[endpoints.state] = other

    return records(changed)


def media(content: bytes, media: str) -> Break:
    """Films are something else."""

    def changed(endpoints: Endpoints, request: httpx.Request, right: httpx.Response) -> httpx.Response | None:
        headers = {"content-type": media}
        return httpx.Response(200, headers=headers, content=content) if request.url.path.startswith("/media/") else None

    return responses(changed)


# Callbacks


def turned(endpoints: Endpoints, body: Any) -> Any:
    """With an envelope where there is none, without one where there is."""
    return body["data"] if endpoints.is_kie else {"code": 0, "message": "SUCCEED", "request_id": "r", "data": body}


def nameless(endpoints: Endpoints, body: Any) -> Any:
    """Without the task's id."""
    del (body["data"] if endpoints.is_kie else body)[endpoints.task_id]
    return body


def endless(endpoints: Endpoints, body: Any) -> Any:
    """Always under way."""
    running = next(word for word, state in endpoints.states.items() if state == "running")
    (body["data"] if endpoints.is_kie else body)[endpoints.state] = running
    return body
