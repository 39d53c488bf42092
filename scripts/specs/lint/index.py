"""A spec made ready for its rules: what is where, who calls it, and which side of the wire it is on."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

from attrs import frozen

from scripts.specs.spec import METHODS, Node, Spec, escaped, names_things, schemas, subschemas, walk

Finding: TypeAlias = tuple[str, str]
"""A JSON pointer, and what is wrong there."""

JSON = "application/json"


@frozen(eq=False)
class Call:
    """An operation: what clients send and are answered, or, in a callback, are sent and answer."""

    where: str
    path: str
    node: Node
    parameters: dict[str, Node]
    """JSON pointer -> parameter; those of its path are among them."""
    incoming: bool
    """A callback."""

    @property
    def responses(self) -> dict[str, Node]:
        """JSON pointer -> answer, maybe a reference."""
        return {f"{self.where}/responses/{status}": node for status, node in self.node.get("responses", {}).items()}


@frozen(eq=False)
class Index:
    """A spec, and what many rules ask of it; each mapping is JSON pointer -> object."""

    spec: Spec
    nodes: dict[str, Node]
    """All that is contract rather than data."""
    schemas: dict[str, Node]
    calls: list[Call]
    forms: dict[str, Node]
    """What a request is as a whole: each form of a body, and typed requests."""
    asked: dict[str, Node]
    """Schemas of what clients send."""
    answered: dict[str, Node]
    """Schemas of what they are sent."""
    led: frozenset[str]
    """Components that operations lead to."""
    used: frozenset[str]
    """Components that operations or typed requests lead to."""


Rule: TypeAlias = Callable[[Index], Iterable[Finding]]


def index(spec: Spec) -> Index:
    """Walk a spec once for all rules; its references must resolve."""
    nodes = {where: node for where, node in walk(spec) if not names_things(where)}
    calls = list(_of_items("/paths", spec.get("paths", {}), incoming=False))
    led, sent = _used(nodes, ["/paths"]), _sent(spec, calls)
    typed = _typed(spec, sent, led)
    return Index(
        spec=spec,
        nodes=nodes,
        schemas=schemas(spec),
        calls=calls,
        forms=_forms(spec, calls) | typed,
        asked=reach(spec, sent | typed),
        answered=reach(spec, _told(spec, calls)),
        led=led,
        used=led | _used(nodes, list(typed)),
    )


def reach(spec: Spec, roots: dict[str, Node]) -> dict[str, Node]:
    """JSON pointer -> schema, for all that these hold or refer to, themselves included."""
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
    """A node, or what it refers to, with its JSON pointer; nothing is laid over it."""
    while "$ref" in node:
        where = node["$ref"].removeprefix("#")
        node = at(spec, where)
    return where, node


def at(spec: Spec, where: str) -> Node:
    """What is at a JSON pointer."""
    node: Any = spec
    for part in where.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        node = node[int(key)] if isinstance(node, list) else node[key]
    found: Node = node
    return found


def media(where: str, holder: Node) -> dict[str, Node]:
    """JSON pointer -> media type, of a request's body or an answer."""
    return {f"{where}/content/{escaped(name)}": node for name, node in holder.get("content", {}).items()}


def bodies(spec: Spec, call: Call) -> tuple[dict[str, Node], dict[str, Node]]:
    """The media types that a call sends, and those that answer it."""
    request = call.node.get("requestBody", {})
    asked = media(*followed(spec, f"{call.where}/requestBody", request))
    answers = [media(*followed(spec, where, node)) for where, node in call.responses.items()]
    return asked, {where: node for answer in answers for where, node in answer.items()}


def _of_items(where: str, items: dict[str, Node], *, incoming: bool) -> Iterator[Call]:
    """The operations of a map of paths, each followed by its callbacks."""
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
    """The alternatives of all requests' bodies."""
    asked = [_schemas_of(bodies(spec, call)[0]) for call in calls if not call.incoming]
    whole = [followed(spec, where, node) for schemas in asked for where, node in schemas.items()]
    parts = [
        followed(spec, f"{where}/{key}/{place}", form)
        for where, node in whole
        for key in ("anyOf", "oneOf")
        for place, form in enumerate(node.get(key, ()))
    ]
    return dict([*(form for form in whole if not {"anyOf", "oneOf"} & form[1].keys()), *parts])


def _sent(spec: Spec, calls: list[Call]) -> dict[str, Node]:
    """JSON pointer -> schema of all that clients send: their requests, and their answers to callbacks."""
    holders: dict[str, Node] = {}
    for call in calls:
        asked, answers = bodies(spec, call)
        holders |= (answers if call.incoming else asked) | call.parameters
    return _schemas_of(holders)


def _told(spec: Spec, calls: list[Call]) -> dict[str, Node]:
    """JSON pointer -> schema of all that clients are sent: answers, and callbacks."""
    holders: dict[str, Node] = {}
    for call in calls:
        asked, answers = bodies(spec, call)
        holders |= asked if call.incoming else answers
    return _schemas_of(holders)


def _schemas_of(holders: dict[str, Node]) -> dict[str, Node]:
    return {f"{where}/schema": node["schema"] for where, node in holders.items() if "schema" in node}


def _used(nodes: dict[str, Node], roots: list[str]) -> frozenset[str]:
    """The components that these places, and what they lead to, refer to."""
    targets = [(f"{where}/", node["$ref"].removeprefix("#")) for where, node in nodes.items() if "$ref" in node]
    found, waiting = set(roots), list(roots)
    while waiting:
        root = f"{waiting.pop()}/"
        fresh = {target for where, target in targets if where.startswith(root)} - found
        found |= fresh
        waiting += fresh
    return frozenset(found)


def _typed(spec: Spec, sent: dict[str, Node], used: frozenset[str]) -> dict[str, Node]:
    """Closed forms of an open body: what people write, before it takes the form of the wire."""
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
