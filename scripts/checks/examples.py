"""Compare the named examples of a spec with their names: what the client reads in each is what it is called.

The names are words of a small vocabulary, kept here, and each word means something that can be looked at.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

import httpx

from klingkit import ApiError, KlingkitError, NotFound, SubmissionUncertain, Task, TaskRef
from scripts.checks.client_requests import adapters
from scripts.checks.endpoints import ENDPOINTS
from scripts.checks.oracle import documented
from scripts.specs.baseline import is_noted
from scripts.specs.files import load
from scripts.specs.spec import Operation, Spec, is_object, operations

JSON: Final = "application/json"
Read: TypeAlias = TaskRef | Task | KlingkitError
"""What the client makes of a response."""

COMPACT: Final = re.compile(r"[^a-z0-9]")
WORD: Final = re.compile(r"[A-Z]?[a-z0-9]+")
IMAGES: Final = ("image_url", "image_urls", "input_urls")
SHOWN: Final[Mapping[str, Callable[[Mapping[str, Any]], bool]]] = {
    "text": lambda given: not any(name in given for name in IMAGES),
    "image": lambda given: any(name in given for name in IMAGES),
    "sound": lambda given: given.get("sound") is True,
    "shots": lambda given: given.get("multi_shots") is True,
    "element": lambda given: bool(given.get("kling_elements")),
}
"""Word in the name of a request with an input -> whether the input shows that; every example that does is called so."""
FILLING: Final = frozenset({"and", "to", "video", "with"})
OFFICIAL: Final = ENDPOINTS["relay"].states
"""The words of the official envelope, which native examples may show, too."""


def problems(api: str, spec: Spec) -> list[str]:
    """Return the examples that say another thing than their names."""
    found = (
        problem
        for operation in operations(spec)
        for name, value in _changed(operation)
        for problem in _problems(api, operation, name, value)
    )
    return [f"{api}: {problem}" for problem in dict.fromkeys(found)]


def compared(api: str) -> int:
    """Count the examples that are read."""
    return sum(len([*_named(it)]) for operation in operations(load(api)) for it in _media(operation))


def _media(operation: Operation) -> Iterator[tuple[str, Any]]:
    """Yield the media types of the request and of the responses, each with its status; that of the request is ""."""
    yield "", operation.node.get("requestBody", {}).get("content", {}).get(JSON, {})
    for status, response in operation.node["responses"].items():
        yield status, response.get("content", {}).get(JSON, {})


def _named(media: tuple[str, Any]) -> Iterator[tuple[tuple[str, str], Any]]:
    status, node = media
    return (((status, name), entry.get("value")) for name, entry in node.get("examples", {}).items())


def _changed(operation: Operation) -> Iterator[tuple[tuple[str, str], Any]]:
    """Yield status, name and value of the examples, but for those of media types that are known to be right."""
    for media in _media(operation):
        if not is_noted(media[1]):
            yield from _named(media)


def _problems(api: str, operation: Operation, place: tuple[str, str], value: Any) -> Iterator[str]:
    status, name = place
    if status:
        yield from (
            f"{operation} {status}: {why}" for why in _response(api, operation.method, int(status), name, value)
        )
    elif any(it.is_wrapped for it in documented(api)):
        yield from (f"{operation}: {why}" for why in _wrapped_request(name, value))
    else:
        yield from (f"{operation}: {why}" for why in _official_request(api, name, value))


# Requests


def _wrapped_request(name: str, value: Any) -> Iterator[str]:
    """Each word of the name is shown by the input or is in the model's name, and each of `SHOWN` that holds is said."""
    given, model = value.get("input", {}), COMPACT.sub("", str(value.get("model")).lower())
    words = {word.lower() for word in WORD.findall(name)}
    for word in sorted(words - FILLING):
        if word not in SHOWN and word not in model:
            yield f"the example {name} is of {value.get('model')}, which has no {word!r}"
    for word, holds in SHOWN.items():
        if holds(given) != (word in words):
            yield f"the example {name} shows {'' if holds(given) else 'no '}{word}"


def _official_request(api: str, name: str, value: Any) -> Iterator[str]:
    """`plain` has what is required alone, `document` a duration as documents write it, `official` as the hosts do."""
    least = {field for it in documented(api) for field in it.body["required"]}
    duration: object = value.get("duration")
    plain = "plain" if set(value) <= least else ""
    shown = "document" if isinstance(duration, int) else "official" if isinstance(duration, str) else plain
    if name != shown:
        yield f"the example {name} is {shown or 'more'} by its fields"


# Responses


def _response(api: str, method: str, status: int, name: str, value: Any) -> Iterator[str]:
    read = _read(api, method, status, value)
    holds = (_of_creation if method == "post" else _of_query)(api, name, value, read)
    if not holds:
        yield f"the example {name} is no {name}: the client reads {_short(read)}"
    elif _shows_videos(value) != (isinstance(read, Task) and read.status == "succeeded"):
        yield f"the example {name} shows videos or none, and the client reads {_short(read)}"


def _of_creation(api: str, name: str, value: Any, read: Read) -> bool:
    """Whether the response to a creation is as its name says; other names are none of the vocabulary."""
    enveloped = isinstance(value, dict) and "data" in value
    if name == "refused":
        return isinstance(read, ApiError) and not isinstance(read, SubmissionUncertain)
    named = {"created": enveloped == bool(ENDPOINTS[api].envelope), "flat": not enveloped, "enveloped": enveloped}
    return isinstance(read, TaskRef) and named.get(name, False) and _is_new(api, value)


def _is_new(api: str, value: Any) -> bool:
    """Whether a response shows a task that no work was done on, or no state of it."""
    endpoints = ENDPOINTS[api]
    record = _record(value)
    state = record.get(endpoints.state) if is_object(record) else None
    return state is None or endpoints.states.get(state) == "accepted"


def _of_query(api: str, name: str, value: Any, read: Read) -> bool:
    """Whether the response to a query is as its name says: a word for a state, an error, or a form."""
    if name == "unknownTask":
        return isinstance(read, NotFound)
    if not isinstance(read, Task):
        return False
    enveloped = is_object(value) and "data" in value
    if name == "enveloped":
        return enveloped and not ENDPOINTS[api].envelope and read.vendor_status in OFFICIAL
    ended = read.status != "failed" or (read.failure is not None and bool(read.failure.message))
    return (
        read.vendor_status == name
        and name in ENDPOINTS[api].states
        and ended
        and not (enveloped and not ENDPOINTS[api].envelope)
    )


def _shows_videos(value: Any) -> bool:
    return ".example/" in json.dumps(value) and bool(re.search(r"resultUrls|\"videos\"", json.dumps(value)))


def _read(api: str, method: str, status: int, value: Any) -> Read:
    """Let the client's adapter read a response."""
    adapter = adapters(api)[0]
    response = httpx.Response(status, json=value, request=httpx.Request(method.upper(), adapter.base_url))
    try:
        if method == "post":
            created: TaskRef = adapter.read_submission(response)
            return created
        task_id = str(ENDPOINTS[api].id_in(_record(value)) or "unknown")
        task: Task = adapter.read_task(TaskRef(api, adapter.route, task_id), response)
    except KlingkitError as error:
        return error
    return task


def _record(value: Any) -> Any:
    """Return a response without the official envelope, which its API may not have."""
    data = value.get("data") if is_object(value) else None
    return {**data, "data": data} if is_object(data) else value


def _short(read: Read) -> str:
    if isinstance(read, Task):
        return f"a task that is {read.status} ({read.vendor_status})"
    return "a new task" if isinstance(read, TaskRef) else f"{type(read).__name__}: {read}"
