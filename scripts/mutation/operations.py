"""Mutation operators for operations: addresses, codes, parameters, bodies, keys, links and callbacks."""

from collections.abc import Iterator
from typing import Any

from scripts.mutation.sites import OBSERVED, Edit, Operator, Site, after, renamed, spliced, without
from scripts.specs.baseline import escaped
from scripts.specs.spec import Node

FREE = ["201", "409", "418", "451", "502"]
"""Status codes that stand for undocumented ones."""
STRAY: Node = {"description": "Something else.", "x-source": OBSERVED}
OTHER_METHOD = {"post": "put", "get": "post"}
OTHER_PLACE = {"query": "header", "path": "query", "header": "query"}


def servers(site: Site) -> Iterator[Edit]:
    """Drop or add a server."""
    listed = site.node.get("servers", [])
    for index in range(len(listed)):
        yield Edit("drop server", f"/servers/{index}", {**site.node, "servers": spliced(listed, index)})
    stray = {"url": "https://api.example", "description": "Another host."}
    yield Edit("add server", "/servers", {**site.node, "servers": [*listed, stray]})


def paths(site: Site) -> Iterator[Edit]:
    """Drop a path, or drop, rename or add one of its segments."""
    for path in site.node["paths"]:
        part = f"/paths/{escaped(path)}"
        yield Edit("drop path", part, {**site.node, "paths": without(site.node["paths"], path)})
        for other in _near(path):
            yield Edit("change path", part, {**site.node, "paths": renamed(site.node["paths"], path, other)}, other)


def _near(path: str) -> Iterator[str]:
    parts = path.split("/")
    for index in range(1, len(parts)):
        yield "/".join(spliced(parts, index)) or "/"
        yield "/".join(spliced(parts, index, _misspelt(parts[index])))
    yield path + "/"


def _misspelt(segment: str) -> str:
    return segment.replace("}", "s}") if segment.endswith("}") else segment + "s"


def root_security(site: Site) -> Iterator[Edit]:
    """Require the key at the root, too: the code generator reads only what each operation requires."""
    yield Edit("add root security", "/security", {**site.node, "security": [_key(site)]})


def _key(site: Site) -> Node:
    return {next(iter(site.spec["components"]["securitySchemes"])): []}


def server(site: Site) -> Iterator[Edit]:
    """Change a host or its scheme, and the choice of hosts."""
    url = site.node["url"]
    for other in ("https://api.other.example", f"{url}/api", url.replace("https://", "http://")):
        yield Edit("change server", "/url", {**site.node, "url": other}, other)
    for name, variable in site.node.get("variables", {}).items():
        for edit in _variable(variable):
            variables = {**site.node["variables"], name: edit.node}
            yield Edit(
                edit.operator, f"/variables/{name}{edit.part}", {**site.node, "variables": variables}, edit.detail
            )


def _variable(node: Node) -> Iterator[Edit]:
    yield Edit("drop default host", "/default", without(node, "default"))
    yield Edit("change default host", "/default", {**node, "default": "https://other.example"}, "https://other.example")
    hosts = node.get("enum", [])
    for index, host in enumerate(hosts):
        yield Edit("drop host", f"/enum/{index}", {**node, "enum": spliced(hosts, index)}, host)
        if host != node["default"]:
            yield Edit("change default host", "/default", {**node, "default": host}, host)
    yield Edit("add host", "/enum", {**node, "enum": [*(hosts or [node["default"]]), "https://other.example"]})


def methods(site: Site) -> Iterator[Edit]:
    """Change a method, or add one."""
    for method, other in OTHER_METHOD.items():
        if method in site.node:
            yield Edit("change method", f"/{method}", renamed(site.node, method, other), other)
    stray = {"operationId": "deleteTask", "summary": "Delete.", "x-source": OBSERVED, "security": [_key(site)]}
    yield Edit("add method", "/delete", {**site.node, "delete": {**stray, "responses": {"200": STRAY}}})


def identity(site: Site) -> Iterator[Edit]:
    """Rename an operation."""
    other = site.node["operationId"] + "2"
    yield Edit("rename operation", "/operationId", {**site.node, "operationId": other}, other)


def security(site: Site) -> Iterator[Edit]:
    """Drop the key of an operation, require another one, make it optional, or require one where none is needed."""
    yield Edit("drop security", "/security", without(site.node, "security"))
    if site.node.get("security"):
        yield Edit("empty security", "/security", {**site.node, "security": []})
        yield Edit("swap security", "/security", {**site.node, "security": [{"otherKey": []}]})
        yield Edit("make security optional", "/security", {**site.node, "security": [*site.node["security"], {}]})
    else:
        yield Edit("add security", "/security", {**site.node, "security": [_key(site)]})


def parameters(site: Site) -> Iterator[Edit]:
    """Drop or add a parameter."""
    listed = site.node.get("parameters", [])
    for index, parameter in enumerate(listed):
        edited = {**site.node, "parameters": spliced(listed, index)}
        yield Edit("drop parameter", f"/parameters/{index}", edited, parameter["name"])
    stray = {"name": "extra", "in": "query", "schema": {"type": "string", "x-source": OBSERVED}, "x-source": OBSERVED}
    for required in (False, True):
        edited = {**site.node, "parameters": [*listed, {**stray, "required": required}]}
        yield Edit(f"add {'required' if required else 'optional'} parameter", "/parameters", edited)


def parameter(site: Site) -> Iterator[Edit]:
    """Rename or move a parameter, and toggle whether it is required."""
    name, place = site.node["name"], site.node["in"]
    yield Edit("rename parameter", "/name", {**site.node, "name": other_case(name)}, other_case(name))
    yield Edit("move parameter", "/in", {**site.node, "in": OTHER_PLACE[place]}, OTHER_PLACE[place])
    yield Edit("toggle required", "/required", {**site.node, "required": not site.node.get("required", False)})


def other_case(name: str) -> str:
    """Return the name in camel case if it is in snake case, and the reverse; else with a letter added."""
    camel = "".join(word.capitalize() if index else word for index, word in enumerate(name.split("_")))
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    return next((other for other in (camel, snake) if other != name), name + "s")


def bodies(site: Site) -> Iterator[Edit]:
    """Drop the body of a request, or add one."""
    if "requestBody" in site.node:
        yield Edit("drop request body", "/requestBody", without(site.node, "requestBody"))
        return
    content = {"application/json": {"schema": {"type": "object", "x-source": OBSERVED}}}
    yield Edit("add request body", "/requestBody", {**site.node, "requestBody": {"content": content}})


def body(site: Site) -> Iterator[Edit]:
    """Toggle whether a body is required; change its media type, or add one."""
    yield Edit("toggle required", "/required", {**site.node, "required": not site.node.get("required", False)})
    yield from _media_types(site, "multipart/form-data")


def _media_types(site: Site, other: str) -> Iterator[Edit]:
    content = site.node.get("content", {})
    for name, media in content.items():
        part = f"/content/{escaped(name)}"
        yield Edit("change media type", part, {**site.node, "content": renamed(content, name, other)}, other)
        yield Edit(
            "add media type", part, {**site.node, "content": {**content, other: {"schema": media["schema"]}}}, other
        )


def responses(site: Site) -> Iterator[Edit]:
    """Drop, renumber or add a response."""
    listed = site.node["responses"]
    free = next(code for code in FREE if code not in listed)
    for status in listed:
        edited = {**site.node, "responses": without(listed, status)}
        yield Edit("drop response", f"/responses/{status}", edited)
        edited = {**site.node, "responses": renamed(listed, status, free)}
        yield Edit("renumber response", f"/responses/{status}", edited, free)
    for status in (free, "default"):
        edited = {**site.node, "responses": {**listed, status: STRAY}}
        yield Edit("add response", "/responses", edited, status)


def response(site: Site) -> Iterator[Edit]:
    """Mistake one response for its neighbour; drop its content or change its media type; drop its links."""
    if "$ref" in site.node:
        prefix, _, name = site.node["$ref"].rpartition("/")
        other = after(site.spec["components"]["responses"], name)
        yield Edit("swap response", "/$ref", {**site.node, "$ref": f"{prefix}/{other}"}, other)
        return
    yield from _media_types(site, "text/plain")
    if "content" in site.node:
        yield Edit("drop content", "/content", without(site.node, "content"))
    else:
        content = {"application/json": {"schema": {"type": "object", "x-source": OBSERVED}}}
        yield Edit("add content", "/content", {**site.node, "content": content})
    for name in site.node.get("links", {}):
        edited = {**site.node, "links": without(site.node["links"], name)}
        yield Edit("drop link", f"/links/{name}", edited)


def media(site: Site) -> Iterator[Edit]:
    """Drop the schema of a body."""
    yield Edit("drop schema", "/schema", without(site.node, "schema"))


def link(site: Site) -> Iterator[Edit]:
    """Lead a link to another operation, or take its parameter from another field."""
    target = site.node["operationId"]
    for other in sorted(_operation_ids(site.spec) - {target}):
        yield Edit("redirect link", "/operationId", {**site.node, "operationId": other}, other)
    values = site.node["parameters"]
    for name, expression in values.items():
        part = f"/parameters/{name}"
        yield Edit("drop link parameter", part, {**site.node, "parameters": without(values, name)})
        edited = {**site.node, "parameters": renamed(values, name, other_case(name))}
        yield Edit("rename link parameter", part, edited, other_case(name))
        for other in _other_expressions(expression):
            yield Edit("change expression", part, {**site.node, "parameters": {**values, name: other}}, other)


def _operation_ids(spec: Node) -> set[str]:
    return {item[method]["operationId"] for item in spec["paths"].values() for method in item}


def _other_expressions(expression: str) -> Iterator[str]:
    start, pointer = expression.split("#/")
    parts = pointer.split("/")
    yield f"{start}#/{'/'.join([*parts[:-1], other_case(parts[-1])])}"
    yield f"{start}#/{'/'.join(parts[1:] or ['data', *parts])}"


def callbacks(site: Site) -> Iterator[Edit]:
    """Drop a callback, or take its address from another field."""
    named = site.node.get("callbacks", {})
    for name, callback in named.items():
        yield Edit("drop callback", f"/callbacks/{name}", {**site.node, "callbacks": without(named, name)})
        for expression in callback:
            field = expression.rpartition("/")[2].rstrip("}")
            for other in ("{$request.body#/%s}" % other_case(field), "{$request.query.%s}" % field):  # noqa: UP031 - braces
                edited = {**site.node, "callbacks": {**named, name: renamed(callback, expression, other)}}
                yield Edit("change expression", f"/callbacks/{name}/{escaped(expression)}", edited, other)


def schemes(site: Site) -> Iterator[Edit]:
    """Mistake the key for another kind of key."""
    kept: Node = {key: site.node[key] for key in ("description", "x-source") if key in site.node}
    others: dict[str, Any] = {
        "http basic": {"type": "http", "scheme": "basic"},
        "X-API-Key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        "query key": {"type": "apiKey", "in": "query", "name": "key"},
    }
    for name, other in others.items():
        yield Edit("change scheme", "", {**kept, **other}, name)


OPERATORS: dict[str, tuple[Operator, ...]] = {
    "document": (servers, paths, root_security),
    "server": (server,),
    "item": (methods,),
    "operation": (identity, security, parameters, bodies, responses, callbacks),
    "parameter": (parameter,),
    "body": (body,),
    "media": (media,),
    "response": (response,),
    "link": (link,),
    "scheme": (schemes,),
}
"""Kind of site (`document`: the root of the spec, `item`: a path, `scheme`: a security scheme) -> its operators."""
