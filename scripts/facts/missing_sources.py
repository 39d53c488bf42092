"""Whether every node of a spec that an exchange leads to names the place of the document that it stands for."""

from collections.abc import Iterator, Mapping

from scripts.facts.reachable_fields import UNIONS, reached
from scripts.facts.sheets import FactsByPlace, named_places
from scripts.specs.field import is_observed_alone, observed, sources
from scripts.specs.spec import Node, Spec, walk


def missing_sources(spec: Spec, number: str, facts: FactsByPlace) -> Iterator[str]:
    """Each node with a source that leaves out its place in the document, which has facts of it.

    An alternative that was observed alone has no place in it, nor has the form of a request from another document;
    nodes that name the document's codes stand for those, wherever they are.
    """
    nodes, known = dict(walk(spec)), {*named_places(facts)}
    alternatives = tuple(_observed_alternatives(nodes))
    schemas = {
        (pointer, place)
        for pointer, place in reached(nodes, number)
        if f"{number}: codes" not in sources(nodes[pointer])
        and not f"{pointer}/".startswith(alternatives)
        and not (place.startswith("request") and _is_elsewhere(nodes[pointer], number))
    }
    for pointer, place in sorted({*schemas, *_around(nodes, number)}):
        named = sources(nodes.get(pointer, {}))
        if named and place in known and f"{number}: {place}" not in named:
            yield f"{place}: {pointer} stands for it, and does not name it"


def _is_elsewhere(node: Node, number: str) -> bool:
    """Whether other documents have a node, and this one has not."""
    documents = [source for source in map(str, sources(node)) if observed(source) is None]
    return bool(documents) and not any(source.startswith(f"{number}: ") for source in documents)


def _around(nodes: Mapping[str, Node], number: str) -> Iterator[tuple[str, str]]:
    """What is around the schemas of a document's operations: the responses, and the scheme of the key."""
    for pointer, node in nodes.items():
        for place in ("request", "query.request") if "responses" in node else ():
            if f"{number}: {place}" in sources(node):
                yield f"{pointer}/responses/200", place.replace("request", "response")
                schemes = [name for alternative in node.get("security", ()) for name in alternative]
                yield from ((f"/components/securitySchemes/{name}", "auth") for name in schemes)


def _observed_alternatives(nodes: Mapping[str, Node]) -> Iterator[str]:
    """The pointers of alternatives that no document has, each with a slash behind it."""
    for pointer, node in nodes.items():
        for union in UNIONS:
            for index, part in enumerate(node.get(union, ())):
                where = part["$ref"][1:] if "$ref" in part else f"{pointer}/{union}/{index}"
                if is_observed_alone(nodes.get(where, {})):
                    yield f"{where}/"
