"""Mistakes of an emulator, each as a change of the requests or responses of a correct one."""

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
from scripts.checks.recording import examples
from scripts.specs.files import load

RESULT: Final = {"kie": "resultJson", "native": "task_result", "relay": "task_result"}
ANNA: Final = "Bearer anna-key"
PAGE: Final = b"<h1>Oops</h1>"


# Mistakes in reading requests


def change_field(name: str, change: Callable[[Any], Any]) -> Break:
    """Change a field of each request body."""

    def changed(endpoints: Endpoints, given: Fields) -> None:
        if name in given:
            given[name] = change(given[name])

    return bodies(changed)


def replace_value(name: str, old: Any, new: Any) -> Break:
    """Treat one value of a field as another."""
    return change_field(name, lambda value: new if (value, type(value)) == (old, type(old)) else value)


def camera_without_config(camera: Any) -> Any:
    """Treat a camera without a config as a movement that needs none."""
    return {"type": "down_back"} if isinstance(camera, dict) and "config" not in camera else camera


def drop_nulls(endpoints: Endpoints, given: Fields) -> None:
    """Treat null as absent."""
    for name in [name for name, value in given.items() if value is None]:
        del given[name]


def accept_invalid_json(endpoints: Endpoints, request: httpx.Request) -> httpx.Request | None:
    """Treat a body that is no JSON as a valid one."""
    try:
        json.loads(request.content)
    except ValueError:
        return changed_request(request, content=json.dumps(examples(load(endpoints.api))[0]).encode())
    return None


def accept_credentials(*headers: str) -> Break:
    """Accept requests with one of these authorization headers as those of the user Anna."""

    def changed(endpoints: Endpoints, request: httpx.Request) -> httpx.Request | None:
        given = request.headers.get("authorization", "")
        return changed_request(request, {"authorization": ANNA}) if given in headers else None

    return requests(changed)


def treat_delete_as_get(endpoints: Endpoints, request: httpx.Request) -> httpx.Request | None:
    """Treat DELETE as GET."""
    return httpx.Request("GET", request.url, headers=request.headers) if request.method == "DELETE" else None


def ignore_trailing_slash(endpoints: Endpoints, request: httpx.Request) -> httpx.Request:
    """Ignore a slash at the end of the path."""
    url = str(request.url).rstrip("/")
    return httpx.Request(request.method, url, headers=request.headers, content=request.content)


# Mistakes in responses


def change_response_field(name: str | None, change: Callable[[Any], Any]) -> Callable[[Endpoints, Fields], None]:
    """Change a field of responses; None stands for the task's id."""

    def changed(endpoints: Endpoints, given: Fields) -> None:
        key = name or endpoints.task_id
        if key in given:
            given[key] = change(given[key])

    return changed


def change_response(
    *of: int, status: int | None = None, media: str | None = None, cut: int = 0, page: bool = False
) -> Break:
    """Change responses of some statuses: their status or media type, or cut them short, or send an HTML page."""

    def changed(endpoints: Endpoints, request: httpx.Request, right: httpx.Response) -> httpx.Response | None:
        if right.status_code not in of or request.url.path.startswith("/media/"):
            return None
        headers = {**right.headers, "content-type": media or right.headers["content-type"]}
        content = PAGE if page else right.content[: len(right.content) - cut]
        return httpx.Response(status or right.status_code, headers=headers, content=content)

    return responses(changed)


def drop_header(name: str) -> Break:
    """Drop a header of all responses."""

    def changed(endpoints: Endpoints, request: httpx.Request, right: httpx.Response) -> httpx.Response:
        kept = {key: value for key, value in right.headers.items() if key != name}
        return httpx.Response(right.status_code, headers=kept, content=right.content)

    return responses(changed)


def lose_task(*turns: int) -> Break:
    """Find no task in some queries of each task, given by their turn."""

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


def reuse_first_id(right: Handle, endpoints: Endpoints) -> Handle:
    """Give every task the id of the first one."""
    first: list[str] = []

    async def handle(request: httpx.Request) -> httpx.Response:
        response = await right(request)
        if request.method == "POST" and response.status_code == 200:
            first.append(endpoints.id_in(response.json()))
            return httpx.Response(200, json=json.loads(response.content.replace(first[-1].encode(), first[0].encode())))
        return response

    return handle


def return_to_waiting(right: Handle, endpoints: Endpoints) -> Handle:
    """Report an ended task as waiting in every second query."""
    turns = count()

    def changed(endpoints: Endpoints, given: Fields) -> None:
        ended = endpoints.states.get(str(given.get(endpoints.state))) in {"succeeded", "failed"}
        if ended and next(turns) % 2:
            given[endpoints.state] = next(iter(endpoints.states))

    return queries(changed)(right, endpoints)


def change_success_code(endpoints: Endpoints, right: httpx.Response, given: Fields) -> Fields:
    """Change the code of success."""
    return {**given, "code": 1} if right.status_code == 200 else given


def add_envelope(endpoints: Endpoints, right: httpx.Response, given: Fields) -> Fields:
    """Put an envelope around a task that has none."""
    return {"code": 0, "message": "SUCCEED", "request_id": "r", "data": given} if right.status_code == 200 else given


def remove_envelope(endpoints: Endpoints, right: httpx.Response, given: Fields) -> Fields:
    """Remove the envelope around a task."""
    return given["data"] if right.status_code == 200 else given


def show_result_early(endpoints: Endpoints, given: Fields) -> None:
    """Add a result before the task has succeeded."""
    if not given.get(RESULT[endpoints.api]):
        videos = {"videos": [{"id": "v", "url": "http://emulator/media/x.mp4", "duration": 5}]}
        given[RESULT[endpoints.api]] = (
            '{"resultUrls":["http://emulator/media/x.mp4"]}' if endpoints.in_strings else videos
        )


def empty_result(endpoints: Endpoints, given: Fields) -> None:
    """Empty the result of a succeeded task."""
    if given.get(RESULT[endpoints.api]):
        given[RESULT[endpoints.api]] = '{"resultUrls":[]}' if endpoints.in_strings else {"videos": []}


def remove_brackets(text: Any) -> Any:
    """Remove the brackets of a list in JSON, so that its item stands alone."""
    return text and text.replace("[", "").replace("]", "")


def drop_failure_reason(endpoints: Endpoints, given: Fields) -> None:
    """Drop the reason of a failed task."""
    if endpoints.states.get(str(given.get(endpoints.state))) == "failed":
        given.update({"failCode": None, "failMsg": None} if endpoints.in_strings else {"task_status_msg": ""})


def change_state_word(state: str, other: str) -> Break:
    """Change the word for a state."""

    def changed(endpoints: Endpoints, given: Fields) -> None:
        words = [vendors for vendors, ours in endpoints.states.items() if ours == state]
        if given.get(endpoints.state) in (words or [*endpoints.states][:1]):
            given[endpoints.state] = other

    return records(changed)


def replace_videos(content: bytes, media: str) -> Break:
    """Send other content in place of videos."""

    def changed(endpoints: Endpoints, request: httpx.Request, right: httpx.Response) -> httpx.Response | None:
        headers = {"content-type": media}
        return httpx.Response(200, headers=headers, content=content) if request.url.path.startswith("/media/") else None

    return responses(changed)


# Mistakes in callbacks


def toggle_envelope(endpoints: Endpoints, body: Any) -> Any:
    """Add an envelope where there is none; remove one where there is."""
    return (
        body["data"] if endpoints.one_callback else {"code": 0, "message": "SUCCEED", "request_id": "r", "data": body}
    )


def drop_task_id(endpoints: Endpoints, body: Any) -> Any:
    """Drop the task's id."""
    del (body["data"] if endpoints.one_callback else body)[endpoints.task_id]
    return body


def stay_running(endpoints: Endpoints, body: Any) -> Any:
    """Report every task as running."""
    running = next(word for word, state in endpoints.states.items() if state == "running")
    (body["data"] if endpoints.one_callback else body)[endpoints.state] = running
    return body
