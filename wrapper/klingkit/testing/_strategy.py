"""A hypothesis strategy of all callbacks that a spec allows."""

from __future__ import annotations

import json
import string
from collections.abc import Mapping
from typing import Any, Final

from hypothesis import strategies as st

from klingkit.contract import Api
from klingkit.contract._contract import check_api, load
from klingkit.contract._schemas import Node, resolve
from klingkit.testing import _payloads as payloads

__all__ = ["callbacks"]

Strategy = st.SearchStrategy[Any]

NAMES: Final = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=24)
"""Strings that look like ids: some of the strings drawn must be usable as a task's id."""
URLS: Final = st.lists(st.builds("https://media.example/{}.mp4".format, NAMES), min_size=1, max_size=2)
MOSTLY: Final = st.sampled_from([False, True, True, True])
INTEGERS: Final = st.integers(-(2**63), 2**63)
SCALARS: Final[Strategy] = st.none() | st.booleans() | INTEGERS | st.text(max_size=20)
NESTED: Final[Strategy] = SCALARS | st.lists(SCALARS, max_size=2)
JSON: Final[Strategy] = (
    SCALARS | st.lists(NESTED, max_size=3) | st.dictionaries(st.text(max_size=8), NESTED, max_size=3)
)
"""Values of unknown fields. `st.recursive` would take half of the time of a callback."""
TYPES: Final[Mapping[str, Strategy]] = {
    "null": st.none(),
    "string": NAMES | st.text(),
    "integer": INTEGERS,
    "number": INTEGERS | st.floats(allow_nan=False, allow_infinity=False),
}


def callbacks(
    api: Api, state: str | None = None, *, enveloped: bool = False, unlisted: bool = False
) -> st.SearchStrategy[bytes]:
    """Draw bodies of callbacks: declared fields present or absent, all known states, unknown fields, nulls.

    Args:
        api: Name of the API.
        state: Draw tasks in this state only, in the API's own word. They have a usable id; most that have succeeded
            have URLs of videos.
        enveloped: Wrap callbacks without an envelope in that of a response, as some services are reported to do.
            The spec does not allow it, but receivers should accept it.
        unlisted: Whether the state may be an unknown word.

    Raises:
        ValueError: There is no such API or state; or `enveloped` is set for kie, where every callback has an envelope.
    """
    spec = load(check_api(api))
    bodies = _values(spec, {"$ref": "#/components/schemas/TaskCallback"})
    if state is not None:
        payloads.check_options(api, [state], unlisted=unlisted)
        finished = payloads.of(api).status_of(state) == "succeeded"
        urls = st.one_of(URLS, URLS, URLS, st.none()) if finished else st.none()
        bodies = st.builds(payloads.of(api).in_state, bodies, st.just(state), NAMES, urls)
    if enveloped:
        if payloads.of(api).callback_enveloped:
            raise ValueError(f"enveloped: not for {api}, where every callback has one")
        bodies = st.fixed_dictionaries({"code": st.just(0), "message": st.just("SUCCEED"), "data": bodies})
    return bodies.map(lambda body: json.dumps(body, ensure_ascii=False).encode())


def _values(spec: Node, schema: Node) -> Strategy:
    """Draw values of a schema, which may have the keywords that the specs use for callbacks."""
    schema = resolve(spec, schema)
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    branches = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    if branches:
        also_drawn = [st.sampled_from(schema["x-field-values"])] if "x-field-values" in schema else []
        return st.one_of([*(_values(spec, branch) for branch in branches), *also_drawn])
    stated: str | list[str] = schema["type"]
    names = [stated] if isinstance(stated, str) else stated
    return st.one_of([_of_type(spec, schema, name) for name in names])


def _of_type(spec: Node, schema: Node, name: str) -> Strategy:
    if name == "object":
        return _object(spec, schema)
    if name == "array":
        return st.lists(_values(spec, schema["items"]), max_size=3)
    if name == "string" and "contentSchema" in schema:
        held = _values(spec, schema["contentSchema"]).map(lambda value: json.dumps(value, ensure_ascii=False))
        return held | st.just("")
    return TYPES[name]


def _object(spec: Node, schema: Node) -> Strategy:
    fields = {name: _values(spec, child) for name, child in schema.get("properties", {}).items()}
    required = frozenset(schema.get("required", ()))
    unknown = st.dictionaries(st.text(max_size=8).filter(lambda name: name not in fields), JSON, max_size=2)
    return _joined(unknown, fields, required)


@st.composite
def _joined(
    draw: st.DrawFn, unknown: Strategy, fields: Mapping[str, Strategy], required: frozenset[str]
) -> dict[str, Any]:
    """Draw each field by itself, so that a failing example shrinks to the fields that it needs."""
    found: dict[str, Any] = draw(unknown)
    for name, value in fields.items():
        if name in required or draw(MOSTLY):
            found[name] = draw(value)
    return found
