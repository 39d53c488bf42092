"""Write the module `requests` of a client: the classes of requests, their choices, and the bodies that carry them.

Where the paid operation takes one of several bodies, each names its model (a `const`) and holds that model's own input
(a `$ref`); elsewhere the one request is its own body. The wrapper offers what is listed there; nobody lists it by hand.
"""

from collections.abc import Iterator

from openapi_python_client.strings import pascal_case, snake_case

from scripts.specs.models import envelopes, named_request, referred
from scripts.specs.spec import Spec, paid_operation, resolved

ALONE = '''\
"""The requests of {operation}, with their choices."""

{imports}

__all__ = [{exports}]
'''

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


def module(spec: Spec) -> str:
    """Return the text of the module."""
    found = envelopes(spec)
    inputs = [it.input for it in found] or [named_request(spec)]
    public = sorted({name for each in inputs for name in _public(spec, each)})
    bodies = [it.schema for it in found]
    return (HEAD if found else ALONE).format(
        operation=paid_operation(spec).node["operationId"],
        imports="\n".join(f"from .models.{snake_case(name)} import {name}" for name in sorted({*bodies, *public})),
        exports=", ".join(f'"{name}"' for name in public),
        requests=" | ".join(inputs),
        bodies=" | ".join(bodies),
        models=", ".join(f'"{it.model}": {it.input}' for it in found),
        carried=", ".join(f"{it.input}: {it.schema}" for it in found),
    )


def _public(spec: Spec, name: str) -> Iterator[str]:
    """Yield a class, the names of its choices, and the classes that it holds."""
    yield name
    for field, schema in spec["components"]["schemas"][name].get("properties", {}).items():
        for part in (schema, schema.get("items", {}), *schema.get("anyOf", ())):
            inner = resolved(spec, part)
            if "$ref" in part and "properties" in inner:
                yield from _public(spec, referred(part))
            elif "$ref" in part:
                yield referred(part)
            elif "enum" in inner:
                yield f"{name}{pascal_case(field)}{'Item' if part is not schema else ''}"
