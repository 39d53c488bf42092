"""The index of a spec for lint rules: its nodes and operations, and the schemas that clients send and receive."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache, cached_property
from typing import Any, TypeAlias

from attrs import frozen

from scripts.specs.baseline import by_place, escaped, is_unchanged, references, unchanged_components
from scripts.specs.spec import METHODS, Node, Spec, is_list, names_things, schemas, subschemas, walk

Finding: TypeAlias = tuple[str, str]
"""A JSON pointer, and what is wrong there."""

JSON = "application/json"


@frozen(eq=False)
class Call:
    """An operation that clients call, or a callback that they receive."""

    spec: Spec
    where: str
    path: str
    node: Node
    parameters: dict[str, Node]
    """JSON pointer -> parameter; those of its path are among them."""
    incoming: bool
    """Whether it is a callback: then the client receives the request and sends the response."""

    @property
    def responses(self) -> dict[str, Node]:
        """Map the JSON pointer of each response to the response, which may be a reference."""
        return {f"{self.where}/responses/{status}": node for status, node in self.node.get("responses", {}).items()}

    @cached_property
    def bodies(self) -> tuple[dict[str, Node], dict[str, Node]]:
        """The media types of its request, and those of its responses, by JSON pointer."""
        request = self.node.get("requestBody", {})
        sent = media(*followed(self.spec, f"{self.where}/requestBody", request))
        responses = [media(*followed(self.spec, where, node)) for where, node in self.responses.items()]
        return sent, {where: node for response in responses for where, node in response.items()}


@frozen(eq=False)
class Index:
    """A spec with the parts that several rules need; each mapping is JSON pointer -> object."""

    spec: Spec
    nodes: dict[str, Node]
    """Every object that is contract rather than data."""
    schemas: dict[str, Node]
    new_nodes: dict[str, Node]
    """The nodes that no remembered spec has at their places: all, but of a mutant. The others break no rule."""
    new_schemas: dict[str, Node]
    calls: list[Call]
    forms: dict[str, Node]
    """Schemas of whole requests: each form of a body, and typed requests."""
    requests: dict[str, Node]
    """Every schema within what clients send."""
    responses: dict[str, Node]
    """Every schema within what clients receive."""
    used: frozenset[str]
    """Components that operations or typed requests refer to, directly or not."""
    unchanged: frozenset[str]
    """Components that a remembered spec has, with all that they refer to."""

    def is_new(self, where: str) -> bool:
        """Whether a schema, or what it refers to, is not what a remembered spec has there."""
        node = self.schemas[where]
        return where in self.new_schemas or not references(node) <= self.unchanged


Rule: TypeAlias = Callable[[Index], Iterable[Finding]]


def index(spec: Spec) -> Index:
    """Index a spec once for all rules; its references must resolve."""
    nodes = {where: node for where, node in walk(spec) if not names_things(where)}
    calls = list(_of_items(spec, "/paths", spec.get("paths", {}), incoming=False))
    in_operations, sent = _used(nodes, ["/paths"]), _sent(calls)
    typed = _typed(spec, sent, in_operations)
    known = schemas(spec)
    return Index(
        spec=spec,
        nodes=nodes,
        schemas=known,
        new_nodes={where: node for where, node in nodes.items() if not is_unchanged(where, node)},
        new_schemas={where: node for where, node in known.items() if not is_unchanged(where, node)},
        calls=calls,
        forms=_forms(spec, calls) | typed,
        requests=reach(spec, sent | typed),
        responses=reach(spec, _received(calls)),
        used=in_operations | _used(nodes, list(typed)),
        unchanged=unchanged_components(spec),
    )


def reach(spec: Spec, roots: dict[str, Node]) -> dict[str, Node]:
    """Collect these schemas and all that they hold or refer to, by JSON pointer."""
    found: dict[str, Node] = {}
    waiting = dict(roots)
    while waiting:
        where, node = waiting.popitem()
        found[where] = node
        onward = [*_onward(where, node), followed(spec, where, node)] if "$ref" in node else _onward(where, node)
        waiting.update((place, child) for place, child in onward if place not in found)
    return found


@by_place
def _onward(where: str, node: Node) -> list[tuple[str, Node]]:
    return [(f"{where}/{key}", child) for key, child in subschemas(node)]


def followed(spec: Spec, where: str, node: Node) -> tuple[str, Node]:
    """Follow a node's references to their end, without keys beside `$ref`; return that node and its JSON pointer."""
    while "$ref" in node:
        where = node["$ref"].removeprefix("#")
        node = at(spec, where)
    return where, node


def at(spec: Spec, where: str) -> Node:
    """Return the node at a JSON pointer."""
    node: Any = spec
    for key in _keys(where):
        node = node[int(key)] if is_list(node) else node[key]
    found: Node = node
    return found


@cache
def _keys(where: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in where.split("/")[1:]]


def media(where: str, holder: Node) -> dict[str, Node]:
    """Map JSON pointers to the media types of a request's body or a response."""
    return {f"{where}/content/{escaped(name)}": node for name, node in holder.get("content", {}).items()}


def _of_items(spec: Spec, where: str, items: dict[str, Node], *, incoming: bool) -> Iterator[Call]:
    """Yield the operations of a map of paths, each followed by its callbacks."""
    for path, item in items.items():
        for method in (method for method in METHODS if method in item):
            here = f"{where}/{escaped(path)}"
            call = f"{here}/{method}"
            parameters = _listed(here, item) | _listed(call, item[method])
            yield Call(spec, call, path, item[method], parameters, incoming)
            for name, callback in item[method].get("callbacks", {}).items():
                yield from _of_items(spec, f"{call}/callbacks/{escaped(name)}", callback, incoming=True)


def _listed(where: str, holder: Node) -> dict[str, Node]:
    return {f"{where}/parameters/{place}": node for place, node in enumerate(holder.get("parameters", []))}


def _forms(spec: Spec, calls: list[Call]) -> dict[str, Node]:
    """Collect the alternatives of all requests' bodies."""
    requests = [_schemas_of(call.bodies[0]) for call in calls if not call.incoming]
    whole = [followed(spec, where, node) for schemas in requests for where, node in schemas.items()]
    parts = [
        followed(spec, f"{where}/{key}/{place}", form)
        for where, node in whole
        for key in ("anyOf", "oneOf")
        for place, form in enumerate(node.get(key, ()))
    ]
    return dict([*(form for form in whole if not {"anyOf", "oneOf"} & form[1].keys()), *parts])


def _sent(calls: list[Call]) -> dict[str, Node]:
    """Collect the schemas of what clients send: their requests, and their responses to callbacks."""
    holders: dict[str, Node] = {}
    for call in calls:
        request, response = call.bodies
        holders |= (response if call.incoming else request) | call.parameters
    return _schemas_of(holders)


def _received(calls: list[Call]) -> dict[str, Node]:
    """Collect the schemas of what clients receive: responses, and callbacks."""
    holders: dict[str, Node] = {}
    for call in calls:
        request, response = call.bodies
        holders |= request if call.incoming else response
    return _schemas_of(holders)


def _schemas_of(holders: dict[str, Node]) -> dict[str, Node]:
    return {f"{where}/schema": node["schema"] for where, node in holders.items() if "schema" in node}


def _used(nodes: dict[str, Node], roots: list[str]) -> frozenset[str]:
    """Return the JSON pointers of the components that these places refer to, directly or not."""
    targets: dict[str, list[tuple[str, str]]] = {}
    for where, node in nodes.items():
        if "$ref" in node:
            targets.setdefault(_component(where), []).append((f"{where}/", node["$ref"].removeprefix("#")))
    found, waiting = set(roots), list(roots)
    while waiting:
        root = waiting.pop()
        below = targets.get(_component(root), ())
        fresh = {target for where, target in below if where.startswith(f"{root}/")} - found
        found |= fresh
        waiting += fresh
    return frozenset(found)


def _component(where: str) -> str:
    """Return the pointer of the component that a place is in; of any other place, the first step."""
    steps = where.split("/")
    return "/".join(steps[: 4 if steps[1:2] == ["components"] else 2])


def _typed(spec: Spec, sent: dict[str, Node], used: frozenset[str]) -> dict[str, Node]:
    """Return the typed requests: closed schemas that users fill in, each turned into an open body for the wire."""
    forms = [node for node in reach(spec, sent).values() if node.get("additionalProperties") is True]
    names = [form.get("properties", {}).keys() for form in forms]
    return {
        where: node
        for where, node in _components(spec)
        if where not in used
        and node.get("additionalProperties") is False
        and any(node.get("properties", {}).keys() <= known for known in names)
    }


def _components(spec: Spec) -> Iterator[tuple[str, Node]]:
    for name, node in spec.get("components", {}).get("schemas", {}).items():
        yield f"/components/schemas/{escaped(name)}", node
