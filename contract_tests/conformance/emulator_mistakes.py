"""Mistakes that an emulator may make, as ways to break one that makes none."""

import json
from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import Any, Final

import httpx

from contract_tests.conformance.emulator_broken import (
    Break,
    Fields,
    Handle,
    Kind,
    asked,
    asking,
    body,
    record,
    sending,
    told,
)
from contract_tests.emulator.kit import Kie, Native, Relay
from scripts.checks.exchanges import BASE

RESULT: Final = {Kie: "resultJson", Native: "task_result", Relay: "task_result"}
ANNA: Final = "Bearer anna-key"
PAGE: Final = b"<h1>Oops</h1>"


# What comes in


def put(name: str, change: Callable[[Any], Any]) -> Break:
    """A field is read as something else."""

    def changed(kind: Kind, given: Fields) -> None:
        if name in given:
            given[name] = change(given[name])

    return body(changed)


def swapped(name: str, old: Any, new: Any) -> Break:
    """One value is taken for another."""
    return put(name, lambda value: new if (value, type(value)) == (old, type(old)) else value)


def without_nulls(kind: Kind, given: Fields) -> None:
    """Null is as good as nothing."""
    for name in [name for name, value in given.items() if value is None]:
        del given[name]


def model_for_others(kind: Kind, request: httpx.Request) -> httpx.Request:
    """A model that nobody knows stands for one that is known."""
    unknown, known = b'"kling-v9"', json.dumps(kind.models[-1]).encode()
    return sending(request, content=request.content.replace(unknown, known))


def read_anyway(kind: Kind, request: httpx.Request) -> httpx.Request | None:
    """What is no JSON is taken for a right body."""
    try:
        json.loads(request.content)
    except ValueError:
        return sending(request, content=json.dumps(kind.body()).encode())
    return None


def as_anna(*headers: str) -> Break:
    """Whoever brings one of these headers is taken for Anna."""

    def changed(kind: Kind, request: httpx.Request) -> httpx.Request | None:
        given = request.headers.get("authorization", "")
        return sending(request, {"authorization": ANNA}) if given in headers else None

    return asked(changed)


def deleting(kind: Kind, request: httpx.Request) -> httpx.Request | None:
    """Who wants to delete may look."""
    return httpx.Request("GET", request.url, headers=request.headers) if request.method == "DELETE" else None


def at_home(kind: Kind, request: httpx.Request) -> httpx.Request:
    """A slash more makes no difference."""
    url = str(request.url).rstrip("/")
    return httpx.Request(request.method, url, headers=request.headers, content=request.content)


# What goes out


def field(name: str | None, change: Callable[[Any], Any]) -> Callable[[Kind, Fields], None]:
    """A field is told as something else."""

    def changed(kind: Kind, given: Fields) -> None:
        key = name or kind.task_id
        if key in given:
            given[key] = change(given[key])

    return changed


def told_as(*of: int, status: int | None = None, media: str | None = None, cut: int = 0, page: bool = False) -> Break:
    """Answers of some statuses have another status or media type, are cut short, or are a page for people."""

    def changed(kind: Kind, request: httpx.Request, right: httpx.Response) -> httpx.Response | None:
        if right.status_code not in of or request.url.path.startswith("/media/"):
            return None
        headers = {**right.headers, "content-type": media or right.headers["content-type"]}
        content = PAGE if page else right.content[: len(right.content) - cut]
        return httpx.Response(status or right.status_code, headers=headers, content=content)

    return told(changed)


def without_header(name: str) -> Break:
    """A header is missing."""

    def changed(kind: Kind, request: httpx.Request, right: httpx.Response) -> httpx.Response:
        kept = {key: value for key, value in right.headers.items() if key != name}
        return httpx.Response(right.status_code, headers=kept, content=right.content)

    return told(changed)


def lost(*turns: int) -> Break:
    """Some looks at a task do not find it."""

    def broken(right: Handle, kind: Kind) -> Handle:
        looks: Counter[str] = Counter()

        def changed(kind: Kind, request: httpx.Request) -> httpx.Request | None:
            if request.method != "GET" or request.url.path.startswith("/media/"):
                return None
            look = f"{request.url} {request.headers.get('authorization')}"
            looks[look] += 1
            nobody = httpx.Request("GET", f"{BASE}{kind.path_of('x')}", headers=request.headers)
            return nobody if looks[look] in turns else None

        return asked(changed)(right, kind)

    return broken


def again(right: Handle, kind: Kind) -> Handle:
    """Every task gets the id of the first."""
    first: list[str] = []

    async def handle(request: httpx.Request) -> httpx.Response:
        answer = await right(request)
        if request.method == "POST" and answer.status_code == 200:
            first.append(kind.id_in(answer))
            return httpx.Response(200, json=json.loads(answer.content.replace(first[-1].encode(), first[0].encode())))
        return answer

    return handle


def back(right: Handle, kind: Kind) -> Handle:
    """What has ended is shown as waiting every other time."""
    turns = count()

    def changed(kind: Kind, given: Fields) -> None:
        ended = given.get(kind.state) in {kind.words["succeeded"], kind.words["failed"]}
        if ended and next(turns) % 2:
            given[kind.state] = kind.words["accepted"]

    return asking(changed)(right, kind)


def coded(kind: Kind, right: httpx.Response, given: Fields) -> Fields:
    """Success has another code."""
    return {**given, "code": 1} if right.status_code == 200 else given


def enveloped(kind: Kind, right: httpx.Response, given: Fields) -> Fields:
    """An envelope around what has none."""
    return {"code": 0, "message": "SUCCEED", "request_id": "r", "data": given} if right.status_code == 200 else given


def flat(kind: Kind, right: httpx.Response, given: Fields) -> Fields:
    """No envelope around what has one."""
    return given["data"] if right.status_code == 200 else given


def ripe(kind: Kind, given: Fields) -> None:
    """A result before its time."""
    if not given.get(RESULT[kind]):
        videos = {"videos": [{"id": "v", "url": "http://emulator/media/x.mp4", "duration": 5}]}
        given[RESULT[kind]] = '{"resultUrls":["http://emulator/media/x.mp4"]}' if kind is Kie else videos


def barren(kind: Kind, given: Fields) -> None:
    """No result at its time."""
    if given.get(RESULT[kind]):
        given[RESULT[kind]] = '{"resultUrls":[]}' if kind is Kie else {"videos": []}


def unlisted(text: Any) -> Any:
    """A list in JSON becomes what it holds."""
    return text and text.replace("[", "").replace("]", "")


def blameless(kind: Kind, given: Fields) -> None:
    """A failure without a reason."""
    if given.get(kind.state) == kind.words["failed"]:
        given.update({"failCode": None, "failMsg": None} if kind is Kie else {"task_status_msg": ""})


def word(state: str, other: str) -> Break:
    """A state has another word."""

    def changed(kind: Kind, given: Fields) -> None:
        if given.get(kind.state) == kind.words[state]:
            given[kind.state] = other

    return record(changed)


def film(content: bytes, media: str) -> Break:
    """Films are something else."""

    def changed(kind: Kind, request: httpx.Request, right: httpx.Response) -> httpx.Response | None:
        headers = {"content-type": media}
        return httpx.Response(200, headers=headers, content=content) if request.url.path.startswith("/media/") else None

    return told(changed)


# Callbacks


def turned(kind: Kind, body: Any) -> Any:
    """With an envelope where there is none, without one where there is."""
    return body["data"] if kind is Kie else {"code": 0, "message": "SUCCEED", "request_id": "r", "data": body}


def nameless(kind: Kind, body: Any) -> Any:
    """Without the task's id."""
    del (body["data"] if kind is Kie else body)[kind.task_id]
    return body


def endless(kind: Kind, body: Any) -> Any:
    """Always under way."""
    (body["data"] if kind is Kie else body)[kind.state] = kind.words["running"]
    return body
