"""An OpenAPI description in a Markdown page -> facts. It must be YAML, and need not be valid OpenAPI."""

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from operator import itemgetter
from typing import Any

from attrs import frozen
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from scripts.documents.facts import Facts, Unreadable, listed, mapping
from scripts.documents.fields.json_schema import read_schema
from scripts.documents.fields.lenient_json import loads
from scripts.documents.fields.samples import Sample, read_samples
from scripts.documents.fields.schema_parts import resolved
from scripts.documents.markdown import tables
from scripts.documents.markdown.blocks import Fence, Table, blocks, half_width, texts
from scripts.documents.markdown.outline import Content, Group, Passage, outline
from scripts.documents.operations.authentication import keys
from scripts.documents.operations.bodies import read_request_body, read_response_body
from scripts.documents.operations.calls import METHODS
from scripts.documents.operations.codes import gather_codes
from scripts.documents.operations.leftovers import lines_beside, samples_in, skip_leftovers
from scripts.documents.operations.models import mention_models
from scripts.documents.operations.roles import QUERY_PARAMETERS

_SIGN = re.compile(r"^\s*[\"'{]*\s*[\"']?(?:openapi|swagger|paths)[\"']?\s*:", re.MULTILINE)
_QUERY = re.compile(r"record|info|status|query|detail|fetch|result", re.IGNORECASE)

Node = Mapping[str, Any]


@frozen
class _Operation:
    """One method of one path, with the description that it is part of."""

    path: str
    method: str
    node: Node
    root: Node

    @property
    def prefix(self) -> str:
        """The prefix of its places: empty for creating a task, ``query.`` for querying one."""
        bodiless = "requestBody" not in self.node and ("{" in self.path or _QUERY.search(self.path))
        return "query." if self.method == "GET" or bodiless else ""

    @property
    def body(self) -> dict[str, Any]:
        """Its request body."""
        return resolved(self.node.get("requestBody") or {}, self.root)

    @property
    def response(self) -> dict[str, Any]:
        """The response to a successful request."""
        responses: dict[str, Any] = self.node.get("responses") or {}
        good = [one for code, one in responses.items() if str(code).startswith("2")]
        return resolved(good[0] or {}, self.root) if good else {}

    @property
    def addresses(self) -> list[tuple[str | None, str]]:
        """Its hosts and paths, one for each server."""
        servers = self.node.get("servers") or self.root.get("servers") or ()
        found = (re.fullmatch(r"(https?://[^/]+)?(/.*?)?/?", str(server.get("url", ""))) for server in servers)
        return [(match[1], f"{match[2] or ''}{self.path}") for match in found if match] or [(None, self.path)]


def openapi_block(text: str) -> Fence | None:
    """The block of a page that is an OpenAPI description, if it has one."""
    fences = (block for block in blocks(text) if isinstance(block, Fence))
    bare = Fence(text) if _SIGN.match(text) else None
    return next((fence for fence in fences if _SIGN.search(fence.content)), bare)


def read_openapi(fence: Fence, page: str = "") -> Facts:
    """The facts of an OpenAPI description, and of the samples beside it on its page."""
    facts, root = Facts(), _loaded(fence)
    found = list(_operations(root))
    if not found:
        raise Unreadable("OpenAPI", "it has no operation")
    operations = _main(found)
    for operation in found:
        if operation not in operations:
            facts.skip("operation", f"{operation.method} {operation.path} neither creates nor queries a task")
    for operation in operations:
        _skip_missing(facts, operation)
        _read_operation(facts, operation)
        _skip_other_responses(facts, operation)
    beside = [*_skip_beside(facts, fence, page)]
    for name, item in _callbacks(operations, root):
        _read_callback(facts, name, item, root)
    _read_security(facts, root)
    gather_codes(facts)
    samples = [sample for operation in operations for sample in _samples(operation)]
    about = [text for operation in operations for text in _prose(operation)]
    prose = [page.replace(fence.content, ""), *about]
    read_samples(facts, [*samples, *(sample for text in prose for sample in _fenced(text, operations))])
    mention_models(facts, (text for one in prose for text in texts(blocks(one))))
    lines = (line for found in (beside, *(outline(blocks(text)) for text in about)) for line in lines_beside(found))
    skip_leftovers(facts, lines, (one for text in prose for one in samples_in(blocks(text))))
    return facts


def _loaded(fence: Fence) -> Node:
    if not fence.closed:
        raise Unreadable("OpenAPI", "its block has no end: the page is cut off")
    parser: Any = YAML(typ="safe", pure=True)
    try:
        root = mapping(parser.load(fence.content))
    except YAMLError as wrong:
        raise Unreadable("OpenAPI", f"it is no YAML: {getattr(wrong, 'problem', wrong)}") from wrong
    if re.search(r":\s*[|>]?-?\s*\Z", fence.content) and not re.search(r"[}\]\"']\s*\Z", fence.content):
        raise Unreadable("OpenAPI", "nothing stands after its last key: the block is cut off")
    if "swagger" in root:
        raise Unreadable("OpenAPI", "it is Swagger 2, which has its fields elsewhere")
    if not mapping(root.get("paths")):
        raise Unreadable("OpenAPI", "it has no paths")
    return root


def _operations(root: Node) -> Iterator[_Operation]:
    for path, item in root["paths"].items():
        for method, node in mapping(item).items():
            if str(method).upper() in METHODS and isinstance(node, dict):
                parameters = [*listed(item.get("parameters")), *listed(mapping(node).get("parameters"))]
                yield _Operation(str(path), str(method).upper(), {**mapping(node), "parameters": parameters}, root)


def _main(operations: list[_Operation]) -> list[_Operation]:
    """The operations that create and query a task: of several the one with a body, or with the id of a task."""
    kinds = [[one for one in operations if one.prefix == prefix] for prefix in ("", "query.")]
    found = [min(kind, key=_is_main) for kind in kinds if kind]
    return [operation for operation in operations if operation in found]


def _is_main(operation: _Operation) -> tuple[bool, bool]:
    """How an operation ranks among those of its kind; the least is the first choice."""
    if not operation.prefix:
        return operation.method != "POST", "requestBody" not in operation.node
    names = {str(resolved(one, operation.root).get("name")) for one in operation.node["parameters"]}
    return operation.method != "GET", "{" not in operation.path and not names & QUERY_PARAMETERS


def _callbacks(operations: list[_Operation], root: Node) -> Iterator[tuple[str, Node]]:
    """The requests that the service makes: the expression of their address, or a name, and their methods."""
    for operation in operations:
        for callback in mapping(operation.node.get("callbacks")).values():
            yield from ((str(name), mapping(item)) for name, item in resolved(callback, root).items())
    yield from ((str(name), mapping(item)) for name, item in mapping(root.get("webhooks")).items())


def _read_callback(facts: Facts, name: str, item: Node, root: Node) -> None:
    if field := re.search(r"body#?/(?:\w+/)*(\w+)", name):
        facts.add("callback", "field", field[1])
    for method, node in item.items():
        if str(method).upper() in METHODS:
            facts.add("callback", "method", str(method).upper())
            for _, schema in _schemas(resolved(mapping(node).get("requestBody"), root)):
                read_response_body(facts, "callback.body", schema, root)


def _read_operation(facts: Facts, operation: _Operation) -> None:
    node, request, response = operation.node, f"{operation.prefix}request", f"{operation.prefix}response"
    facts.add(request, "method", operation.method)
    for host, path in operation.addresses:
        facts.add(request, "path", path)
        if host:
            facts.add(request, "host", host)
    if node.get("deprecated") is True:
        facts.add(request, "deprecated", value=True)
    if not node.get("security", operation.root.get("security", True)):
        facts.add("auth", "required", value=False)
    for parameter in node["parameters"]:
        _read_parameter(facts, operation, resolved(parameter, operation.root))
    if isinstance(operation.body.get("required"), bool):
        facts.add(request, "body_required", operation.body["required"])
    for media, schema in _schemas(operation.body):
        facts.add(request, "content_type", media)
        read_request_body(facts, request, schema, operation.root)
    codes = sorted(int(str(code)) for code in mapping(node.get("responses")) if str(code).isdigit())
    facts.add(response, "status", codes[0] if len(codes) == 1 else codes)
    for media, schema in _schemas(operation.response):
        facts.add(response, "content_type", media)
        read_response_body(facts, response, schema, operation.root)


def _skip_missing(facts: Facts, operation: _Operation) -> None:
    """Note what every operation has, and is gone where the block is cut off."""
    if not any(host for host, _ in operation.addresses):
        facts.skip(f"{operation.prefix}request", "no server is stated: is the block cut off?")
    if "requestBody" in operation.node and not any(schema for _, schema in _schemas(operation.body)):
        facts.skip(f"{operation.prefix}request", "its body has no schema: is the block cut off?")
    if "requestBody" in operation.node and "responses" not in operation.node:
        facts.skip(f"{operation.prefix}response", "no response is described: is the block cut off?")


def _skip_other_responses(facts: Facts, operation: _Operation) -> None:
    """Note what the response to a failed request alone has, and that no success is described."""
    where, names = f"{operation.prefix}response", _fields(operation, operation.response)
    responses: dict[str, Any] = operation.node.get("responses") or {}
    if responses and not any(re.fullmatch(r"2\d\d", str(code)) for code in responses):
        facts.skip(where, "no status of a successful request is stated")
    for code, response in responses.items():
        own = _fields(operation, resolved(response or {}, operation.root)) - names
        if own and not str(code).startswith("2"):
            facts.skip(where, f"fields of the response {code} alone are not read: {', '.join(sorted(own))}")


def _fields(operation: _Operation, holder: Node) -> set[str]:
    """The fields of a body at its top."""
    found = (resolved(schema, operation.root) for _, schema in _schemas(holder))
    return {str(name) for schema in found for name in mapping(schema.get("properties"))}


def _skip_beside(facts: Facts, fence: Fence, page: str) -> Iterator[Passage]:
    """Note what a page describes beside its OpenAPI block; yield the other passages."""
    found = blocks(page)
    if any(isinstance(one, Fence) and one != fence and _SIGN.search(one.content) for one in found):
        facts.skip("OpenAPI", "the page has another block, which is not read")
    for passage in outline(found):
        titles = [*_described(passage.content)]
        for title in titles:
            facts.skip("page", f"what stands beside the OpenAPI block is not read: {title}")
        if not titles and not (isinstance(passage.content, Fence) and _SIGN.search(passage.content.content)):
            yield passage


def _described(content: Content) -> Iterator[str]:
    """The titles of a table of fields, codes or models, or the names of fields in a list."""
    if isinstance(content, Group):
        yield ", ".join((*(one.name for one in content.fields), *content.odd))
    elif isinstance(content, Table) and any(read(content) for read in (tables.fields, tables.codes, tables.models)):
        yield " | ".join(cell.plain for cell in content.header)


def _schemas(holder: Node) -> Iterator[tuple[str, Node]]:
    found: dict[str, Any] = holder.get("content") or {}
    for media, content in found.items():
        yield str(media).lower(), content.get("schema") or {}


def _read_parameter(facts: Facts, operation: _Operation, parameter: Node) -> None:
    name, location = str(parameter.get("name")), str(parameter.get("in"))
    base = f"{operation.prefix}{'headers' if location == 'header' else 'request'}"
    beside = {key: parameter[key] for key in ("description", "example") if key in parameter}
    schema = beside | resolved(parameter.get("schema") or {}, operation.root)
    required = [name] if parameter.get("required") is True else []
    read_schema(facts, base, {"properties": {name: schema}, "required": required}, operation.root)
    if location != "header":
        facts.add(f"{base}.{name}", "in", location)


def _samples(operation: _Operation) -> Iterator[Sample]:
    for side, holder in (("request", operation.body), ("response", operation.response)):
        for content in mapping(holder.get("content")).values():
            schema = resolved(mapping(content.get("schema")), operation.root)
            for value in chain(_examples(content), _examples(schema)):
                data, valid = loads(value) if isinstance(value, str) else (value, True)
                yield Sample(f"{operation.prefix}{side}", data, valid)


def _prose(operation: _Operation) -> Iterator[str]:
    """The texts about an operation, and about the API as a whole."""
    for node in (operation.node, mapping(operation.root.get("info"))):
        yield from (node[name] for name in ("summary", "title", "description") if isinstance(node.get(name), str))


def _examples(holder: Node) -> Iterator[Any]:
    """The examples of a media type or a schema, named or in a list."""
    if "example" in holder:
        yield holder["example"]
    yield from listed(holder.get("examples"))
    for named in mapping(holder.get("examples")).values():
        yield mapping(named).get("value", named)


def _fenced(text: str, operations: list[_Operation]) -> Iterator[Sample]:
    """The samples in a text's code blocks, each of the request or response with which it shares most fields."""
    for fence in blocks(text):
        if not isinstance(fence, Fence) or not re.match(r"\s*\{", fence.content):
            continue
        data, valid = loads(fence.content)
        sides = [
            (
                len(set(mapping(data)) & set(mapping(resolved(schema, operation.root).get("properties")))),
                operation,
                side,
            )
            for operation in operations
            for side, holder in (("request", operation.body), ("response", operation.response))
            for _, schema in _schemas(holder)
        ]
        shared, operation, side = max(sides, key=itemgetter(0), default=(0, operations[0], ""))
        if shared:
            yield Sample(f"{operation.prefix}{side}", data, valid)


def _read_security(facts: Facts, root: Node) -> None:
    components: dict[str, Any] = root.get("components") or {}
    schemes: dict[str, Any] = components.get("securitySchemes") or {}
    for scheme in schemes.values():
        kind, named = str(scheme.get("type", "")), str(scheme.get("scheme", ""))
        by_key = kind == "apiKey"
        facts.add("auth", "scheme", "apikey" if by_key else (named or kind).lower())
        facts.add("auth", "header", scheme.get("name") if by_key else "Authorization")
        for name, value in keys(" ".join(half_width(str(scheme.get("description", ""))).split())):
            facts.add("auth", name, value)
