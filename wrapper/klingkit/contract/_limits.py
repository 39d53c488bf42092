"""Requests that are one step beyond a limit of the spec, and good in every other way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from klingkit.contract._contract import JSON, Api, load
from klingkit.contract._schemas import Body, Node, resolved

__all__ = ["Beyond", "beyond"]

NAMES: Final = frozenset({"model", "model_name"})
"""What names the model has no limits."""

OWN: Final = frozenset({"callBackUrl", "callback_url", "external_task_id"})
"""Fields of the spec's samples that are not sent: nobody is to be called, and ids are the caller's."""


@dataclass(frozen=True)
class Beyond:
    """A body that the spec forbids for one reason.

    Attributes:
        model: The model that it names.
        where: The field, dotted.
        what: The limit that is passed.
        body: The JSON object.
    """

    model: str
    where: str
    what: str
    body: dict[str, Any]


def beyond(api: Api) -> Iterator[Beyond]:
    """Make one body a limit; where an alternative allows the value after all, there is no limit."""
    spec = load(api)
    (media,) = [node["requestBody"]["content"][JSON] for path in spec["paths"].values() for node in _posts(path)]
    whole, seen = Body(spec, media["schema"]), set[str]()
    for sample in media["examples"].values():
        good = {name: value for name, value in sample["value"].items() if name not in OWN}
        schema = _branch(spec, media["schema"], good)
        model = str(good.get("model") or good["model_name"])
        for one in _steps(spec, schema, good, model):
            line = f"{schema.get('description')} {one.where} {one.what}"
            if line not in seen and [found.where for found in whole.violations(_bytes(one.body))] == [one.where]:
                seen.add(line)
                yield one


def _posts(path: Node) -> list[Node]:
    return [path["post"]] if "post" in path else []


def _bytes(body: object) -> bytes:
    return json.dumps(body).encode()


def _branch(spec: Node, schema: Node, body: object) -> Node:
    """The alternative that a body is of."""
    branches = [resolved(spec, one) for one in schema.get("oneOf", [schema])]
    return next(one for one in branches if not Body(spec, one).violations(_bytes(body)))


def _steps(spec: Node, schema: Node, body: dict[str, Any], model: str, path: tuple[str, ...] = ()) -> Iterator[Beyond]:
    for name, child in schema.get("properties", {}).items():
        if name in NAMES | OWN:
            continue
        node, here = resolved(spec, child), (*path, name)
        for what, value in _values(spec, node):
            yield Beyond(model, ".".join(here), what, _changed(body, here, value))
        if name in schema.get("required", ()):
            yield Beyond(model, ".".join(here), "missing", _changed(body, here, None))
        yield from _steps(spec, node, body, model, here)


def _values(spec: Node, schema: Node) -> Iterator[tuple[str, object]]:
    """Values one step beyond each limit of a schema, with the limit in words."""
    if "maxLength" in schema:
        yield f"{schema['maxLength'] + 1} characters", "x" * (schema["maxLength"] + 1)
    if "minimum" in schema:
        yield f"below {schema['minimum']}", round(schema["minimum"] - 0.1, 6)
    if "maximum" in schema:
        yield f"above {schema['maximum']}", round(schema["maximum"] + 0.1, 6)
    if "multipleOf" in schema:
        yield f"no multiple of {schema['multipleOf']}", schema["multipleOf"] / 2
    options = [one for node in (schema, *schema.get("anyOf", ())) for one in resolved(spec, node).get("enum", ())]
    if options:
        numbers = [one for one in options if isinstance(one, int)]
        yield f"none of {', '.join(map(json.dumps, options))}", max(numbers) + 5 if numbers else f"{options[-1]}0"


def _changed(body: dict[str, Any], path: tuple[str, ...], value: object) -> dict[str, Any]:
    """A copy with a field changed; None takes it away. What holds the field is there, or is made."""
    changed = deepcopy(body)
    holder = changed
    for name in path[:-1]:
        holder = holder.setdefault(name, {})
    holder[path[-1]] = value
    if value is None:
        del holder[path[-1]]
    return changed
