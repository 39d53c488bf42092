"""A spec as facts: what each node that names a place of a document says about that place."""

import re
from collections.abc import Iterator, Mapping

from attrs import frozen

from scripts.facts.changes import split
from scripts.facts.reachable_fields import reached, unescaped
from scripts.facts.schemas import fields, told
from scripts.facts.sheets import FactValues
from scripts.specs.field import sources
from scripts.specs.spec import Node, Spec, resolved, walk

ROOTS = frozenset({"request", "response", "query", "query.request", "query.response", "callback"})
"""FactsByPlace that have facts of the exchange; that they are objects goes without saying."""
CODES = ("type", "enum", "open", "nullable", "x-field-values")
LISTED = "x-doc-required"
ANSWER = re.compile(r"/responses/([^/]+)$")


@frozen(kw_only=True)
class Entry:
    """What one node says about one place."""

    place: str
    pointer: str
    facts: FactValues
    whole: bool
    """Whether what it does not say is denied; a component leaves something to the node that refers to it."""
    reached: bool = True
    """Whether an exchange of the document's operations has it, where it has fields."""
    called: str | None = None
    """The name of a field."""
    fields: frozenset[str] | None = None
    """The names of the fields of an object."""


@frozen
class Reading:
    """A spec on its way to entries."""

    spec: Spec
    nodes: Mapping[str, Node]
    items: frozenset[str]
    """Schemas of the items of a list, which have the place of the list."""
    held: frozenset[str]
    """Schemas of what a JSON text holds, which may have the place of the text."""
    reached: frozenset[tuple[str, str]]
    """Node and place of every field that is sent or answered."""


def spec_entries(spec: Spec, number: str) -> list[Entry]:
    """Every entry of a spec for the document of this number."""
    reading = _reading(spec, number)
    return [
        entry
        for pointer, node in reading.nodes.items()
        for source in sources(node)
        if source.startswith(f"{number}: ")
        for entry in _entries(reading, pointer, number, source.removeprefix(f"{number}: "))
    ]


def _reading(spec: Spec, number: str) -> Reading:
    nodes = dict(walk(spec))
    held = [node["contentSchema"] for node in nodes.values() if "contentSchema" in node]
    items = [node["items"] for node in nodes.values() if isinstance(node.get("items"), dict)]
    return Reading(spec, nodes, _targets(items), _targets(held), frozenset(reached(nodes, number)))


def _targets(schemas: list[Node]) -> frozenset[str]:
    return frozenset(schema.get("$ref", "#")[1:] for schema in schemas)


def _entries(reading: Reading, pointer: str, number: str, place: str) -> Iterator[Entry]:
    node = reading.nodes[pointer]
    if "/callbacks/" in pointer and "responses" in node:
        facts = _of_callback(pointer) if place == "callback" else {}
        yield Entry(place=place, pointer=pointer, facts=facts, whole=place == "callback")
    elif "responses" in node:
        yield from _of_operation(reading.spec, pointer, number, place)
    elif answer := ANSWER.search(pointer):
        yield Entry(place=place, pointer=pointer, facts=_of_answer(answer[1], node, place), whole=place in ROOTS)
    elif pointer.startswith("/components/securitySchemes/"):
        facts = _of_header(node) if place.startswith("headers.") else _of_scheme(node)
        yield Entry(place=place, pointer=pointer, facts=facts, whole=True)
    elif place == "models":
        for model in told(reading.spec, node).get("enum", []):
            yield Entry(place=f"models.{model}", pointer=pointer, facts={}, whole=True)
    else:
        yield _of_schema(reading, pointer, place)


def _of_operation(spec: Spec, pointer: str, number: str, place: str) -> Iterator[Entry]:
    _, _, path, method = map(unescaped, pointer.split("/"))
    node = spec["paths"][path][method]
    if place == "polling":
        yield Entry(place=place, pointer=pointer, facts={"seconds": node.get("x-poll-seconds")}, whole=True)
    if not place.endswith("request"):
        return
    exchange = {"method": method.upper(), "path": path, **_of_host(spec), **_of_body(spec, node)}
    yield Entry(place=place, pointer=pointer, facts=exchange, whole=True)
    yield Entry(place="auth", pointer=f"{pointer}/security", facts=_of_security(spec, node), whole=True)
    if statuses := _statuses(spec, node, number):
        yield Entry(place="codes", pointer=f"{pointer}/responses", facts=_of_statuses(statuses), whole=True)
    for header in node.get("x-doc-headers", ()):
        facts = {key: value for key, value in header.items() if key != "name"}
        yield Entry(place=f"headers.{header.get('name')}", pointer=pointer, facts=facts, whole=True)


def _of_host(spec: Spec) -> FactValues:
    """The host, if the spec knows it: one that the client must name is none."""
    hosts = [server["url"] for server in spec.get("servers", ()) if "{" not in server["url"]]
    return {"host": hosts[0]} if len(hosts) == 1 else {"host": hosts} if hosts else {}


def _of_body(spec: Spec, node: Node) -> FactValues:
    if "requestBody" not in node:
        return {}
    body = node["requestBody"]
    content = body.get("content", {})
    schemas = [told(spec, media.get("schema", {})) for media in content.values()]
    return {
        "content_type": next(iter(content)) if len(content) == 1 else sorted(content),
        "body_required": body.get("required", False),
        **({"open": True} if any(schema.get("open") for schema in schemas) else {}),
    }


def _of_security(spec: Spec, node: Node) -> FactValues:
    """The one scheme that an operation asks for."""
    alternatives = [sorted(alternative) for alternative in node.get("security", ())]
    schemes = spec["components"].get("securitySchemes", {})
    one = alternatives[0][0] if [len(names) for names in alternatives] == [1] else None
    return _of_scheme(schemes[one]) if one in schemes else {"scheme": alternatives}


def _of_scheme(node: Node) -> FactValues:
    if node.get("type") == "http":
        return {"scheme": node.get("scheme"), "header": "Authorization"}
    return {"scheme": node.get("type"), node.get("in", "header"): node.get("name")}


def _of_header(node: Node) -> FactValues:
    """The header that a scheme stands for."""
    return {"type": "string", "required": True} if _of_scheme(node).get("header") else {}


def _of_answer(status: str, node: Node, place: str) -> FactValues:
    """Status and content type; of the answers that stand for codes the operation tells."""
    if place not in ROOTS or not status.isdigit():
        return {}
    types = sorted(node.get("content", {}))
    return {"status": int(status), "content_type": types[0] if len(types) == 1 else types}


def _of_statuses(statuses: list[int]) -> FactValues:
    success = [status for status in statuses if status < 300]
    return {"enum": statuses, **({"success": success[0]} if len(success) == 1 else {})}


def _of_callback(pointer: str) -> FactValues:
    """Method and field, from the pointer that ends in ``{$request.body#/field}`` and the method."""
    *_, address, method = pointer.split("/")
    return {
        "field": address.replace("~1", "/").removeprefix("{$request.body#/").removesuffix("}"),
        "method": method.upper(),
    }


def _statuses(spec: Spec, node: Node, number: str) -> list[int]:
    """The HTTP statuses that stand for the codes of a document."""
    answers = ((status, resolved(spec, answer)) for status, answer in node["responses"].items())
    return sorted(
        int(status) for status, answer in answers if f"{number}: codes" in sources(answer) and status.isdigit()
    )


def _of_schema(reading: Reading, pointer: str, place: str) -> Entry:
    node = reading.nodes[pointer]
    if place == "codes":
        return Entry(place=place, pointer=pointer, facts=_of_codes(reading, pointer), whole=False)
    if any(pointer.startswith(f"{held}/") and place in _places(reading.nodes[held]) for held in reading.held):
        return Entry(place=place, pointer=pointer, facts={}, whole=False)  # told to be JSON, and no more
    presence = _presence(reading, pointer)
    schema = node["schema"] if "in" in presence else node
    facts = told(reading.spec, schema) | _listed(node) | _closed(resolved(reading.spec, node), place)
    if not presence and "nullable" in facts:
        facts["null"] = facts.pop("nullable")  # of a component: it is for the fields that refer to it to say
    if place in ROOTS or pointer in reading.items or pointer in reading.held:
        facts = _of_object(facts)
    return Entry(
        place=place,
        pointer=pointer,
        facts=facts | presence,
        whole=bool(presence),
        reached=(pointer, place) in reading.reached,
        called=_name(reading, pointer) if presence else None,
        fields=fields(reading.spec, schema),
    )


def _of_codes(reading: Reading, pointer: str) -> FactValues:
    """What is said of codes; by an error as a whole, that it is an object."""
    node = reading.nodes[pointer]
    facts = told(reading.spec, node)
    if "properties" in node:
        return {name: value for name, value in _of_object(facts).items() if name != "open"} | _closed(node, "response")
    return {name: facts[name] for name in CODES if name in facts} | _presence(reading, pointer)


def _of_object(facts: FactValues) -> FactValues:
    """The facts of what must be an object, where that goes without saying."""
    kind = {} if facts.get("type") == "object" else {"object": facts.get("type", "any")}
    return {name: value for name, value in facts.items() if name != "type"} | kind


def _closed(node: Node, place: str) -> FactValues:
    """An answer that may hold nothing else; requests are closed by the types that make them."""
    closed = node.get("additionalProperties") is False
    return {"closed": True} if closed and split(place)[1].startswith(("response", "callback")) else {}


def _presence(reading: Reading, pointer: str) -> FactValues:
    """Whether a property or a parameter must be there; any other schema leaves that open."""
    node = reading.nodes[pointer]
    if "in" in node and "schema" in node:
        return {"in": node["in"], "required": node.get("required", False)}
    holder, _, name = pointer.rpartition("/properties/")
    if not holder or "/" in name:
        return {}
    return {"required": _name(reading, pointer) in reading.nodes[holder].get("required", ())}


def _name(reading: Reading, pointer: str) -> str:
    """What a property or a parameter is called."""
    node = reading.nodes[pointer]
    return str(node["name"]) if "in" in node and "schema" in node else unescaped(pointer.rpartition("/")[2])


def _listed(node: Node) -> FactValues:
    """What a document lists as required, kept where the spec does not follow."""
    return {LISTED: sorted(node[LISTED])} if LISTED in node else {}


def _places(node: Node) -> list[str]:
    return [source.partition(": ")[2] for source in sources(node)]
