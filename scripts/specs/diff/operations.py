"""Compare the operations of two specs: addresses, names, security, parameters, bodies, responses and callbacks."""

from collections.abc import Iterator, Mapping
from typing import Any

from scripts.specs.diff.change import Change, Comparison, Level, Side
from scripts.specs.diff.schemas import default_changes, schema_changes
from scripts.specs.diff.shapes import NOTES
from scripts.specs.spec import METHODS, Node, Operation, operations, resolved

COMPARED = {"operationId", "security", "tags", "parameters", "requestBody", "responses", "callbacks"}
PARAMETER = {"name", "in", "required", "schema", "content"}
RESPONSE_SIDE: Mapping[Side, Side] = {"request": "response", "response": "request", "whole": "whole"}
"""Who reads what: the client sends requests and reads responses; with a callback it is the other way round."""


def operation_changes(it: Comparison) -> Iterator[Change]:
    """Yield all changes of operations, which are matched by address, then by id."""
    gone, come = list(operations(it.old)), list(operations(it.new))
    pairs: list[tuple[Operation, Operation]] = []
    for sign in (str, _id):
        for old in list(gone):
            if partner := next((new for new in come if sign(new) == sign(old)), None):
                pairs.append((old, partner))
                gone.remove(old)
                come.remove(partner)
    for old in gone:
        yield it.of(_id(old)).change("operation removed", str(old), None, "major")
    for new in come:
        yield it.of(_id(new)).change("operation added", None, str(new), "minor")
    for old, new in pairs:
        here = it.of(_id(old))
        if str(old) != str(new):
            yield here.change("path", str(old), str(new), "major")
        shared = (_path_parameters(it.old, old), _path_parameters(it.new, new))
        yield from _operation(here, {**old.node, "parameters": shared[0]}, {**new.node, "parameters": shared[1]})


def _operation(it: Comparison, old: Node, new: Node) -> Iterator[Change]:
    """Yield the changes of an operation, or, on the response side, of a callback."""
    responses = it.of(it.where, RESPONSE_SIDE[it.side])
    yield from _names_and_security(it, old, new)
    yield from _parameters(it, old.get("parameters", []), new.get("parameters", []))
    yield from _bodies(it, old.get("requestBody"), new.get("requestBody"))
    yield from _responses(responses, old.get("responses", {}), new.get("responses", {}))
    yield from _callbacks(responses, old.get("callbacks", {}), new.get("callbacks", {}))


def _names_and_security(it: Comparison, old: Node, new: Node) -> Iterator[Change]:
    """Yield changes of the id and first tag (a generated module and its folder), of security, and of unknown keys."""
    compared: list[tuple[str, Any, Any]] = [
        ("operationId", old.get("operationId"), new.get("operationId")),
        ("tag", next(iter(old.get("tags", [])), None), next(iter(new.get("tags", [])), None)),
        ("security", old.get("security"), new.get("security")),
    ]
    others = [key for key in {**old, **new} if key not in COMPARED | NOTES and not key.startswith("x-")]
    compared += [(key, old.get(key), new.get(key)) for key in others]
    yield from (it.change(what, was, now, "major") for what, was, now in compared if was != now)


def _parameters(it: Comparison, old: list[Node], new: list[Node]) -> Iterator[Change]:
    before, after = _by_name(it.old, old), _by_name(it.new, new)
    for key in {**before, **after}:
        here, was, now = it.at(key[1]), before.get(key), after.get(key)
        if was is None or now is None:
            level: Level = "minor" if now and not now.get("required") else "major"
            what = "parameter added" if now else "parameter removed"
            yield here.change(what, was and was["in"], now and now["in"], level)
        else:
            yield from _parameter(here, was, now)


def _parameter(it: Comparison, old: Node, new: Node) -> Iterator[Change]:
    had, has = old.get("required", False), new.get("required", False)
    if had != has:
        yield it.change("required", had, has, "major" if has else "minor")
    yield from _media(it, old.get("content", {}), new.get("content", {}))
    yield from schema_changes(it, old.get("schema", {}), new.get("schema", {}))
    yield from default_changes(it, old.get("schema", {}), new.get("schema", {}), required=has)
    for key in (key for key in {**old, **new} if key not in PARAMETER | NOTES and not key.startswith("x-")):
        if old.get(key) != new.get(key):
            yield it.change(key, old.get(key), new.get(key), "major")


def _bodies(it: Comparison, old: Node | None, new: Node | None) -> Iterator[Change]:
    before, after = resolved(it.old, old or {}), resolved(it.new, new or {})
    had, has = before.get("required", False), after.get("required", False)
    if had != has:
        more, less = it.when(request="major", response="minor"), it.when(request="minor", response="major")
        yield it.change("body required", had, has, more if has else less)
    yield from _media(it, before.get("content", {}), after.get("content", {}))


def _media(it: Comparison, old: Node, new: Node) -> Iterator[Change]:
    """Yield changed content types, and changed schemas of those that stay."""
    for name in {**old, **new}:
        if name not in new:
            yield it.change("content removed", name, None, "major")
        elif name not in old:
            yield it.change("content added", None, name, "minor")
        else:
            yield from schema_changes(it, old[name].get("schema", {}), new[name].get("schema", {}))


def _responses(it: Comparison, old: Node, new: Node) -> Iterator[Change]:
    """Yield changed statuses, and changed bodies and headers of those that stay."""
    for status in {**old, **new}:
        here = it.of(f"{it.where} {status}")
        if status not in new:
            yield here.change("status removed", status, None, "major")
        elif status not in old:
            yield here.change("status added", None, status, "minor")
        else:
            was, now = resolved(it.old, old[status]), resolved(it.new, new[status])
            yield from _media(here, was.get("content", {}), now.get("content", {}))
            yield from _headers(here, was.get("headers", {}), now.get("headers", {}))


def _headers(it: Comparison, old: Node, new: Node) -> Iterator[Change]:
    for name in {**old, **new}:
        here = it.at(name)
        if name not in new or name not in old:
            what = "header added" if name in new else "header removed"
            yield here.change(what, name in old, name in new, "minor" if name in new else "major")
        else:
            was, now = resolved(it.old, old[name]), resolved(it.new, new[name])
            yield from schema_changes(here, was.get("schema", {}), now.get("schema", {}))


def _callbacks(it: Comparison, old: Node, new: Node) -> Iterator[Change]:
    """Yield changed callbacks, matched by name and method; a client reads them as it reads responses."""
    before, after = _callbacks_by_name(old), _callbacks_by_name(new)
    for key in {**before, **after}:
        here = it.of(key[0])
        if key not in after:
            yield here.change("callback removed", before[key][0], None, "major")
        elif key not in before:
            yield here.change("callback added", None, after[key][0], "minor")
        else:
            (was, before_node), (now, after_node) = before[key], after[key]
            if was != now:
                yield here.change("address", was, now, "major")
            yield from _operation(here, before_node, after_node)


def _callbacks_by_name(callbacks: Node) -> dict[tuple[str, str], tuple[str, Node]]:
    """Map the name and method of each callback to its address and its operation."""
    return {
        (name, method): (address, item[method])
        for name, addresses in callbacks.items()
        for address, item in addresses.items()
        for method in METHODS
        if method in item
    }


def _by_name(spec: dict[str, Any], parameters: list[Node]) -> dict[tuple[str, str], Node]:
    found = (resolved(spec, parameter) for parameter in parameters)
    return {(parameter["in"], parameter["name"]): parameter for parameter in found}


def _path_parameters(spec: dict[str, Any], operation: Operation) -> list[Node]:
    """Return the parameters of an operation's path, then its own."""
    listed: list[Node] = [*spec["paths"][operation.path].get("parameters", []), *operation.node.get("parameters", [])]
    return listed


def _id(operation: Operation) -> str:
    return str(operation.node.get("operationId", operation))
