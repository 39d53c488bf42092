"""Convert a spec into facts: one entry for each place of a document that a node of the spec names as its source."""

import re
from collections.abc import Iterator, Mapping

from attrs import frozen

from scripts.facts.changes import split_prefix
from scripts.facts.reachable_fields import reachable_schemas, unescaped
from scripts.facts.schemas import facts_of_schema, fields_of_schema
from scripts.facts.sheets import FactValues
from scripts.specs.field import sources
from scripts.specs.spec import Node, Spec, resolved, walk

ROOTS = frozenset({"request", "response", "query", "query.request", "query.response", "callback"})
"""Places with facts of the operation or the response as a whole; their type, object, is assumed."""
CODES = ("type", "enum", "open", "nullable", "x-field-values")
DOC_REQUIRED = "x-doc-required"
RESPONSE = re.compile(r"/responses/([^/]+)$")


@frozen(kw_only=True)
class Entry:
    """The facts that one node of a spec states about one place of a document."""

    place: str
    pointer: str
    facts: FactValues
    complete: bool
    """Whether a fact that the node lacks counts as absent; a component may leave it to the node that refers to it."""
    reached: bool = True
    """Whether a request or a response of the document's operations leads to it, if it is a schema."""
    field_name: str | None = None
    """The name of the property or the parameter; None for other nodes."""
    fields: frozenset[str] | None = None
    """The names of the fields of an object."""


@frozen
class SpecIndex:
    """The nodes of a spec, and how they are used."""

    spec: Spec
    nodes: Mapping[str, Node]
    items: frozenset[str]
    """Schemas of the items of a list, which have the place of the list."""
    embedded: frozenset[str]
    """Schemas of the JSON in a string, which may have the place of the string."""
    reached: frozenset[tuple[str, str]]
    """Node and place of every field of the requests and responses."""


def spec_entries(spec: Spec, number: str, nodes: Mapping[str, Node] | None = None) -> list[Entry]:
    """Return every entry of a spec for the document with this number; `nodes` are those of the spec, if at hand."""
    index = _indexed(spec, number, nodes or dict(walk(spec)))
    return [
        entry
        for pointer, node in index.nodes.items()
        for source in sources(node)
        if source.startswith(f"{number}: ")
        for entry in _entries_of_node(index, pointer, number, source.removeprefix(f"{number}: "))
    ]


def _indexed(spec: Spec, number: str, nodes: Mapping[str, Node]) -> SpecIndex:
    embedded = [node["contentSchema"] for node in nodes.values() if "contentSchema" in node]
    items = [node["items"] for node in nodes.values() if isinstance(node.get("items"), dict)]
    return SpecIndex(spec, nodes, _targets(items), _targets(embedded), frozenset(reachable_schemas(nodes, number)))


def _targets(schemas: list[Node]) -> frozenset[str]:
    return frozenset(schema.get("$ref", "#")[1:] for schema in schemas)


def _entries_of_node(index: SpecIndex, pointer: str, number: str, place: str) -> Iterator[Entry]:
    node = index.nodes[pointer]
    if "/x-rules/" in pointer or "if" in node:
        yield Entry(place=place, pointer=pointer, facts=_facts_of_rule(node), complete=False)
    elif "/callbacks/" in pointer and "responses" in node:
        facts = _callback_facts(pointer) if place == "callback" else {}
        yield Entry(place=place, pointer=pointer, facts=facts, complete=place == "callback")
    elif "responses" in node:
        yield from _operation_entries(index.spec, pointer, number, place)
    elif response := RESPONSE.search(pointer):
        yield Entry(
            place=place, pointer=pointer, facts=_response_facts(response[1], node, place), complete=place in ROOTS
        )
    elif pointer.startswith("/components/securitySchemes/"):
        facts = _header_facts(node) if place.startswith("headers.") else _scheme_facts(node)
        yield Entry(place=place, pointer=pointer, facts=facts, complete=True)
    elif place == "models":
        for model in facts_of_schema(index.spec, node).get("enum", []):
            yield Entry(place=f"models.{model}", pointer=pointer, facts={}, complete=True)
    else:
        yield _schema_entry(index, pointer, place)


def _facts_of_rule(node: Node) -> FactValues:
    """The facts of a rule between fields: a difference; what else pages state in prose is no fact."""
    if "difference" not in node:
        return {}
    limits = {key: node.get(key) for key in ("minimum", "maximum")}
    return {"difference": {"of": node["difference"], **limits}}


def _operation_entries(spec: Spec, pointer: str, number: str, place: str) -> Iterator[Entry]:
    _, _, path, method = map(unescaped, pointer.split("/"))
    node = spec["paths"][path][method]
    if place == "polling":
        yield Entry(place=place, pointer=pointer, facts={"seconds": node.get("x-poll-seconds")}, complete=True)
    if not place.endswith("request"):
        return
    operation = {"method": method.upper(), "path": path, **_host_facts(spec), **_body_facts(spec, node)}
    yield Entry(place=place, pointer=pointer, facts=operation, complete=True)
    yield Entry(place="auth", pointer=f"{pointer}/security", facts=_security_facts(spec, node), complete=True)
    if statuses := _code_statuses(spec, node, number):
        yield Entry(place="codes", pointer=f"{pointer}/responses", facts=_status_facts(statuses), complete=True)
    for header in node.get("x-doc-headers", ()):
        facts = {key: value for key, value in header.items() if key != "name"}
        yield Entry(place=f"headers.{header.get('name')}", pointer=pointer, facts=facts, complete=True)


def _host_facts(spec: Spec) -> FactValues:
    """The host, if the spec knows it; a variable that the client has to fill in does not count."""
    hosts = [server["url"] for server in spec.get("servers", ()) if "{" not in server["url"]]
    return {"host": hosts[0]} if len(hosts) == 1 else {"host": hosts} if hosts else {}


def _body_facts(spec: Spec, node: Node) -> FactValues:
    if "requestBody" not in node:
        return {}
    body = node["requestBody"]
    content = body.get("content", {})
    schemas = [facts_of_schema(spec, media.get("schema", {})) for media in content.values()]
    return {
        "content_type": next(iter(content)) if len(content) == 1 else sorted(content),
        "body_required": body.get("required", False),
        **({"open": True} if any(schema.get("open") for schema in schemas) else {}),
    }


def _security_facts(spec: Spec, node: Node) -> FactValues:
    """The facts of the scheme that an operation requires; all alternatives if there is not just one."""
    alternatives = [sorted(alternative) for alternative in node.get("security", ())]
    schemes = spec["components"].get("securitySchemes", {})
    one = alternatives[0][0] if [len(names) for names in alternatives] == [1] else None
    return _scheme_facts(schemes[one]) if one in schemes else {"scheme": alternatives}


def _scheme_facts(node: Node) -> FactValues:
    if node.get("type") == "http":
        return {"scheme": node.get("scheme"), "header": "Authorization"}
    return {"scheme": node.get("type"), node.get("in", "header"): node.get("name")}


def _header_facts(node: Node) -> FactValues:
    """The facts of the header in which a scheme sends the key."""
    return {"type": "string", "required": True} if _scheme_facts(node).get("header") else {}


def _response_facts(status: str, node: Node, place: str) -> FactValues:
    """Status and content type; none for responses that stand for codes, since `_code_statuses` reads those."""
    if place not in ROOTS or not status.isdigit():
        return {}
    types = sorted(node.get("content", {}))
    return {"status": int(status), "content_type": types[0] if len(types) == 1 else types}


def _status_facts(statuses: list[int]) -> FactValues:
    success = [status for status in statuses if status < 300]
    return {"enum": statuses, **({"success": success[0]} if len(success) == 1 else {})}


def _callback_facts(pointer: str) -> FactValues:
    """Method and field, from the pointer that ends in ``{$request.body#/field}`` and the method."""
    *_, address, method = pointer.split("/")
    return {
        "field": address.replace("~1", "/").removeprefix("{$request.body#/").removesuffix("}"),
        "method": method.upper(),
    }


def _code_statuses(spec: Spec, node: Node, number: str) -> list[int]:
    """The HTTP statuses of the responses whose source is the document's list of codes."""
    responses = ((status, resolved(spec, response)) for status, response in node["responses"].items())
    return sorted(
        int(status) for status, response in responses if f"{number}: codes" in sources(response) and status.isdigit()
    )


def _schema_entry(index: SpecIndex, pointer: str, place: str) -> Entry:
    node = index.nodes[pointer]
    if place == "codes":
        return Entry(place=place, pointer=pointer, facts=_code_facts(index, pointer), complete=False)
    if any(
        pointer.startswith(f"{embedded}/") and place in _places(index.nodes[embedded]) for embedded in index.embedded
    ):
        return Entry(place=place, pointer=pointer, facts={}, complete=False)  # documented as JSON, and no more
    presence = _presence_facts(index, pointer)
    schema = node["schema"] if "in" in presence else node
    facts = (
        facts_of_schema(index.spec, schema)
        | _documented_required(node)
        | _closed_facts(resolved(index.spec, node), place)
    )
    if not presence and "nullable" in facts:
        # a component; whether null is allowed is compared at the fields that refer to it
        facts["null"] = facts.pop("nullable")
    if place in ROOTS or pointer in index.items or pointer in index.embedded:
        facts = _object_facts(facts)
    return Entry(
        place=place,
        pointer=pointer,
        facts=facts | presence,
        complete=bool(presence),
        reached=(pointer, place) in index.reached,
        field_name=_field_name(index, pointer) if presence else None,
        fields=fields_of_schema(index.spec, schema),
    )


def _code_facts(index: SpecIndex, pointer: str) -> FactValues:
    """The facts of a field for codes; of an error response as a whole, that it is an object."""
    node = index.nodes[pointer]
    facts = facts_of_schema(index.spec, node)
    if "properties" in node:
        return {name: value for name, value in _object_facts(facts).items() if name != "open"} | _closed_facts(
            node, "response"
        )
    return {name: facts[name] for name in CODES if name in facts} | _presence_facts(index, pointer)


def _object_facts(facts: FactValues) -> FactValues:
    """The facts of a node that is assumed to be an object; ``object`` holds its type if that is another."""
    kind = {} if facts.get("type") == "object" else {"object": facts.get("type", "any")}
    return {name: value for name, value in facts.items() if name != "type"} | kind


def _closed_facts(node: Node, place: str) -> FactValues:
    """Whether a response is closed to other fields; requests do not count, since typed models close them."""
    closed = node.get("additionalProperties") is False
    return {"closed": True} if closed and split_prefix(place)[1].startswith(("response", "callback")) else {}


def _presence_facts(index: SpecIndex, pointer: str) -> FactValues:
    """Whether a property or a parameter is required; no facts for any other node."""
    node = index.nodes[pointer]
    if "in" in node and "schema" in node:
        return {"in": node["in"], "required": node.get("required", False)}
    holder, _, name = pointer.rpartition("/properties/")
    if not holder or "/" in name:
        return {}
    return {"required": _field_name(index, pointer) in index.nodes[holder].get("required", ())}


def _field_name(index: SpecIndex, pointer: str) -> str:
    """The name of a property or a parameter."""
    node = index.nodes[pointer]
    return str(node["name"]) if "in" in node and "schema" in node else unescaped(pointer.rpartition("/")[2])


def _documented_required(node: Node) -> FactValues:
    """The fields that the document lists as required, which a spec keeps if it does not require them itself."""
    return {DOC_REQUIRED: sorted(node[DOC_REQUIRED])} if DOC_REQUIRED in node else {}


def _places(node: Node) -> list[str]:
    return [source.partition(": ")[2] for source in sources(node)]
