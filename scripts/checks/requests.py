"""Compare the client's requests with a spec: all that it sends is declared, and nothing that the documents refuse."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from itertools import chain
from pkgutil import walk_packages
from typing import Any
from urllib.parse import parse_qsl, unquote

from scripts.checks.boundaries import ordinary
from scripts.checks.client_requests import (
    CALLBACKS,
    ClientRequest,
    Verdict,
    class_problems,
    leaves,
    paid,
    queries,
    rejected,
    request_classes,
    typed_verdicts,
)
from scripts.checks.endpoints import ENDPOINTS
from scripts.checks.generated_classes import short
from scripts.checks.oracle import defaults, documented
from scripts.checks.routes import keys, routes
from scripts.specs.paths import at, fields, listed
from scripts.specs.spec import Node, Operation, Spec, operations, resolved, validator

NO_STRINGS: tuple[Any, ...] = (None, 5, 5.5, True, [], {})


def problems(api: str, spec: Spec) -> list[str]:
    """Return where the client and a spec disagree about what is sent."""
    found: Iterable[str] = class_problems(api)
    if not found:  # else little of what should be sent can be
        found = chain.from_iterable(_request(sent, spec) for sent in _each_address(api))
        found = chain(found, _servers(api, spec), _operation_ids(api, spec), _typed(api, spec))
        pays = _match(paid(api)[0], spec)
        checks = (_bodies, _fields, _defaults, _callbacks) if pays else ()  # else it is reported already
        found = chain(found, *(check(api, pays[0], spec) for check in checks if pays))
    return [f"{api}: {problem}" for problem in dict.fromkeys(found)]


def compared(api: str) -> int:
    """Count the requests and the values that are compared."""
    typed = sum(len(typed_verdicts(api, it.documented.document)) for it in request_classes(api))
    return len(paid(api)) + len(queries(api)) + len(rejected(api)) + typed


def _each_address(api: str) -> Iterable[ClientRequest]:
    """Return all queries, and one paid request for each address: others differ by their bodies alone."""
    return {sent.url: sent for sent in (*paid(api), *queries(api))}.values()


# Addresses, keys, parameters


def _host(server: Node) -> re.Pattern[str]:
    """Return the pattern of a server's URL; a variable without choices may be anything."""
    variables = server.get("variables", {})

    def values(name: re.Match[str]) -> str:
        listed = variables[name[1]].get("enum")
        return f"(?:{'|'.join(map(re.escape, listed))})" if listed else "https?://.+"

    return re.compile(re.sub(r"\\{(\w+)\\}", values, re.escape(server["url"])))


def _request(sent: ClientRequest, spec: Spec) -> Iterator[str]:
    """Yield where a request disagrees with the spec, except in its body."""
    if not any(_host(server).fullmatch(sent.host) for server in spec.get("servers", ())):
        yield f"the client sends to {sent.host}, which is no server"
    matched = _match(sent, spec)
    if matched is None:
        yield f"{sent.method} {sent.path} is sent, and no operation has this address"
        return
    operation, in_path = matched
    yield from _key(sent, operation, spec)
    yield from _media_types(sent, operation, spec)
    yield from _parameters(in_path, dict(parse_qsl(sent.query)), operation, spec)


def _servers(api: str, spec: Spec) -> Iterator[str]:
    """The hosts that a spec names are those of the API, the default one first."""
    named: list[str] = []
    for server in spec.get("servers", ()):
        host = server.get("variables", {}).get("host", {"default": ""})
        others = [it for it in host.get("enum", ()) if it != host.get("default")]
        named += [server["url"].replace("{host}", str(it)) for it in (host.get("default"), *others)]
    hosts = list(ENDPOINTS[api].hosts)
    if named != hosts:
        yield f"the hosts are {named}, and should be {hosts}"


def _operation_ids(api: str, spec: Spec) -> Iterator[str]:
    """Each operation has the name of a generated endpoint."""
    named = {str(operation.node.get("operationId")).lower() for operation in operations(spec)}
    yield from (f"{name} is the name of no generated endpoint" for name in sorted(named - _generated_endpoints(api)))


@cache
def _generated_endpoints(api: str) -> frozenset[str]:
    package = import_module(f"klingkit_api.{api}.api")
    found = walk_packages(package.__path__, f"{package.__name__}.")
    return frozenset(info.name.rpartition(".")[2].replace("_", "") for info in found)


def _typed(api: str, spec: Spec) -> Iterator[str]:
    """Typed requests allow exactly what is documented about the video."""
    for it in request_classes(api):
        schema = spec["components"]["schemas"].get(it.typed.__name__)
        if schema is None:
            yield f"there is no schema {it.typed.__name__}"
            continue
        found = differences(it.documented.typed, typed_verdicts(api, it.documented.document), spec, schema)
        yield from (f"{it.typed.__name__}: {problem}" for problem in found)


def differences(documented: Node, verdicts: Iterable[Verdict], spec: Spec, schema: Node) -> Iterator[str]:
    """Yield where a schema of a spec is not what is documented: other fields, or other verdicts at the limits."""
    for path in sorted(fields(spec, schema).keys() ^ fields({}, documented).keys()):
        yield f"{path} is not both documented and declared"
    judge = validator(spec, schema)
    for path, value, allowed in verdicts:
        if judge.is_valid(value) != allowed:
            yield f"it differs from its document in {path or 'the whole'}: {short(value)}"


def _match(sent: ClientRequest, spec: Spec) -> tuple[Operation, Mapping[str, str]] | None:
    """The operation that a request meets, and the parameters in its path."""
    found = ((route.operation, route.match(sent.method, sent.path)) for route in routes(spec))
    return next(((operation, path) for operation, path in found if path is not None), None)


def _key(sent: ClientRequest, operation: Operation, spec: Spec) -> Iterator[str]:
    kinds = keys(spec, operation)
    if kinds != [["http bearer"]] or not sent.headers.get("authorization", "").startswith("Bearer "):
        yield f"{operation}: the client sends its key as a bearer token, and nothing else; declared is {kinds}"


def _media_types(sent: ClientRequest, operation: Operation, spec: Spec) -> Iterator[str]:
    accepted, written = sent.headers.get("accept"), sent.headers.get("content-type")
    for status, response in operation.node["responses"].items():
        types = sorted(resolved(spec, response).get("content", ()))
        if types != [accepted]:
            yield f"{operation}: the client accepts {accepted}, and {status} is {types}"
    body = operation.node.get("requestBody", {})
    declared = (sorted(body.get("content", ())), body.get("required", False))
    if declared != (([written], True) if written else ([], False)):
        yield f"{operation}: the client sends {written or 'no body'}; declared, and required or not, is {declared}"


def _parameters(path: Mapping[str, str], query: Mapping[str, str], operation: Operation, spec: Spec) -> Iterator[str]:
    """Parameters are sent if and only if they are declared, required and of this kind."""
    sent = {("path", name): unquote(value) for name, value in path.items()}
    sent |= {("query", name): value for name, value in query.items()}
    nodes = [resolved(spec, node) for node in operation.node.get("parameters", ())]
    declared = {(node["in"], node["name"]): node for node in nodes}
    for where, name in sorted(sent.keys() ^ declared.keys()):
        lack = "declared" if (where, name) in sent else "sent"
        yield f"{operation}: the parameter {name} in the {where} is not {lack}"
    for where, name in sorted(sent.keys() & declared.keys()):
        node = declared[where, name]
        if not node.get("required"):
            yield f"{operation}: the parameter {name} is always sent, and not required"
        judge = validator(spec, node.get("schema", {}))
        if not judge.is_valid(""):
            yield f"{operation}: the parameter {name} is any text, and its schema sets a limit"
        if not judge.is_valid(sent[where, name]):
            yield f"{operation}: the parameter {name} refuses {sent[where, name]!r}"
        if any(map(judge.is_valid, NO_STRINGS)):
            yield f"{operation}: the parameter {name} is a string, and its schema takes other kinds, too"


# Bodies


def _bodies(api: str, operation: Operation, spec: Spec) -> Iterator[str]:
    """What is sent is allowed, what the documents refuse is not."""
    if operation.body is None:
        yield f"{operation}: no schema for what the client sends"
        return
    judge = validator(spec, operation.body)
    for sent in paid(api):
        if not judge.is_valid(sent.body):
            yield f"{operation} refuses {sent.what}, which the client sends"
    for name, body in rejected(api):
        if judge.is_valid(body):
            yield f"{operation} takes what the documents refuse, for the sake of {name}: {short(body)}"


def _fields(api: str, operation: Operation, spec: Spec) -> Iterator[str]:
    """The client can send every field and every choice that is declared."""
    sent = sent_at(api)
    for path, nodes in fields(spec, operation.body or {}).items():
        if path not in sent:
            yield f"{operation}: {path} is declared, and the client never sends it"
        for choice in chain.from_iterable(listed(spec, node) for node in nodes):
            if (type(choice), choice) not in sent.get(path, ()):
                yield f"{operation}: {path} may be {choice!r}, and the client never sends that"


@cache
def sent_at(api: str) -> dict[str, set[tuple[type, Any]]]:
    """Path -> the plain values sent there, with their types, since True is 1."""
    found: dict[str, set[tuple[type, Any]]] = {}
    for sent in paid(api):
        for path, value in leaves(sent.body):
            found.setdefault(path, set()).update([] if isinstance(value, dict | list) else [(type(value), value)])
    return found


def _defaults(api: str, operation: Operation, spec: Spec) -> Iterator[str]:
    """The defaults of the documents are those of the spec."""
    body = resolved(spec, operation.body or {})
    for form in body.get("oneOf", [body]):
        declared = fields(spec, form).items()
        stated = {path: node["default"] for path, nodes in declared for node in nodes if "default" in node}
        judge = validator(spec, form)
        for least, by_document in documented_defaults(api):
            if judge.is_valid(least):
                yield from _differing(operation, by_document, stated)


@cache
def documented_defaults(api: str) -> tuple[tuple[Any, Mapping[str, Any]], ...]:
    """Return the smallest body of each document, with the document's defaults."""
    return tuple((ordinary({}, it.body), defaults(it.body)) for it in documented(api))


def _differing(operation: Operation, documented: Mapping[str, Any], declared: Mapping[str, Any]) -> Iterator[str]:
    for path in sorted(documented.keys() | (declared.keys() - {"model"})):  # a constant is no choice
        default, ours = documented.get(path), declared.get(path)
        if default != ours or type(default) is not type(ours):
            yield f"{operation}: the default of {path} is {default!r} in its document, and {ours!r} here"


def _callbacks(api: str, operation: Operation, _: Spec) -> Iterator[str]:
    """The address of each callback is found where the client puts it."""
    bodies = [sent.body for sent in paid(api)]
    if not operation.node.get("callbacks"):
        yield f"{operation}: the client can request callbacks, and none is declared"
    for name, addresses in operation.node.get("callbacks", {}).items():
        for expression in addresses:
            pointer = re.fullmatch(r"\{\$request\.body#/(.+)\}", expression)
            urls = [at(body, pointer[1].split("/")) for body in bodies] if pointer else []
            if {url for url in urls if url is not None} != set(CALLBACKS):
                yield f"{operation}: the client does not put the address of {name} where {expression} looks for it"
