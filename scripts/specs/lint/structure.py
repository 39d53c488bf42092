"""Rules on operations and components: references, security, parameters, responses, links and callbacks."""

import re
from collections import Counter
from collections.abc import Iterator

from scripts.specs.baseline import escaped, is_unchanged, unchanged_components
from scripts.specs.lint.index import JSON, Call, Finding, Index, Rule, at, followed
from scripts.specs.spec import METHODS, Node, Spec, names_things, walk

IGNORED = {"accept", "content-type", "authorization"}
"""Header parameters that OpenAPI ignores."""
KIND = re.compile(
    rf"(?:^/components|/(?:{'|'.join(METHODS)}))/(?P<kind>responses|parameters|requestBody|requestBodies)(?:/[^/]+)?$"
)
"""Where a reference must lead to something else than a schema."""
IDENTIFIER = re.compile(r"[a-z][A-Za-z0-9]*")
CLASS = re.compile(r"[A-Z][A-Za-z0-9]*")
STATUS = re.compile(r"[1-5](\d\d|XX)|default")
EXPRESSION = re.compile(r"\$(?P<whose>request|response)\.body#(?P<pointer>/.+)")


def references(spec: Spec) -> Iterator[Finding]:
    """Every reference leads, within the spec, to a component of the kind that is expected there."""
    unchanged = unchanged_components(spec)
    for where, node in walk(spec):
        if "$ref" in node and not names_things(where):
            if is_unchanged(where, node) and node["$ref"].removeprefix("#") in unchanged:
                continue
            expected = match["kind"].replace("Body", "Bodies") if (match := KIND.search(where)) else "schemas"
            if why := _wrong_target(spec, node["$ref"], f"#/components/{expected}/"):
                yield where, f"$ref {node['$ref']!r} leads {why}"


def _wrong_target(spec: Spec, ref: object, expected: str) -> str | None:
    """Describe where a reference leads, or return None if it leads to what is expected."""
    seen: list[object] = []
    while isinstance(ref, str) and ref.startswith("#/") and ref not in seen:
        seen.append(ref)
        try:
            target = at(spec, ref.removeprefix("#"))
        except (LookupError, TypeError, ValueError):
            return "to nothing"
        if not ref.startswith(expected):
            return f"to no {expected.strip('#/')}"
        if "$ref" not in target:
            return None
        ref = target["$ref"]
    return "back to itself" if ref in seen else "out of the spec"


def unused_component(index: Index) -> Iterator[Finding]:
    """Every component is used by an operation, or is a typed request."""
    for kind, components in index.spec.get("components", {}).items():
        for name in components if kind != "securitySchemes" else ():
            if f"/components/{kind}/{escaped(name)}" not in index.used:
                yield f"/components/{kind}/{escaped(name)}", "is used by nothing"


def class_names(index: Index) -> Iterator[Finding]:
    """The name of a schema can be the name of its generated class."""
    for name in index.spec.get("components", {}).get("schemas", {}):
        if not CLASS.fullmatch(name):
            yield f"/components/schemas/{escaped(name)}", f"{name!r} is no name of a class"


def no_root_security(index: Index) -> Iterator[Finding]:
    """No security at the root: the generator ignores it, and would make clients that send no key."""
    if "security" in index.spec:
        yield "", "has security at the root, where the generator ignores it"


def operation_security(index: Index) -> Iterator[Finding]:
    """Every operation states which key it needs; a callback states that it needs none."""
    schemes = index.spec.get("components", {}).get("securitySchemes", {})
    for call in index.calls:
        required = call.node.get("security")
        if required is None:
            yield call.where, "has no security"
        elif call.incoming and required:
            yield call.where, "has security, though nobody sends a key with a callback"
        elif not call.incoming and not (required and all(required)):
            yield call.where, "needs no key by its security"
        unknown = {name for option in required or () for name in option} - schemes.keys()
        yield from ((call.where, f"security names {name!r}, which is no security scheme") for name in sorted(unknown))


def unused_security_scheme(index: Index) -> Iterator[Finding]:
    """Every security scheme is used by an operation."""
    named = {name for call in index.calls for option in call.node.get("security", ()) for name in option}
    for name in index.spec.get("components", {}).get("securitySchemes", {}):
        if name not in named:
            yield f"/components/securitySchemes/{escaped(name)}", "is used by nothing"


def operation_ids(index: Index) -> Iterator[Finding]:
    """Every operation has a name of its own that can name a module."""
    counts = Counter(call.node.get("operationId") for call in index.calls)
    for call in index.calls:
        name = call.node.get("operationId")
        if not IDENTIFIER.fullmatch(name or ""):
            yield call.where, f"operationId {name!r} cannot name a module"
        elif counts[name] > 1:
            yield call.where, f"operationId {name!r} is not unique"


def operation_tags(index: Index) -> Iterator[Finding]:
    """Every operation has one tag, which names its folder, and the root lists it."""
    known = {tag["name"] for tag in index.spec.get("tags", [])}
    named = {tag for call in index.calls for tag in call.node.get("tags", ())}
    for call in index.calls:
        listed = call.node.get("tags", [])
        if len(listed) != 1:
            yield call.where, f"has {len(listed)} tags, not one"
        yield from ((call.where, f"tag {tag!r} is not among the root's tags") for tag in listed if tag not in known)
    yield from (("/tags", f"tag {tag!r} is on no operation") for tag in sorted(known - named))


def operation_parameters(index: Index) -> Iterator[Finding]:
    """Names in the path are required parameters, none is listed twice, and no header is one that OpenAPI ignores."""
    for call in index.calls:
        found = [(node.get("in"), node.get("name")) for node in call.parameters.values()]
        named: set[str] = set() if call.incoming else set(re.findall(r"\{([^}]+)\}", call.path))
        there = {name for place, name in found if place == "path"}
        yield from ((call.where, f"parameter {name!r} is in the path or in parameters alone") for name in named ^ there)
        yield from (
            (call.where, f"parameter {it[1]!r} is listed twice") for it, count in Counter(found).items() if count > 1
        )
        for where, node in call.parameters.items():
            if node.get("in") == "header" and str(node.get("name")).lower() in IGNORED:
                yield where, f"OpenAPI ignores a header parameter named {node['name']}"
            if node.get("in") == "path" and node.get("required") is not True:
                yield where, "is in the path, but not required"
            if "schema" not in node:
                yield where, "has no schema"


def response_statuses(index: Index) -> Iterator[Finding]:
    """Every response has a valid status and a schema, and one of them is a success."""
    for call in index.calls:
        if not any(where.rpartition("/")[2].startswith("2") for where in call.responses):
            yield call.where, "has no response for success"
        for where, node in call.responses.items():
            status = where.rpartition("/")[2]
            if not STATUS.fullmatch(status):
                yield where, f"{status!r} is no status"
            if not call.incoming and JSON not in followed(index.spec, where, node)[1].get("content", {}):
                yield where, "has no schema"


def request_bodies(index: Index) -> Iterator[Finding]:
    """Every body is required, and is JSON with a schema."""
    for call in index.calls:
        body = call.node.get("requestBody")
        if body and followed(index.spec, "", body)[1].get("required") is not True:
            yield f"{call.where}/requestBody", "is not required"
        for where, node in {**call.bodies[0], **call.bodies[1]}.items():
            if not where.endswith(f"/{escaped(JSON)}"):
                yield where, "is not application/json"
            if "schema" not in node:
                yield where, "has no schema"


def server_variables(index: Index) -> Iterator[Finding]:
    """There is a server; its variables are those of its address, each with a default among its choices."""
    if not index.spec.get("servers"):
        yield "", "names no server"
    for place, server in enumerate(index.spec.get("servers", [])):
        variables = server.get("variables", {})
        named = set(re.findall(r"\{([^}]+)\}", server["url"]))
        for name in sorted(named ^ variables.keys()):
            yield f"/servers/{place}", f"variable {name!r} is in the address or in variables alone"
        for name, node in variables.items():
            if node.get("default") not in node.get("enum", [node.get("default")]):
                yield f"/servers/{place}/variables/{name}", f"default {node.get('default')!r} is not in enum"


def link_targets(index: Index) -> Iterator[Finding]:
    """A link leads to an operation, gives all of its parameters, and takes them from fields of the response."""
    taking = {call.node.get("operationId"): {node["name"] for node in call.parameters.values()} for call in index.calls}
    for call in index.calls:
        for where, node in (followed(index.spec, *response) for response in call.responses.items()):
            for name, link in node.get("links", {}).items():
                here = f"{where}/links/{escaped(name)}"
                if link.get("operationId") not in taking:
                    yield here, f"leads to no operation {link.get('operationId')!r}"
                elif link.get("parameters", {}).keys() != taking[link["operationId"]]:
                    yield here, f"does not give the parameters of {link['operationId']}"
                for value in link.get("parameters", {}).values():
                    yield from _unresolved_expression(index, call, f"{where}/content", here, value)


def missing_links(index: Index) -> Iterator[Finding]:
    """The response of a creation links to the query of the new task: stateful tests follow the link."""
    for call in index.calls:
        made = call.node.get("responses", {}).get("200", {})
        if call.where.endswith("/post") and not call.incoming and not made.get("links"):
            yield f"{call.where}/responses/200", "has no link to the operation that queries what was created"


def callback_addresses(index: Index) -> Iterator[Finding]:
    """A callback goes to an address that a field of the request names."""
    for call in index.calls:
        for name, callback in call.node.get("callbacks", {}).items():
            for expression in callback:
                here = f"{call.where}/callbacks/{escaped(name)}"
                yield from _unresolved_expression(
                    index, call, f"{call.where}/requestBody", here, expression.strip("{}")
                )


def _unresolved_expression(index: Index, call: Call, start: str, here: str, expression: str) -> Iterator[Finding]:
    """Yield a finding if a runtime expression leads to no field of the bodies below a place."""
    match = EXPRESSION.fullmatch(expression)
    request, response = call.bodies
    media = (request if match and match["whose"] == "request" else response).items()
    schemas = [node["schema"] for where, node in media if where.startswith(start) and "schema" in node]
    names = match["pointer"].split("/")[1:] if match else []
    if not any(_has_field(index.spec, schema, names) for schema in schemas):
        yield here, f"{expression!r} leads to no field"


def _has_field(spec: Spec, schema: Node, names: list[str]) -> bool:
    """Whether a schema, or one of its forms, has a field at this path."""
    _, node = followed(spec, "", schema)
    forms = [form for key in ("anyOf", "oneOf", "allOf") for form in node.get(key, ())]
    if any(_has_field(spec, form, names) for form in forms):
        return True
    fields = node.get("properties", {})
    return bool(names) and names[0] in fields and (len(names) == 1 or _has_field(spec, fields[names[0]], names[1:]))


RULES: tuple[Rule, ...] = (
    unused_component,
    class_names,
    no_root_security,
    operation_security,
    unused_security_scheme,
    operation_ids,
    operation_tags,
    operation_parameters,
    response_statuses,
    request_bodies,
    server_variables,
    link_targets,
    missing_links,
    callback_addresses,
)
