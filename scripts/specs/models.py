"""The models in an API's spec: for each, the class of its requests, its document, and a sample request.

Two forms are known. Where the paid operation takes one of several bodies, each names its model and holds that model's
input, which is the request. Else one closed schema `X` is the request, names its model itself, and goes over the wire
as `CreateX`, or as a body that may hold more.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from attrs import frozen

from scripts.specs.field import sources
from scripts.specs.spec import Node, Spec, paid_operation, resolved, validator

NAMED: Final = "model_name"
"""The field of a request that names its model, if the request does so itself."""


@frozen
class Envelope:
    """A body of the paid operation that names its model and holds the model's input."""

    schema: str
    model: str
    input: str


@frozen
class Model:
    """A model, the name of the class of its requests, and the number of the document that describes it."""

    name: str
    request: str
    document: str


def models(spec: Spec) -> list[Model]:
    """List the models of an API, in the order of its spec."""
    schemas = spec["components"]["schemas"]
    if found := envelopes(spec):
        return [Model(it.model, it.input, _document(schemas[it.schema])) for it in found]
    request = named_request(spec)
    schema = schemas[request]
    return [Model(name, request, _document(schema)) for name in schema["properties"][NAMED]["enum"]]


def envelopes(spec: Spec) -> list[Envelope]:
    """List the bodies of the paid operation, if each names its model and holds an input, in the order of the spec."""
    body = paid_operation(spec).body or {}
    return [_envelope(spec, referred(option)) for option in body.get("oneOf", ())]


def named_request(spec: Spec) -> str:
    """Name the one schema whose objects are requests that name their model."""
    schemas: Mapping[str, Node] = spec["components"]["schemas"]
    (found,) = (name for name in schemas if f"Create{name}" in schemas and NAMED in schemas[name].get("properties", {}))
    return found


def sample(spec: Spec, model: Model) -> dict[str, Any]:
    """Return a request for a model as JSON: the spec's own example, or what is required, with examples and defaults."""
    schema = spec["components"]["schemas"][model.request]
    allows = validator(spec, schema).is_valid
    named = {NAMED: model.name} if NAMED in schema["properties"] else {}
    least = {name: example(spec, schema["properties"][name]) for name in schema.get("required", ())}
    found = (value for value in examples(spec, model) if allows(value))
    return dict(next(found, {**least, **named}))


def example(spec: Spec, schema: Node) -> Any:
    """Return a value that a schema gives or allows; of an object, one with all its fields."""
    node = resolved(spec, schema)
    for keyword in ("examples", "enum"):
        if keyword in node:
            return node[keyword][0]
    for keyword in ("default", "const"):
        if keyword in node:
            return node[keyword]
    for union in ("anyOf", "oneOf"):
        if union in node:
            return example(spec, node[union][0])
    return _of_type(spec, node)


def _of_type(spec: Spec, node: Node) -> Any:
    if "properties" in node:
        return {name: example(spec, field) for name, field in node["properties"].items()}
    if node.get("type") == "array":
        return [example(spec, node["items"])]
    least = node.get("minimum", 0)
    return {"boolean": False, "integer": least, "number": least}.get(node.get("type", ""), "a")


def examples(spec: Spec, model: Model) -> Iterator[dict[str, Any]]:
    """Yield the examples of the paid operation's body that are for a model, without what is around the request."""
    content = paid_operation(spec).node["requestBody"]["content"]["application/json"]
    for body in (it["value"] for it in content.get("examples", {}).values()):
        if body.get("model") == model.name:
            yield body["input"]
        elif body.get(NAMED) == model.name:
            yield body


def _envelope(spec: Spec, name: str) -> Envelope:
    fields: Mapping[str, Node] = spec["components"]["schemas"][name]["properties"]
    ((model),) = (field["const"] for field in fields.values() if "const" in field)
    held = [referred(field) for field in fields.values() if "properties" in resolved(spec, field)]
    return Envelope(name, model, held[0])


def _document(schema: Node) -> str:
    return next(str(source) for source in sources(schema)).partition(": ")[0]


def referred(schema: Node) -> str:
    """Name the component that a schema refers to."""
    return str(schema["$ref"]).rpartition("/")[2]
