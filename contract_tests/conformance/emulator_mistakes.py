"""Mistakes of an emulator, each as a change of the requests or responses of a correct one."""

import json
from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import Any, Final

import httpx

from contract_tests.conformance.broken_emulator import (
    Breakage,
    Fields,
    Handle,
    change_bodies,
    change_query_responses,
    change_records,
    change_requests,
    change_responses,
    changed_request,
)
from scripts.checks.endpoints import Endpoints
from scripts.checks.exchanges import BASE
from scripts.checks.recording import examples
from scripts.specs.files import load

RESULT_FIELD: Final = {"kie": "resultJson", "native": "task_result", "relay": "task_result"}
ANNA_AUTHORIZATION: Final = "Bearer anna-key"
HTML_PAGE: Final = b"<h1>Oops</h1>"


# Mistakes in reading requests


def change_field(name: str, change: Callable[[Any], Any]) -> Breakage:
    """Change a field of each request body."""

    def changed(endpoints: Endpoints, fields: Fields) -> None:
        if name in fields:
            fields[name] = change(fields[name])

    return change_bodies(changed)


def replace_value(name: str, old: Any, new: Any) -> Breakage:
    """Treat one value of a field as another."""
    return change_field(name, lambda value: new if (value, type(value)) == (old, type(old)) else value)


def camera_without_config(camera: Any) -> Any:
    """Treat a camera without a config as a movement that needs none."""
    return {"type": "down_back"} if isinstance(camera, dict) and "config" not in camera else camera


def drop_nulls(endpoints: Endpoints, fields: Fields) -> None:
    """Treat null as absent."""
    for name in [name for name, value in fields.items() if value is None]:
        del fields[name]


def accept_invalid_json(endpoints: Endpoints, request: httpx.Request) -> httpx.Request | None:
    """Treat a body that is no JSON as a valid one."""
    try:
        json.loads(request.content)
    except ValueError:
        return changed_request(request, content=json.dumps(examples(load(endpoints.api))[0]).encode())
    return None


def accept_credentials(*headers: str) -> Breakage:
    """Accept requests with one of these authorization headers as those of the user Anna."""

    def changed(endpoints: Endpoints, request: httpx.Request) -> httpx.Request | None:
        fields = request.headers.get("authorization", "")
        return changed_request(request, {"authorization": ANNA_AUTHORIZATION}) if fields in headers else None

    return change_requests(changed)


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

    def changed(endpoints: Endpoints, fields: Fields) -> None:
        key = name or endpoints.task_id
        if key in fields:
            fields[key] = change(fields[key])

    return changed


def change_response(
    *statuses: int, status: int | None = None, media_type: str | None = None, cut: int = 0, page: bool = False
) -> Breakage:
    """Change responses of some statuses: their status or media type, or cut them short, or send an HTML page."""

    def changed(endpoints: Endpoints, request: httpx.Request, correct: httpx.Response) -> httpx.Response | None:
        if correct.status_code not in statuses or request.url.path.startswith("/media/"):
            return None
        headers = {**correct.headers, "content-type": media_type or correct.headers["content-type"]}
        content = HTML_PAGE if page else correct.content[: len(correct.content) - cut]
        return httpx.Response(status or correct.status_code, headers=headers, content=content)

    return change_responses(changed)


def drop_header(name: str) -> Breakage:
    """Drop a header of all responses."""

    def changed(endpoints: Endpoints, request: httpx.Request, correct: httpx.Response) -> httpx.Response:
        headers = {key: value for key, value in correct.headers.items() if key != name}
        return httpx.Response(correct.status_code, headers=headers, content=correct.content)

    return change_responses(changed)


def lose_task(*query_numbers: int) -> Breakage:
    """Find no task in the queries of each task with these numbers (1 is the first query)."""

    def broken(correct: Handle, endpoints: Endpoints) -> Handle:
        seen: Counter[str] = Counter()

        def changed(endpoints: Endpoints, request: httpx.Request) -> httpx.Request | None:
            if request.method != "GET" or request.url.path.startswith("/media/"):
                return None
            query = f"{request.url} {request.headers.get('authorization')}"
            seen[query] += 1
            unknown = httpx.Request("GET", BASE + endpoints.query.format("x"), headers=request.headers)
            return unknown if seen[query] in query_numbers else None

        return change_requests(changed)(correct, endpoints)

    return broken


def reuse_first_id(correct: Handle, endpoints: Endpoints) -> Handle:
    """Give every task the id of the first one."""
    first: list[str] = []

    async def handle(request: httpx.Request) -> httpx.Response:
        response = await correct(request)
        if request.method == "POST" and response.status_code == 200:
            first.append(endpoints.id_in(response.json()))
            return httpx.Response(200, json=json.loads(response.content.replace(first[-1].encode(), first[0].encode())))
        return response

    return handle


def return_to_waiting(correct: Handle, endpoints: Endpoints) -> Handle:
    """Report an ended task as waiting in every second query."""
    counter = count()

    def changed(endpoints: Endpoints, fields: Fields) -> None:
        ended = endpoints.states.get(str(fields.get(endpoints.state))) in {"succeeded", "failed"}
        if ended and next(counter) % 2:
            fields[endpoints.state] = next(iter(endpoints.states))

    return change_query_responses(changed)(correct, endpoints)


def change_success_code(endpoints: Endpoints, correct: httpx.Response, fields: Fields) -> Fields:
    """Change the code of success."""
    return {**fields, "code": 1} if correct.status_code == 200 else fields


def add_envelope(endpoints: Endpoints, correct: httpx.Response, fields: Fields) -> Fields:
    """Put an envelope around a task that has none."""
    return (
        {"code": 0, "message": "SUCCEED", "request_id": "r", "data": fields} if correct.status_code == 200 else fields
    )


def remove_envelope(endpoints: Endpoints, correct: httpx.Response, fields: Fields) -> Fields:
    """Remove the envelope around a task."""
    return fields["data"] if correct.status_code == 200 else fields


def show_result_early(endpoints: Endpoints, fields: Fields) -> None:
    """Add a result before the task has succeeded."""
    if not fields.get(RESULT_FIELD[endpoints.api]):
        videos = {"videos": [{"id": "v", "url": "http://emulator/media/x.mp4", "duration": 5}]}
        fields[RESULT_FIELD[endpoints.api]] = (
            '{"resultUrls":["http://emulator/media/x.mp4"]}' if endpoints.in_strings else videos
        )


def empty_result(endpoints: Endpoints, fields: Fields) -> None:
    """Empty the result of a succeeded task."""
    if fields.get(RESULT_FIELD[endpoints.api]):
        fields[RESULT_FIELD[endpoints.api]] = '{"resultUrls":[]}' if endpoints.in_strings else {"videos": []}


def remove_brackets(text: Any) -> Any:
    """Remove the brackets of a list in JSON, so that its item stands alone."""
    return text and text.replace("[", "").replace("]", "")


def drop_failure_reason(endpoints: Endpoints, fields: Fields) -> None:
    """Drop the reason of a failed task."""
    if endpoints.states.get(str(fields.get(endpoints.state))) == "failed":
        fields.update({"failCode": None, "failMsg": None} if endpoints.in_strings else {"task_status_msg": ""})


def change_vendor_state(state: str, other: str) -> Breakage:
    """Report another name for a state."""

    def changed(endpoints: Endpoints, fields: Fields) -> None:
        vendor_states = [vendor_state for vendor_state, status in endpoints.states.items() if status == state]
        if fields.get(endpoints.state) in (vendor_states or [*endpoints.states][:1]):
            fields[endpoints.state] = other

    return change_records(changed)


def replace_videos(content: bytes, media_type: str) -> Breakage:
    """Send other content in place of videos."""

    def changed(endpoints: Endpoints, request: httpx.Request, correct: httpx.Response) -> httpx.Response | None:
        headers = {"content-type": media_type}
        return httpx.Response(200, headers=headers, content=content) if request.url.path.startswith("/media/") else None

    return change_responses(changed)


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
    running = next(vendor_state for vendor_state, state in endpoints.states.items() if state == "running")
    (body["data"] if endpoints.one_callback else body)[endpoints.state] = running
    return body
