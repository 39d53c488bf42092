"""An OpenAPI description in a Markdown page -> facts. It is read as YAML; it need not be valid."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from scripts.documents._blocks import Fence, blocks, narrow
from scripts.documents._callbacks import callback_name, tell_method
from scripts.documents._codes import gather_codes, tell_codes_in
from scripts.documents._document import Facts, Unreadable
from scripts.documents._keys import keys
from scripts.documents._models import tell_model_in
from scripts.documents._operations import METHODS
from scripts.documents._page import MODEL
from scripts.documents._lenient import loads
from scripts.documents._samples import Sample, tell_all
from scripts.documents._schema import resolved, tell_schema

_SIGN = re.compile(r"^\s*[\"'{]*\s*[\"']?(?:openapi|swagger|paths)[\"']?\s*:", re.MULTILINE)
_QUERY = re.compile(r"record|info|status|query|detail|fetch|result", re.IGNORECASE)


def openapi_block(text: str) -> Fence | None:
    """The block of a page that is an OpenAPI description, if it has one."""
    fences = [block for block in blocks(text) if isinstance(block, Fence)]
    found = next((fence for fence in fences if _SIGN.search(fence.content)), None)
    if found is None and _SIGN.match(text):
        return Fence(text)
    return found


def read_openapi(fence: Fence) -> Facts:
    """The facts of an OpenAPI description."""
    if not fence.closed:
        raise Unreadable("OpenAPI", "its block has no end: the page is cut off")
    try:
        root = YAML(typ="safe", pure=True).load(fence.content)
    except YAMLError as wrong:
        raise Unreadable("OpenAPI", f"it is no YAML: {getattr(wrong, 'problem', wrong)}") from wrong
    if not isinstance(root, Mapping) or not isinstance(root.get("paths"), Mapping) or not root["paths"]:
        raise Unreadable("OpenAPI", "it has no paths")
    facts = Facts()
    samples = [sample for path, method, node in _operations(root) for sample in _tell_operation(facts, path, method, node, root)]
    if "method" not in {name for told in facts.values.values() for name in told}:
        raise Unreadable("OpenAPI", "it has no operation")
    _tell_security(facts, root)
    gather_codes(facts)
    tell_all(facts, samples)
    return facts


def _operations(root: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, item in root["paths"].items():
        for method, node in item.items() if isinstance(item, Mapping) else ():
            if str(method).upper() in METHODS and isinstance(node, Mapping):
                yield str(path), str(method).upper(), {**node, "parameters": [*(item.get("parameters") or ()), *(node.get("parameters") or ())]}


def _tell_operation(facts: Facts, path: str, method: str, node: Mapping[str, Any], root: Mapping[str, Any]) -> Iterator[Sample]:
    prefix = "query." if method == "GET" or ("{" in path and "requestBody" not in node) else ""
    if prefix == "" and "requestBody" not in node and _QUERY.search(path):
        prefix = "query."
    facts.tell(f"{prefix}request", "method", method)
    for host, base in _servers(root, node):
        facts.tell(f"{prefix}request", "path", f"{base}{path}")
        facts.tell(f"{prefix}request", "host", host) if host else None
    if node.get("deprecated") is True:
        facts.tell(f"{prefix}request", "deprecated", value=True)
    if not node.get("security", root.get("security", True)):
        facts.tell("auth", "required", value=False)
    for parameter in node["parameters"]:
        _tell_parameter(facts, prefix, resolved(parameter, root), root)
    body = resolved(node.get("requestBody") or {}, root)
    if isinstance(body.get("required"), bool):
        facts.tell(f"{prefix}request", "body_required", body["required"])
    yield from _tell_content(facts, f"{prefix}request", body, root)
    responses = node.get("responses") or {}
    facts.tell(f"{prefix}response", "status", _plain(sorted(int(str(code)) for code in responses if str(code).isdigit())))
    good = next((answer for code, answer in responses.items() if str(code).startswith("2")), None)
    if isinstance(good, Mapping):
        yield from _tell_content(facts, f"{prefix}response", resolved(good, root), root)


def _plain(codes: list[int]) -> Any:
    return codes[0] if len(codes) == 1 else codes


def _servers(root: Mapping[str, Any], node: Mapping[str, Any]) -> list[tuple[str | None, str]]:
    found = []
    for server in node.get("servers") or root.get("servers") or ():
        match = re.fullmatch(r"(https?://[^/]+)?(/.*?)?/?", str(server.get("url", "")))
        if match:
            found.append((match[1], match[2] or ""))
    return found or [(None, "")]


def _tell_parameter(facts: Facts, prefix: str, parameter: Mapping[str, Any], root: Mapping[str, Any]) -> None:
    name, location = str(parameter.get("name")), str(parameter.get("in"))
    base = f"{prefix}headers" if location == "header" else f"{prefix}request"
    schema = {**resolved(parameter.get("schema") or {}, root)}
    for key in ("description", "example", "examples"):
        if key in parameter:
            schema.setdefault(key, parameter[key] if key != "examples" else [])
    tell_schema(facts, base, {"properties": {name: schema}, "required": [name] if parameter.get("required") is True else []}, root)
    if location != "header":
        facts.tell(f"{base}.{name}", "in", location)


def _tell_content(facts: Facts, where: str, holder: Mapping[str, Any], root: Mapping[str, Any]) -> Iterator[Sample]:
    content = holder.get("content") or {}
    for media, node in content.items():
        facts.tell(where, "content_type", str(media).lower())
        tell_schema(facts, where, node.get("schema") or {}, root)
        properties = resolved(node.get("schema") or {}, root).get("properties", {})
        if where == "request" and (name := callback_name(map(str, properties))):
            tell_method(facts, name, _described(properties[name], root).splitlines())
        if where.endswith("response") and isinstance(properties.get("code"), Mapping):
            tell_codes_in(facts, _described(properties["code"], root))
        if where == "request" and (name := next((str(name) for name in properties if MODEL.fullmatch(str(name))), None)):
            tell_model_in(facts, f"request.{name}", _described(properties[name], root))
        examples = [node["example"]] if "example" in node else []
        examples += [one.get("value") for one in (node.get("examples") or {}).values() if isinstance(one, Mapping)]
        yield from (Sample(where, *loads(one)) if isinstance(one, str) else Sample(where, one) for one in examples)


def _described(schema: Mapping[str, Any], root: Mapping[str, Any]) -> str:
    return narrow(str(resolved(schema, root).get("description", "")))


def _tell_security(facts: Facts, root: Mapping[str, Any]) -> None:
    schemes = (root.get("components") or {}).get("securitySchemes") or {}
    for scheme in schemes.values():
        kind, named = str(scheme.get("type", "")), str(scheme.get("scheme", ""))
        if kind == "apiKey":
            facts.tell("auth", "scheme", "apikey")
            facts.tell("auth", "header", scheme.get("name"))
            continue
        facts.tell("auth", "scheme", (named or kind).lower())
        facts.tell("auth", "header", "Authorization")
        for name, value in keys(" ".join(narrow(str(scheme.get("description", ""))).split())):
            facts.tell("auth", name, value)


