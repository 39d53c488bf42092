"""Sites: the parts of a spec that state facts, each with its kind."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

from attrs import frozen

from scripts.specs.baseline import escaped
from scripts.specs.spec import METHODS, Node, Spec, is_object

HOLDERS = ("items", "contentSchema", "not")
"""Keywords that hold one schema; `additionalProperties` may hold one, too."""
OBSERVED = "field: callback-acknowledged"
"""The source of what an edit adds: one that is known, and states no values, so that no rule on sources minds it."""
UNIONS = ("anyOf", "oneOf", "allOf")
"""Keywords that hold a list of schemas."""


@frozen
class Site:
    """A part of a spec."""

    kind: str
    """document, info, server, item, operation, parameter, body, media, response, link, scheme or schema."""
    pointer: str
    node: Node
    spec: Spec
    """The whole of it."""

    @property
    def is_alternative(self) -> bool:
        """Whether it is one of a union's."""
        return self._parent in UNIONS

    @property
    def is_property(self) -> bool:
        """Whether it is a property of an object."""
        return self._parent == "properties"

    @property
    def _parent(self) -> str:
        return self.pointer.rpartition("/")[0].rpartition("/")[2]


@frozen
class Edit:
    """A changed fact of a site."""

    operator: str
    """What is done, as a verb and its object."""
    part: str
    """Where below the site; empty for the site itself."""
    node: Node
    """The site as it becomes."""
    detail: str = ""
    """The new value, where the operator alone does not state it."""


Operator: TypeAlias = Callable[[Site], Iterable[Edit]]


def sites(spec: Spec) -> Iterator[Site]:
    """Yield every part of a spec, from the top down."""
    return (Site(kind, pointer, node, spec) for kind, pointer, node in _parts(spec))


_Part: TypeAlias = tuple[str, str, Node]


def _parts(spec: Spec) -> Iterator[_Part]:
    yield "document", "", spec
    yield "info", "/info", spec["info"]
    for index, server in enumerate(spec.get("servers", ())):
        yield "server", f"/servers/{index}", server
    for path, item in spec["paths"].items():
        yield from _of_item(f"/paths/{escaped(path)}", item)
    yield from _of_components(spec.get("components", {}))


def _of_components(components: Node) -> Iterator[_Part]:
    for name, scheme in components.get("securitySchemes", {}).items():
        yield "scheme", f"/components/securitySchemes/{name}", scheme
    for name, response in components.get("responses", {}).items():
        yield from _of_response(f"/components/responses/{name}", response)
    for name, schema in components.get("schemas", {}).items():
        yield from _of_schema(f"/components/schemas/{name}", schema)


def _of_item(pointer: str, item: Node) -> Iterator[_Part]:
    yield "item", pointer, item
    for method in METHODS:
        if method in item:
            yield from _of_operation(f"{pointer}/{method}", item[method])


def _of_operation(pointer: str, node: Node) -> Iterator[_Part]:
    yield "operation", pointer, node
    for index, parameter in enumerate(node.get("parameters", ())):
        yield "parameter", f"{pointer}/parameters/{index}", parameter
        yield from _of_schema(f"{pointer}/parameters/{index}/schema", parameter["schema"])
    if "requestBody" in node:
        yield "body", f"{pointer}/requestBody", node["requestBody"]
        yield from _of_content(f"{pointer}/requestBody", node["requestBody"])
    for status, response in node["responses"].items():
        yield from _of_response(f"{pointer}/responses/{status}", response)
    for name, callback in node.get("callbacks", {}).items():
        for expression, item in callback.items():
            yield from _of_item(f"{pointer}/callbacks/{name}/{escaped(expression)}", item)


def _of_response(pointer: str, node: Node) -> Iterator[_Part]:
    yield "response", pointer, node
    yield from _of_content(pointer, node)
    for name, link in node.get("links", {}).items():
        yield "link", f"{pointer}/links/{name}", link


def _of_content(pointer: str, holder: Node) -> Iterator[_Part]:
    for name, media in holder.get("content", {}).items():
        where = f"{pointer}/content/{escaped(name)}"
        yield "media", where, media
        if "schema" in media:
            yield from _of_schema(f"{where}/schema", media["schema"])


def _of_schema(pointer: str, node: Node) -> Iterator[_Part]:
    yield "schema", pointer, node
    for key, child in node.get("properties", {}).items():
        yield from _of_schema(f"{pointer}/properties/{escaped(key)}", child)
    for kind in UNIONS:
        for index, child in enumerate(node.get(kind, ())):
            if "if" not in child:  # rules between fields are changed as parts of their object
                yield from _of_schema(f"{pointer}/{kind}/{index}", child)
    for key in (*HOLDERS, "additionalProperties"):
        if is_object(node.get(key)):
            yield from _of_schema(f"{pointer}/{key}", node[key])


def without(node: Node, *keys: str) -> Node:
    """Return the node without these keys."""
    return {key: value for key, value in node.items() if key not in keys}


def renamed(node: Node, old: str, new: str) -> Node:
    """Return the node with one key renamed, in its place."""
    return {new if key == old else key: value for key, value in node.items()}


def spliced(values: list[Any], index: int, *others: Any) -> list[Any]:
    """Return the list with others in the place of one entry."""
    return [*values[:index], *others, *values[index + 1 :]]


def after(names: Iterable[str], name: str) -> str:
    """Return the name after this one, in a circle."""
    listed = list(names)
    return listed[(listed.index(name) + 1) % len(listed)]
