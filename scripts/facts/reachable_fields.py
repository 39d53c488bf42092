"""Find every field of the requests and responses of an operation, with its place."""

from collections.abc import Iterator, Mapping

from scripts.specs.field import sources
from scripts.specs.spec import Node

SAME_PLACE = ("items", "contentSchema")
UNIONS = ("anyOf", "oneOf", "allOf")
"""Keywords whose schemas have the place of the schema around them."""


def reachable_schemas(nodes: Mapping[str, Node], number: str) -> Iterator[tuple[str, str]]:
    """Yield pointer and place of every schema in the requests and responses of a document's operations."""
    for pointer, node in nodes.items():
        for source in sources(node) if "responses" in node else ():
            if source in (f"{number}: request", f"{number}: query.request"):
                yield from _schemas_of_operation(
                    nodes, pointer, source.removeprefix(f"{number}: ").removesuffix("request")
                )


def unescaped(key: str) -> str:
    """Return the key that a part of a JSON pointer stands for."""
    return key.replace("~1", "/").replace("~0", "~")


def _schemas_of_operation(nodes: Mapping[str, Node], pointer: str, prefix: str) -> Iterator[tuple[str, str]]:
    for index, parameter in enumerate(nodes[pointer].get("parameters", ())):
        yield f"{pointer}/parameters/{index}", f"{prefix}request.{parameter.get('name')}"
    for content, place in (("requestBody", "request"), ("responses/200", "response")):
        yield from _schemas_below(
            nodes, f"{pointer}/{content}/content/application~1json/schema", f"{prefix}{place}", ()
        )


def _schemas_below(
    nodes: Mapping[str, Node], pointer: str, place: str, parents: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    node = nodes.get(pointer)
    if node is None or pointer in parents or "if" in node:  # a rule between fields is no field
        return
    yield pointer, place
    path = (*parents, pointer)
    inner = [f"{pointer}/{key}" for key in SAME_PLACE if key in node]
    inner += [f"{pointer}/{key}/{index}" for key in UNIONS for index in range(len(node.get(key, ())))]
    inner += [node["$ref"][1:]] if "$ref" in node else []
    for schema in inner:
        yield from _schemas_below(nodes, schema, place, path)
    for name in node.get("properties", {}):
        key = name.replace("~", "~0").replace("/", "~1")
        yield from _schemas_below(nodes, f"{pointer}/properties/{key}", f"{place}.{name}", path)
