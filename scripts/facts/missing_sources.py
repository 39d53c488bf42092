"""Find the nodes of a spec that describe a place of a document and do not name it as their source."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from scripts.facts.reachable_fields import UNIONS, reachable_schemas
from scripts.facts.sheets import FactsByPlace, named_places
from scripts.specs.baseline import escaped
from scripts.specs.field import is_observed_alone, observed, sources
from scripts.specs.spec import Node, names_things

KEY_HEADER: Final = "headers.Authorization"
"""The place of the header in which every API here takes its key."""

ERRORS: Final = "/components/responses/"
"""Where the responses stand that several operations share: all but those of success."""


def missing_sources(nodes: Mapping[str, Node], number: str, facts: FactsByPlace) -> Iterator[str]:
    """Yield a sentence for each node with sources that lacks its place in the document, if that has facts of the place.

    `nodes` are those of the spec. Exempt are alternatives that were only observed, requests of other documents, and
    nodes that name the document's list of codes.
    """
    known = {*named_places(facts)}
    alternatives = tuple(_observed_alternatives(nodes))
    schemas = {
        (pointer, place)
        for pointer, place in reachable_schemas(nodes, number)
        if f"{number}: codes" not in sources(nodes[pointer])
        and not f"{pointer}/".startswith(alternatives)
        and not (place.startswith("request") and _is_of_other_documents(nodes[pointer], number))
    }
    for pointer, place in sorted({*schemas, *_response_and_key_nodes(nodes, number), *_members(nodes, number)}):
        named = sources(nodes.get(pointer, {}))
        if named and place in known and f"{number}: {place}" not in named:
            yield f"{place}: {pointer} stands for it, and does not name it"


def _is_of_other_documents(node: Node, number: str) -> bool:
    """Whether a node has sources in other documents and none in this one."""
    documents = [source for source in map(str, sources(node)) if observed(source) is None]
    return bool(documents) and not any(source.startswith(f"{number}: ") for source in documents)


def _response_and_key_nodes(nodes: Mapping[str, Node], number: str) -> Iterator[tuple[str, str]]:
    """Pointer and place of what surrounds the schemas of a document's operations: responses, and the key's scheme."""
    for pointer, node in nodes.items():
        for place in ("request", "query.request") if "responses" in node else ():
            if f"{number}: {place}" in sources(node):
                yield f"{pointer}/responses/200", place.replace("request", "response")
                schemes = [name for alternative in node.get("security", ()) for name in alternative]
                for name in schemes:
                    yield from ((f"/components/securitySchemes/{name}", where) for where in ("auth", KEY_HEADER))


def _members(nodes: Mapping[str, Node], number: str) -> Iterator[tuple[str, str]]:
    """Pointer and place of the fields of each object that names a place of the document; errors may have other ones."""
    errors = {node["$ref"][1:] for pointer, node in nodes.items() if pointer.startswith(ERRORS) and "$ref" in node}
    for pointer, node in nodes.items():
        has_fields = not names_things(pointer) and pointer not in errors
        fields: dict[str, Any] = node.get("properties", {}) if has_fields else {}
        places = [
            place for document, _, place in (str(it).partition(": ") for it in sources(node)) if document == number
        ]
        for name in fields:
            yield from ((f"{pointer}/properties/{escaped(name)}", f"{place}.{name}") for place in places)


def _observed_alternatives(nodes: Mapping[str, Node]) -> Iterator[str]:
    """The pointers of alternatives that no document states, each with a slash at its end."""
    for pointer, node in nodes.items():
        for union in UNIONS:
            for index, part in enumerate(node.get(union, ())):
                where = part["$ref"][1:] if "$ref" in part else f"{pointer}/{union}/{index}"
                if is_observed_alone(nodes.get(where, {})):
                    yield f"{where}/"
