"""The module `requests` of a client: which class is which model's request, and which body carries it.

It is written for an API whose paid operation takes one of several bodies, each of which names its model (a `const`)
and holds that model's own input (a `$ref`). The wrapper offers what is listed there; nobody lists models by hand.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen
from openapi_python_client.strings import pascal_case, snake_case

from scripts.specs.spec import Node, Spec, creating, resolved

HEAD = '''\
"""The requests of {operation}: the model that each is for, and the body that carries it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

{imports}

__all__ = [{exports}]

Request: TypeAlias = {requests}
Body: TypeAlias = {bodies}

MODELS: Final[Mapping[str, type[Request]]] = {{{models}}}
"""Name of a model -> the class of its requests."""

BODIES: Final[Mapping[type[Request], Callable[..., Body]]] = {{{carried}}}
"""Class of a request -> the class of the body that names its model."""
'''


@frozen
class Envelope:
    """A body: what it is called, the model that it names, and the input that it holds."""

    name: str
    model: str
    input: str


def module(spec: Spec) -> str | None:
    """The text of the module; None if the API's requests are their own bodies."""
    found = envelopes(spec)
    if not found:
        return None
    bodies, inputs = [it.name for it in found], [it.input for it in found]
    public = sorted({name for it in found for name in _public(spec, it.input)})
    return HEAD.format(
        operation=creating(spec).node["operationId"],
        imports="\n".join(f"from .models.{_module_name(name)} import {name}" for name in sorted({*bodies, *public})),
        exports=", ".join(f'"{name}"' for name in public),
        requests=" | ".join(inputs),
        bodies=" | ".join(bodies),
        models=", ".join(f'"{it.model}": {it.input}' for it in found),
        carried=", ".join(f"{it.input}: {it.name}" for it in found),
    )


def envelopes(spec: Spec) -> list[Envelope]:
    """The bodies of the paid operation, if each names its model and holds an input, in the order of the spec."""
    body = creating(spec).body or {}
    return [_envelope(spec, _name(option)) for option in body.get("oneOf", ())]


def _envelope(spec: Spec, name: str) -> Envelope:
    fields: Mapping[str, Node] = spec["components"]["schemas"][name]["properties"]
    ((model),) = (field["const"] for field in fields.values() if "const" in field)
    ((held),) = (_name(field) for field in fields.values() if "$ref" in field)
    return Envelope(name, model, held)


def _public(spec: Spec, name: str) -> Iterator[str]:
    """A class, the names of its choices, and the classes that it holds."""
    yield name
    for field, schema in spec["components"]["schemas"][name].get("properties", {}).items():
        for part in (schema, schema.get("items", {})):
            inner = resolved(spec, part)
            if "$ref" in part and "properties" in inner:
                yield from _public(spec, _name(part))
            elif "$ref" in part:
                yield _name(part)
            elif "enum" in inner:
                yield f"{name}{pascal_case(field)}{'Item' if part is not schema else ''}"


def _name(schema: Mapping[str, Any]) -> str:
    return str(schema["$ref"]).rpartition("/")[2]


def _module_name(name: str) -> str:
    return snake_case(name)
