"""What is sent and answered: the fields that can be reached from an operation, with their places."""

from collections.abc import Iterator, Mapping

from scripts.specs.field import sources
from scripts.specs.spec import Node

SAME = ("items", "contentSchema")
UNIONS = ("anyOf", "oneOf", "allOf")
"""Keywords whose schemas have the place of the schema around them."""


def reached(nodes: Mapping[str, Node], number: str) -> Iterator[tuple[str, str]]:
    """Pointer and place of all that the operations of a document exchange."""
    for pointer, node in nodes.items():
        for source in sources(node) if "responses" in node else ():
            if source in (f"{number}: request", f"{number}: query.request"):
                yield from _of_operation(nodes, pointer, source.removeprefix(f"{number}: ").removesuffix("request"))


def unescaped(key: str) -> str:
    """A part of a JSON pointer as the key that it is."""
    return key.replace("~1", "/").replace("~0", "~")


def _of_operation(nodes: Mapping[str, Node], pointer: str, prefix: str) -> Iterator[tuple[str, str]]:
    for index, parameter in enumerate(nodes[pointer].get("parameters", ())):
        yield f"{pointer}/parameters/{index}", f"{prefix}request.{parameter.get('name')}"
    for content, place in (("requestBody", "request"), ("responses/200", "response")):
        yield from _of_schema(nodes, f"{pointer}/{content}/content/application~1json/schema", f"{prefix}{place}", ())


def _of_schema(
    nodes: Mapping[str, Node], pointer: str, place: str, above: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    node = nodes.get(pointer)
    if node is None or pointer in above:
        return
    yield pointer, place
    way = (*above, pointer)
    inner = [f"{pointer}/{key}" for key in SAME if key in node]
    inner += [f"{pointer}/{key}/{index}" for key in UNIONS for index in range(len(node.get(key, ())))]
    inner += [node["$ref"][1:]] if "$ref" in node else []
    for schema in inner:
        yield from _of_schema(nodes, schema, place, way)
    for name in node.get("properties", {}):
        key = name.replace("~", "~0").replace("/", "~1")
        yield from _of_schema(nodes, f"{pointer}/properties/{key}", f"{place}.{name}", way)
