"""The nodes of a spec that stays as it is, and that its mutants share: what is known of them need not be found again.

A check of a mutant would be dear if it read the whole spec anew for one changed fact. `remember` notes the nodes of a
spec, each with its pointer: a node of a mutant that is the very same object at the same pointer is unchanged, with all
below it. No node of a remembered spec may be edited.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from typing import Any, TypeGuard, TypeVar

Result = TypeVar("Result")

_noted: dict[int, tuple[str, Any]] = {}
"""Identity -> pointer and node; as the node is held, no other can have its identity."""


def remember(spec: dict[str, Any]) -> None:
    """Note all nodes of a spec."""
    ahead: list[tuple[str, Any]] = [("", spec)]
    while ahead:
        where, node = ahead.pop()
        _noted[id(node)] = where, node
        ahead += [(f"{where}/{escaped(str(key))}", child) for key, child in _inner(node)]


def is_noted(node: object) -> bool:
    """Whether a node belongs to a remembered spec."""
    return id(node) in _noted


def is_unchanged(where: str, node: object) -> bool:
    """Whether a node belongs to a remembered spec, and stood at this pointer there."""
    noted = _noted.get(id(node))
    return noted is not None and noted[0] == where


def by_place(function: Callable[[str, Any], Result]) -> Callable[[str, Any], Result]:
    """Remember what a function of a pointer and the node there returns, if the node is unchanged."""
    results: dict[int, Result] = {}

    @wraps(function)
    def call(where: str, node: Any) -> Result:
        if not is_unchanged(where, node):
            return function(where, node)
        if id(node) not in results:
            results[id(node)] = function(where, node)
        return results[id(node)]

    return call


def by_node(function: Callable[[Any], Result]) -> Callable[[Any], Result]:
    """Remember what a function of a node returns, if the node belongs to a remembered spec."""
    results: dict[int, Result] = {}

    @wraps(function)
    def call(node: Any) -> Result:
        if id(node) not in _noted:
            return function(node)
        if id(node) not in results:
            results[id(node)] = function(node)
        return results[id(node)]

    return call


@by_node
def references(node: Any) -> frozenset[str]:
    """Return the targets of all references at and below a node, without the mark of the fragment."""
    own: object = node.get("$ref") if _is_object(node) else None
    found = {own.removeprefix("#")} if isinstance(own, str) else set[str]()
    return frozenset(found.union(*(references(child) for _, child in _inner(node))))


def components(spec: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the pointer of each component, and the component."""
    for kind, named in spec.get("components", {}).items():
        for name, node in named.items():
            yield f"/components/{kind}/{escaped(name)}", node


def unchanged_components(spec: dict[str, Any]) -> frozenset[str]:
    """Return the pointers of the components that are unchanged, with all that they refer to."""
    found = {where: references(node) for where, node in components(spec) if is_unchanged(where, node)}
    while lost := [where for where, targets in found.items() if not targets <= found.keys()]:
        for where in lost:
            del found[where]
    return frozenset(found)


def reached(spec: dict[str, Any], schema: Any) -> dict[str, Any]:
    """Return the components that a schema refers to, directly or not, by pointer; a pointer below one counts as it."""
    known = dict(components(spec))
    found: dict[str, Any] = {}
    ahead: list[Any] = [schema]
    while ahead:
        for target in references(ahead.pop()):
            where = "/".join(target.split("/")[:4])
            if where in known and where not in found:
                found[where] = known[where]
                ahead.append(known[where])
    return found


def escaped(key: str) -> str:
    """Return a key as a part of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")


def _inner(node: Any) -> Iterable[tuple[Any, Any]]:
    """Return the objects and lists directly within a node, each with its key."""
    pairs = node.items() if _is_object(node) else enumerate(node) if _is_list(node) else ()
    return [(key, child) for key, child in pairs if _is_object(child) or _is_list(child)]


def _is_object(node: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(node, dict)


def _is_list(node: Any) -> TypeGuard[list[Any]]:
    return isinstance(node, list)
