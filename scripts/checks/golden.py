"""Golden responses and callbacks: what documents and running services send, and how the client must read it.

They are written by hand, with no look at the specs: a spec that drifts away from them shows, and so does a client.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, TypeAlias

from attrs import field, frozen

from scripts.specs.paths import ABSENT

Place: TypeAlias = Literal["create", "query", "callback"]
Reading: TypeAlias = Mapping[str, Any]


@frozen
class GoldenResponse:
    """One response, whether the documents and the running services allow it, and how a client reads it."""

    place: Place
    body: Any
    reads: Reading = field(factory=dict[str, Any])
    """The `id` of a created task; facts of a task, times in milliseconds; or an `error` and its details."""
    status: int = 200
    """Of HTTP; callbacks have none."""
    allowed: bool = True


@frozen
class Shape:
    """The fields that responses at some places have."""

    places: tuple[tuple[Place, int], ...]
    fields: Mapping[str, str]
    """Path -> kind; `[]` stands for the items of a list, `{}` for the JSON in a string."""
    bodies: tuple[Any, ...]
    """Responses with all of these fields, in which each is tried with other values."""


@frozen
class Golden:
    """What is known of the responses of an API."""

    responses: Callable[[], list[GoldenResponse]]
    shapes: tuple[Shape, ...]
    meanings: Mapping[str, str]
    """HTTP status -> the name of the response that a spec must have for it."""
    observed_states: tuple[str, ...]
    """Words for states that only the running services show."""


KINDS: Mapping[str, frozenset[str]] = {
    "id": frozenset({"string"}),
    "code": frozenset({"integer"}),
    "text": frozenset({"string", "null", "absent"}),
    "integer": frozenset({"integer", "null", "absent"}),
    "number": frozenset({"integer", "fraction", "null", "absent"}),
    "integer or text": frozenset({"integer", "string", "null", "absent"}),
    "number or text": frozenset({"integer", "fraction", "string", "null", "absent"}),
    "object": frozenset({"object", "null", "absent"}),
    "texts": frozenset({"no items", "strings", "null", "absent"}),
    "objects": frozenset({"no items", "objects", "null", "absent"}),
    "a text": frozenset({"string"}),
    "an object": frozenset({"object"}),
    "anything": frozenset(
        {"string", "integer", "fraction", "boolean", "object", "no items", "strings", "objects", "integers", "null"}
        | {"absent"}
    ),
}
"""The kinds of JSON that each kind of field may be."""

PROBES: tuple[tuple[str, Any], ...] = (
    *[("string", text) for text in ("a", "", "字 😀/\n" * 100)],
    *[("integer", number) for number in (5, 0, -5, 1757584164490, 2**53 + 1)],
    *[("fraction", number) for number in (5.5, -0.123)],
    ("boolean", True),
    *[("object", value) for value in ({}, {"newer": [{"deep": 1}]})],
    ("no items", []),
    ("strings", ["a", "b", "b"]),
    ("objects", [{}, {}]),
    ("integers", [5]),
    ("null", None),
    ("absent", ABSENT),
)
"""Values with which every field is tried, by their kind; some would break any undocumented limit."""

BEGAN, CHANGED, ENDED = 1757584164490, 1757584200000, 1757584264490
"""Milliseconds since 1970."""
NUMBER = "900000000000000001"
"""An id beyond 2**53: as a number it would lose its last digit."""
VIDEO_URL = "https://media.example/harbour.mp4"
NEWER: Mapping[str, Any] = {"newer": [{"deep": 1}]}
"""A field that is not documented yet."""
NO_DATA: tuple[Mapping[str, Any], ...] = ({"data": None}, {}, {"data": {}})
"""Forms of an envelope without data."""

UNREADABLE: Mapping[Place, str] = {
    "create": "UnreadableSubmission",
    "query": "MalformedResponse",
    "callback": "CallbackRejected",
}
NO_OBJECTS: tuple[Any, ...] = (None, [], "success", 200, True, [{"code": 200}])
NO_RESPONSES: tuple[Any, ...] = (*NO_OBJECTS, {}, {"message": "no"}, {"data": {}})
"""What is no response of any API."""


def unreadable(body: Any, *places: Place, allowed: bool = True) -> list[GoldenResponse]:
    """Yield a response at each place that no client can read."""
    return [GoldenResponse(place, body, {"error": UNREADABLE[place]}, allowed=allowed) for place in places]


def nonsense(creating: Mapping[int, str], querying: Mapping[int, str]) -> Iterator[GoldenResponse]:
    """Yield bodies that are no response, at every place and status; the status alone decides the error.

    A 4xx alone proves that nothing was created, a 5xx leaves it open.
    """
    for body in NO_RESPONSES:
        yield from unreadable(body, "create", "query", "callback", allowed=False)
    for status, error in creating.items():
        facts: Reading = {"error": error, "code": status} if status < 500 else {"error": UNREADABLE["create"]}
        for body in NO_OBJECTS:
            yield GoldenResponse("create", body, facts, status, allowed=False)
            yield GoldenResponse("query", body, {"error": querying[status], "code": status}, status, allowed=False)
