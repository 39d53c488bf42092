"""Requests that exceed one limit of a spec by one step, and are valid otherwise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from klingkit.contract._contract import JSON, Api, load
from klingkit.contract._schemas import BodySchema, Node, resolve

__all__ = ["LimitCase", "limit_cases"]

NAMES: Final = frozenset({"model", "model_name"})
"""Fields that name the model, and are not varied."""

OMITTED: Final = frozenset({"callBackUrl", "callback_url", "external_task_id"})
"""Fields of the spec's samples that are not sent: no callback shall arrive, and ids are the caller's own."""


@dataclass(frozen=True)
class LimitCase:
    """A body that violates a spec in one field.

    Attributes:
        model: The model that the body names.
        where: The field, dotted.
        limit: The limit that is exceeded: "2501 characters".
        body: The JSON object.
    """

    model: str
    where: str
    limit: str
    body: dict[str, Any]


def limit_cases(api: Api) -> Iterator[LimitCase]:
    """Make one body for each limit; a value that another alternative of the schema allows exceeds no limit."""
    spec = load(api)
    (media,) = [node["requestBody"]["content"][JSON] for path in spec["paths"].values() for node in _posts(path)]
    whole, seen = BodySchema(spec, media["schema"]), set[str]()
    for sample in media["examples"].values():
        valid = {name: value for name, value in sample["value"].items() if name not in OMITTED}
        schema = _branch(spec, media["schema"], valid)
        model = str(valid.get("model") or valid["model_name"])
        for one in _cases(spec, schema, valid, model):
            line = f"{schema.get('description')} {one.where} {one.limit}"
            if line not in seen and [found.where for found in whole.violations(_bytes(one.body))] == [one.where]:
                seen.add(line)
                yield one


def _posts(path: Node) -> list[Node]:
    return [path["post"]] if "post" in path else []


def _bytes(body: object) -> bytes:
    return json.dumps(body).encode()


def _branch(spec: Node, schema: Node, body: object) -> Node:
    """Return the alternative of a schema that a body satisfies."""
    branches = [resolve(spec, one) for one in schema.get("oneOf", [schema])]
    return next(one for one in branches if not BodySchema(spec, one).violations(_bytes(body)))


def _cases(
    spec: Node, schema: Node, body: dict[str, Any], model: str, path: tuple[str, ...] = ()
) -> Iterator[LimitCase]:
    for name, child in schema.get("properties", {}).items():
        if name in NAMES | OMITTED:
            continue
        node, here = resolve(spec, child), (*path, name)
        for limit, value in _values(spec, node):
            yield LimitCase(model, ".".join(here), limit, _changed(body, here, value))
        if name in schema.get("required", ()):
            yield LimitCase(model, ".".join(here), "missing", _changed(body, here, None))
        yield from _cases(spec, node, body, model, here)


def _values(spec: Node, schema: Node) -> Iterator[tuple[str, object]]:
    """Yield a value one step beyond each limit of a schema, after the limit in words."""
    if "maxLength" in schema:
        yield f"{schema['maxLength'] + 1} characters", "x" * (schema["maxLength"] + 1)
    if "minimum" in schema:
        yield f"below {schema['minimum']}", round(schema["minimum"] - 0.1, 6)
    if "maximum" in schema:
        yield f"above {schema['maximum']}", round(schema["maximum"] + 0.1, 6)
    if "multipleOf" in schema:
        yield f"not a multiple of {schema['multipleOf']}", schema["multipleOf"] / 2
    options = [one for node in (schema, *schema.get("anyOf", ())) for one in resolve(spec, node).get("enum", ())]
    if options:
        numbers = [one for one in options if isinstance(one, int)]
        yield f"not one of {', '.join(map(json.dumps, options))}", max(numbers) + 5 if numbers else f"{options[-1]}0"


def _changed(body: dict[str, Any], path: tuple[str, ...], value: object) -> dict[str, Any]:
    """Copy a body with one field changed; None removes it. Missing parents are made."""
    changed = deepcopy(body)
    holder = changed
    for name in path[:-1]:
        holder = holder.setdefault(name, {})
    holder[path[-1]] = value
    if value is None:
        del holder[path[-1]]
    return changed
