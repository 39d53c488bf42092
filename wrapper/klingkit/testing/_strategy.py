"""All callbacks that a spec allows, as a hypothesis strategy."""

from __future__ import annotations

import json
import string
from collections.abc import Mapping
from typing import Any, Final

from hypothesis import strategies as st

from klingkit.contract import Api
from klingkit.contract._contract import load, named
from klingkit.contract._schemas import Node, resolved
from klingkit.testing import _payloads as payloads

__all__ = ["callbacks"]

Drawn = st.SearchStrategy[Any]

NAMES: Final = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=24)
"""Texts as ids are: among all others, there must be some that a service can take for a task's."""
URLS: Final = st.lists(st.builds("https://media.example/{}.mp4".format, NAMES), min_size=1, max_size=2)
MOSTLY: Final = st.sampled_from([False, True, True, True])
INTEGERS: Final = st.integers(-(2**63), 2**63)
JSON: Final[Drawn] = st.recursive(
    st.none() | st.booleans() | INTEGERS | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
TYPES: Final[Mapping[str, Drawn]] = {
    "null": st.none(),
    "string": NAMES | st.text(),
    "integer": INTEGERS,
    "number": INTEGERS | st.floats(allow_nan=False, allow_infinity=False),
}


def callbacks(
    api: Api, state: str | None = None, *, enveloped: bool = False, unlisted: bool = False
) -> st.SearchStrategy[bytes]:
    """Draw bodies of callbacks: every declared field present and absent, every word in use, unknown fields, nulls.

    Args:
        api: Whose.
        state: Only of tasks in this state, in the API's own words; their ids are there, and can be ids. Most of those
            that have succeeded have URLs of videos.
        enveloped: In the envelope of an answer, in which native and relay are said to call back, too. The spec does not
            allow it, but receivers should take it.
        unlisted: Whether the state may be a word that nobody is known to use.

    Raises:
        ValueError: There is no such API or word, or an envelope is asked for that is always there.
    """
    spec = load(named(api))
    whole = _drawn(spec, {"$ref": "#/components/schemas/TaskCallback"})
    if state is not None:
        payloads.check(api, [state], unlisted=unlisted)
        finished = payloads.meant(api, state) == "succeeded"
        urls = st.one_of(URLS, URLS, URLS, st.none()) if finished else st.none()
        whole = st.builds(_told, st.just(api), whole, st.just(state), NAMES, urls)
    if enveloped:
        if api == "kie":
            raise ValueError("enveloped: for native and relay, not for kie, whose callbacks always are")
        whole = st.fixed_dictionaries({"code": st.just(0), "message": st.just("SUCCEED"), "data": whole})
    return whole.map(lambda body: json.dumps(body, ensure_ascii=False).encode())


def _drawn(spec: Node, schema: Node) -> Drawn:
    """All values of a schema, of the keywords that the specs use for callbacks."""
    schema = resolved(spec, schema)
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    branches = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    if branches:
        field = [st.sampled_from(schema["x-field-values"])] if "x-field-values" in schema else []
        return st.one_of([*(_drawn(spec, branch) for branch in branches), *field])
    stated: str | list[str] = schema["type"]
    names = [stated] if isinstance(stated, str) else stated
    return st.one_of([_of_type(spec, schema, name) for name in names])


def _of_type(spec: Node, schema: Node, name: str) -> Drawn:
    if name == "object":
        return _object(spec, schema)
    if name == "array":
        return st.lists(_drawn(spec, schema["items"]), max_size=3)
    if name == "string" and "contentSchema" in schema:
        held = _drawn(spec, schema["contentSchema"]).map(lambda value: json.dumps(value, ensure_ascii=False))
        return held | st.just("")
    return TYPES[name]


def _object(spec: Node, schema: Node) -> Drawn:
    fields = {name: _drawn(spec, child) for name, child in schema.get("properties", {}).items()}
    needed = frozenset(schema.get("required", ()))
    unknown = st.dictionaries(st.text(max_size=8).filter(lambda name: name not in fields), JSON, max_size=2)
    return _joined(unknown, fields, needed)


@st.composite
def _joined(draw: st.DrawFn, unknown: Drawn, fields: Mapping[str, Drawn], needed: frozenset[str]) -> dict[str, Any]:
    """Each field by itself: what fails shrinks to those it takes."""
    found: dict[str, Any] = draw(unknown)
    for name, value in fields.items():
        if name in needed or draw(MOSTLY):
            found[name] = draw(value)
    return found


def _told(api: Api, body: dict[str, Any], state: str, task_id: str, urls: list[str] | None) -> dict[str, Any]:
    """A body of a task in this state; None leaves what it says of its videos."""
    if api == "kie":
        kept = {"resultJson": json.dumps({"resultUrls": urls})} if urls else {}
        return {**body, "data": {**(body.get("data") or {}), "taskId": task_id, "state": state, **kept}}
    films: dict[str, Any] = {"task_result": {"videos": [{"url": url} for url in urls]}} if urls else {}
    return {**body, "task_id": task_id, "task_status": state, **films}
