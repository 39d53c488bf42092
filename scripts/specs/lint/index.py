"""The index of a spec for lint rules: its nodes and operations, and the schemas that clients send and receive."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

from attrs import frozen

from scripts.specs.spec import METHODS, Node, Spec, escaped, is_list, names_things, schemas, subschemas, walk

Finding: TypeAlias = tuple[str, str]
"""A JSON pointer, and what is wrong there."""

JSON = "application/json"


@frozen(eq=False)
class Call:
    """An operation that clients call, or a callback that they receive."""

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


@frozen(eq=False)
class Index:
    """A spec with the parts that several rules need; each mapping is JSON pointer -> object."""

    spec: Spec
    nodes: dict[str, Node]
    """Every object that is contract rather than data."""
    schemas: dict[str, Node]
    calls: list[Call]
    forms: dict[str, Node]
    """Schemas of whole requests: each form of a body, and typed requests."""
    requests: dict[str, Node]
    """Every schema within what clients send."""
    responses: dict[str, Node]
    """Every schema within what clients receive."""
    used: frozenset[str]
    """Components that operations or typed requests refer to, directly or not."""


Rule: TypeAlias = Callable[[Index], Iterable[Finding]]


def index(spec: Spec) -> Index:
    """Index a spec once for all rules; its references must resolve."""
    nodes = {where: node for where, node in walk(spec) if not names_things(where)}
    calls = list(_of_items("/paths", spec.get("paths", {}), incoming=False))
    in_operations, sent = _used(nodes, ["/paths"]), _sent(spec, calls)
    typed = _typed(spec, sent, in_operations)
    return Index(
        spec=spec,
        nodes=nodes,
        schemas=schemas(spec),
        calls=calls,
        forms=_forms(spec, calls) | typed,
        requests=reach(spec, sent | typed),
        responses=reach(spec, _received(spec, calls)),
        used=in_operations | _used(nodes, list(typed)),
    )


def reach(spec: Spec, roots: dict[str, Node]) -> dict[str, Node]:
    """Collect these schemas and all that they hold or refer to, by JSON pointer."""
    found: dict[str, Node] = {}
    waiting = dict(roots)
    while waiting:
        where, node = waiting.popitem()
        found[where] = node
        onward = {f"{where}/{key}": child for key, child in subschemas(node)}
        onward |= dict([followed(spec, where, node)])
        waiting |= {place: child for place, child in onward.items() if place not in found}
    return found


def followed(spec: Spec, where: str, node: Node) -> tuple[str, Node]:
    """Follow a node's references to their end, without keys beside `$ref`; return that node and its JSON pointer."""
    while "$ref" in node:
        where = node["$ref"].removeprefix("#")
        node = at(spec, where)
    return where, node


def at(spec: Spec, where: str) -> Node:
    """Return the node at a JSON pointer."""
    node: Any = spec
    for part in where.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        node = node[int(key)] if is_list(node) else node[key]
    found: Node = node
    return found


def media(where: str, holder: Node) -> dict[str, Node]:
    """Map JSON pointers to the media types of a request's body or a response."""
    return {f"{where}/content/{escaped(name)}": node for name, node in holder.get("content", {}).items()}


def bodies(spec: Spec, call: Call) -> tuple[dict[str, Node], dict[str, Node]]:
    """Return the media types of a call's request, and those of its responses, by JSON pointer."""
    request = call.node.get("requestBody", {})
    sent = media(*followed(spec, f"{call.where}/requestBody", request))
    responses = [media(*followed(spec, where, node)) for where, node in call.responses.items()]
    return sent, {where: node for response in responses for where, node in response.items()}


def _of_items(where: str, items: dict[str, Node], *, incoming: bool) -> Iterator[Call]:
    """Yield the operations of a map of paths, each followed by its callbacks."""
    for path, item in items.items():
        for method in (method for method in METHODS if method in item):
            here = f"{where}/{escaped(path)}"
            call = f"{here}/{method}"
            yield Call(call, path, item[method], _listed(here, item) | _listed(call, item[method]), incoming)
            for name, callback in item[method].get("callbacks", {}).items():
                yield from _of_items(f"{call}/callbacks/{escaped(name)}", callback, incoming=True)


def _listed(where: str, holder: Node) -> dict[str, Node]:
    return {f"{where}/parameters/{place}": node for place, node in enumerate(holder.get("parameters", []))}


def _forms(spec: Spec, calls: list[Call]) -> dict[str, Node]:
    """Collect the alternatives of all requests' bodies."""
    requests = [_schemas_of(bodies(spec, call)[0]) for call in calls if not call.incoming]
    whole = [followed(spec, where, node) for schemas in requests for where, node in schemas.items()]
    parts = [
        followed(spec, f"{where}/{key}/{place}", form)
        for where, node in whole
        for key in ("anyOf", "oneOf")
        for place, form in enumerate(node.get(key, ()))
    ]
    return dict([*(form for form in whole if not {"anyOf", "oneOf"} & form[1].keys()), *parts])


def _sent(spec: Spec, calls: list[Call]) -> dict[str, Node]:
    """Collect the schemas of what clients send: their requests, and their responses to callbacks."""
    holders: dict[str, Node] = {}
    for call in calls:
        request, response = bodies(spec, call)
        holders |= (response if call.incoming else request) | call.parameters
    return _schemas_of(holders)


def _received(spec: Spec, calls: list[Call]) -> dict[str, Node]:
    """Collect the schemas of what clients receive: responses, and callbacks."""
    holders: dict[str, Node] = {}
    for call in calls:
        request, response = bodies(spec, call)
        holders |= request if call.incoming else response
    return _schemas_of(holders)


def _schemas_of(holders: dict[str, Node]) -> dict[str, Node]:
    return {f"{where}/schema": node["schema"] for where, node in holders.items() if "schema" in node}


def _used(nodes: dict[str, Node], roots: list[str]) -> frozenset[str]:
    """Return the JSON pointers of the components that these places refer to, directly or not."""
    targets = [(f"{where}/", node["$ref"].removeprefix("#")) for where, node in nodes.items() if "$ref" in node]
    found, waiting = set(roots), list(roots)
    while waiting:
        root = f"{waiting.pop()}/"
        fresh = {target for where, target in targets if where.startswith(root)} - found
        found |= fresh
        waiting += fresh
    return frozenset(found)


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
