"""Compare the emulator with a spec: what it accepts, rejects and responds must be what the spec declares.

The emulator is a second reading of the documents, made without a look at the specs: where the two differ, one is wrong.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any, Final

from attrs import frozen

from scripts.checks.boundaries import forms, matching_forms
from scripts.checks.endpoints import JSON
from scripts.checks.exchanges import Exchange
from scripts.checks.recording import Place, Recording, recording
from scripts.checks.routes import Route, keys, routes
from scripts.checks.undeclared import gaps
from scripts.specs.spec import Node, Operation, Spec, is_object, resolved, validator

FEW: Final = 5
"""Examples of a disagreement that are reported."""


@frozen
class Parameter:
    """A parameter as a spec declares it."""

    name: str
    place: str
    required: bool
    takes: Callable[[str], bool]


@frozen
class DeclaredExchange:
    """An exchange, and the operation of the spec that declares it."""

    exchange: Exchange
    operation: Operation
    path: Mapping[str, str]
    """The parameters in it."""


@frozen
class Case:
    """The recorded exchanges of an API's emulator, and the API's spec."""

    seen: Recording
    spec: Spec
    routes: tuple[Route, ...]

    def declared_exchanges(self, exchanges: Iterable[Exchange]) -> Iterator[DeclaredExchange]:
        """Yield those exchanges that some operation declares."""
        for exchange in exchanges:
            for route in self.routes:
                if (path := route.match(exchange.method, exchange.path)) is not None:
                    yield DeclaredExchange(exchange, route.operation, path)

    @property
    def creation(self) -> Operation | None:
        """The operation by which the emulator creates tasks."""
        return next((pair.operation for pair in self.declared_exchanges(self.seen.created[:1])), None)


Check = Callable[[Case], Iterator[str]]


def problems(api: str, spec: Spec) -> list[str]:
    """Return where the emulator and a spec disagree."""
    return [f"{api}: {problem}" for problem in disagreements(recording(api), spec)]


def compared(api: str) -> int:
    """Count the exchanges that are compared."""
    return sum(len(session.exchanges) for session in recording(api).sessions)


def disagreements(seen: Recording, spec: Spec, checks: Iterable[Check] | None = None) -> list[str]:
    """Return where what was recorded and a spec disagree; of a part of a recording, by `OF_EXCHANGES` alone."""
    case = Case(seen, spec, routes(spec))
    return list(dict.fromkeys(chain.from_iterable(islice(check(case), FEW) for check in checks or CHECKS)))


# Operations, keys, parameters


def _addresses(case: Case) -> Iterator[str]:
    """The spec declares exactly the operations that the emulator serves, at the same addresses."""
    for server in case.spec.get("servers", ()):
        if re.sub(r"^(https?://[^/]+|{\w+})", "", server["url"]).strip("/"):
            yield f"the emulator serves at the root, and {server['url']} is a server"
    served = {(one.method, one.path): one for one in case.seen.served if one.status == 200}
    pairs = [*case.declared_exchanges(served.values())]
    known = {pair.exchange for pair in pairs}
    yield from (f"{it.method} {it.path} is served, and not declared" for it in served.values() if it not in known)
    used = {str(pair.operation) for pair in pairs}
    unserved = [route.operation for route in case.routes if str(route.operation) not in used]
    yield from (f"{operation} is declared, and not served" for operation in unserved)
    for it in case.declared_exchanges(case.seen.strays):
        yield f"{it.operation} is declared, and {it.exchange.path} responds with {it.exchange.status}"


def _keys(case: Case) -> Iterator[str]:
    """An operation that is refused without a key declares one, as a bearer token and in no other way."""
    for pair in case.declared_exchanges(case.seen.keyless):
        if (kinds := keys(case.spec, pair.operation)) != [["http bearer"]]:
            yield f"{pair.operation}: without a bearer token it is refused, and the keys declared are {kinds}"


def _parameters(case: Case) -> Iterator[str]:
    """A query is valid if and only if the emulator looks for the task; all parameters are sent."""
    sent: set[tuple[str, str, str]] = set()
    declared = {str(route.operation): [*_declared_parameters(case.spec, route.operation)] for route in case.routes}
    for pair in case.declared_exchanges((*case.seen.queried, *case.seen.created[:1])):
        given = _given_parameters(pair)
        looked = pair.exchange.method != "GET" or pair.exchange.status in {200, 404}
        problem = _parameter_problem(declared[str(pair.operation)], given)
        if looked:
            sent |= {(str(pair.operation), *key) for key in given}
        if looked == bool(problem):
            yield f"{pair.exchange}: by the spec, {problem or 'no parameter is wrong'}"
    for route in case.routes:
        if route.operation.method == "get" and "requestBody" in route.operation.node:
            yield f"{route.operation}: a query has no body, and one is declared"
    for operation, parameters in declared.items():
        for it in parameters:
            if (operation, it.place, it.name) not in sent:
                yield f"{operation}: the parameter {it.name} in {it.place} is declared, and no exchange has it"


def _given_parameters(pair: DeclaredExchange) -> dict[tuple[str, str], list[str]]:
    """Return the values of a request's parameters by place and name; some may be given twice."""
    given = {("path", name): [value] for name, value in pair.path.items()}
    for name, value in pair.exchange.query:
        given.setdefault(("query", name), []).append(value)
    return given


def _declared_parameters(spec: Spec, operation: Operation) -> Iterator[Parameter]:
    for node in operation.node.get("parameters", ()):
        it = resolved(spec, node)
        takes = validator(spec, it.get("schema", {})).is_valid
        yield Parameter(it["name"], it["in"], it.get("required", False), takes)


def _parameter_problem(parameters: Iterable[Parameter], given: Mapping[tuple[str, str], list[str]]) -> str | None:
    """Return what the declared parameters do not allow in a request, or None."""
    declared = {(it.place, it.name): it for it in parameters}
    for place, name in given.keys() - declared.keys():
        if place == "path":
            return f"{name} in the path is not declared"
    for key, it in declared.items():
        values = given.get(key, [])
        if not values and it.required:
            return f"{it.name} in {it.place} is missing"
        if it.place == "path" and not it.required:
            return f"{it.name} in the path is not required"
        if len(values) > 1 or not all(map(it.takes, values)):
            return f"{it.name} in {it.place} must not be {values}"
    return None


# Bodies


def _bodies(case: Case) -> Iterator[str]:
    """A body is valid if and only if a task is made of it."""
    creation = case.creation
    if creation is None:
        return  # reported already
    declared = creation.node.get("requestBody", {})
    if case.seen.media_types[""] is bool(declared.get("required")):
        yield f"{creation}: a body is {'not ' * case.seen.media_types['']}needed, declared is the reverse"
    taken = {media_type for media_type, taken in case.seen.media_types.items() if taken and media_type}
    if declared.get("content", {}).keys() != taken:
        yield f"{creation}: bodies are taken as {sorted(taken)}, declared are {sorted(declared.get('content', {}))}"
    if creation.body is None:
        yield f"{creation}: the schema of its body is missing"
        return
    valid = validator(case.spec, creation.body).is_valid
    for exchange in case.seen.created:
        if valid(exchange.body) != (exchange.status == 200):
            yield f"{exchange}: the spec {'takes' if exchange.status != 200 else 'refuses'} this body"


def _offered_choices(case: Case) -> Iterator[str]:
    """Each declared field, and each declared choice, was accepted at least once."""
    if case.creation is None or case.creation.body is None:
        return
    for place, options in _fields(case.spec, case.creation.body):
        taken = case.seen.taken.get(place, frozenset())
        if not taken:
            yield f"{'.'.join(place)} is declared, and was never taken"
        yield from (
            f"{'.'.join(place)}: {it!r} is offered, and was never taken"
            for it in options
            if json.dumps(it) not in taken
        )


def _fields(spec: Spec, schema: Node, place: Place = ()) -> Iterator[tuple[Place, list[Any]]]:
    """Yield all fields of a schema with the choices that each has."""
    for form in forms(spec, schema):
        yield place, [form["const"]] if "const" in form else form.get("enum", [])
        for name, field in form.get("properties", {}).items():
            yield from _fields(spec, field, (*place, name))
        if "items" in form:
            yield from _fields(spec, form["items"], place)


def _defaults(case: Case) -> Iterator[str]:
    """A default is what the emulator assumes for a missing field, as far as the video shows it."""
    if case.creation is None or case.creation.body is None:
        return
    for example in case.seen.examples:
        for place, default in _stated(case.spec, case.creation.body, example):
            without = case.seen.videos.get(json.dumps(_with(example, place)))
            stated = case.seen.videos.get(json.dumps(_with(example, place, default)))
            if without and stated and without != stated:
                yield f"{'.'.join(place)}: {default!r} is the default, and makes another video than nothing"


def _stated(spec: Spec, schema: Node, body: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Return the defaults of fields that may be left out of a body."""
    for form in matching_forms(spec, schema, body):
        for name, field in form.get("properties", {}).items():
            if "default" in (stated := resolved(spec, field)) and name not in form.get("required", ()):
                yield (*place, name), stated["default"]
            if is_object(body.get(name)):
                yield from _stated(spec, field, body[name], (*place, name))


def _with(body: Any, place: Place, *values: Any) -> Any:
    """Return a body with a field as given, or without it."""
    name, *rest = place
    if not is_object(body):
        return body
    if rest:
        return {**body, name: _with(body.get(name), tuple(rest), *values)}
    return {**body, name: values[0]} if values else {key: value for key, value in body.items() if key != name}


# Responses


def _responses(case: Case) -> Iterator[str]:
    """Each response is declared, with its status, its media type, and all that it holds."""
    for pair in case.declared_exchanges(case.seen.shapes):
        it = f"{pair.operation} {pair.exchange.status}"
        declared = pair.operation.node["responses"].get(str(pair.exchange.status))
        if declared is None:
            yield f"{it}: the status is not declared"
            continue
        content = resolved(case.spec, declared).get("content", {})
        if content.keys() != {pair.exchange.response_type}:
            yield f"{it}: the response is {pair.exchange.response_type}, declared is {sorted(content)}"
        schema = content.get(JSON, {}).get("schema")
        if schema is None:
            yield f"{it}: the schema of the response is missing"
        else:
            yield from gaps(case.spec, schema, pair.exchange.response, it, named=case.seen.endpoints.listed)


def _callbacks(case: Case) -> Iterator[str]:
    """Each callback goes to the address in the request, and is declared with all that it holds."""
    if case.creation is None:
        return
    declared = [
        (expression, item)
        for callback in case.creation.node.get("callbacks", {}).values()
        for expression, item in callback.items()
    ]
    for sent in case.seen.callbacks:
        paths = [item for expression, item in declared if _evaluate(expression, sent.creation) == sent.url]
        if not paths or paths[0].keys() != {"post"}:
            yield f"a POST to {sent.url} is no declared callback"
            continue
        operation = paths[0]["post"]
        if operation.get("security", case.spec.get("security")) or operation.get("parameters"):
            yield "a callback brings no key and no parameters, and some are declared"
        content = operation.get("requestBody", {}).get("content", {})
        if not operation.get("requestBody", {}).get("required"):
            yield "a callback always brings a body, and none is required"
        if content.keys() != {JSON} or "schema" not in content[JSON]:
            yield f"a callback is JSON, declared is {sorted(content)}"
        else:
            yield from gaps(case.spec, content[JSON]["schema"], sent.body, "callback", named=case.seen.endpoints.listed)


def _links(case: Case) -> Iterator[str]:
    """From each task that was created, and then found, a link leads to the query that finds it."""
    found = {(it.method, it.path, it.query) for it in case.seen.queried if it.status == 200}
    ids = {case.seen.endpoints.id_in(it.response) for it in case.seen.queried if it.status == 200}
    for pair in case.declared_exchanges(it for it in case.seen.created if it.status == 200):
        if case.seen.endpoints.id_in(pair.exchange.response) in ids:
            links = resolved(case.spec, pair.operation.node["responses"].get("200", {})).get("links", {})
            if not links:
                yield f"{pair.operation}: the task can be found, and no link leads to it"
            for name, link in links.items():
                if _linked_query(case, link, pair.exchange) not in found:
                    yield f"{pair.operation}: the link {name} does not lead to the task"


def _linked_query(case: Case, link: Node, exchange: Exchange) -> tuple[str, str, tuple[tuple[str, str], ...]] | None:
    """Return the request that a link stands for."""
    target = next(
        (it.operation for it in case.routes if it.operation.node.get("operationId") == link["operationId"]), None
    )
    if target is None:
        return None
    values = {name: str(_evaluate(expression, exchange)) for name, expression in link.get("parameters", {}).items()}
    nodes = [resolved(case.spec, node) for node in target.node.get("parameters", ())]
    places = {node["name"]: node["in"] for node in nodes}
    if values.keys() != places.keys():
        return None
    path = target.path
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", value)
    query = tuple((name, value) for name, value in values.items() if places[name] == "query")
    return target.method.upper(), path, query


def _evaluate(expression: str, exchange: Exchange) -> Any:
    """Return the value of a runtime expression that points into a body; None if it points nowhere."""
    found = re.fullmatch(r"{?\$(request|response)\.body#/([^}]*)}?", expression)
    value = {"request": exchange.body, "response": exchange.response}[found[1]] if found else None
    for name in found[2].split("/") if found else ():
        value = value.get(name) if is_object(value) else None
    return value


OF_EXCHANGES: Final[tuple[Check, ...]] = (_keys, _bodies, _responses, _callbacks)
"""Checks of each exchange by itself."""
CHECKS: Final[tuple[Check, ...]] = (*OF_EXCHANGES, _addresses, _parameters, _offered_choices, _defaults, _links)
