"""All callbacks that a spec allows, as a hypothesis strategy."""

from __future__ import annotations

import json
import string
from collections.abc import Mapping
from typing import Any, Final

from hypothesis import strategies as st

from klingkit.contract import Api
from klingkit.contract._contract import load
from klingkit.contract._values import Node, resolved

__all__ = ["callbacks"]

Drawn = st.SearchStrategy[Any]

NAMES: Final = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=24)
"""Texts as ids are: among all others, there must be some that a service can take for a task's."""
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


def callbacks(api: Api, state: str | None = None) -> st.SearchStrategy[bytes]:
    """Draw bodies of callbacks: every declared field present and absent, every declared word, unknown fields, nulls.

    Args:
        api: Whose.
        state: Only of tasks in this state, in the API's own words; their ids are there, and can be ids.
    """
    spec = load(api)
    whole = _drawn(spec, {"$ref": "#/components/schemas/TaskCallback"})
    if state is not None:
        whole = st.builds(_told, st.just(api), whole, st.just(state), NAMES)
    return whole.map(lambda body: json.dumps(body, ensure_ascii=False).encode())


def _drawn(spec: Node, schema: Node) -> Drawn:
    """All values of a schema, of the keywords that the specs use for callbacks."""
    schema = resolved(spec, schema)
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    branches = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    if branches:
        return st.one_of([_drawn(spec, branch) for branch in branches])
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
    names = frozenset(fields)
    needed = {name: fields.pop(name) for name in schema.get("required", ())}
    whole = st.fixed_dictionaries({**needed, **fields})  # as vendors send them, and so that deep fields come often
    known = whole | st.fixed_dictionaries(needed, optional=fields)
    unknown = st.dictionaries(st.text(max_size=8).filter(lambda name: name not in names), JSON, max_size=2)
    return st.builds(_joined, unknown, known)


def _joined(unknown: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    return {**unknown, **known}


def _told(api: Api, body: dict[str, Any], state: str, task_id: str) -> dict[str, Any]:
    if api == "kie":
        return {**body, "data": {**(body.get("data") or {}), "taskId": task_id, "state": state}}
    return {**body, "task_id": task_id, "task_status": state}
