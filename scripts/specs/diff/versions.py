"""Compare two versions of a spec, and rate each change by semantic versioning.

Rated is what the change means for users of a client that is made from the spec, not how it is laid out: a `$ref` may
take the place of what it refers to, and keys any order. Names of operations and of component schemas count, for they
name generated modules and classes.
"""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from scripts.specs.diff.change import LEVELS, Change, Comparison, Level, Side, overall
from scripts.specs.diff.notes import note_changes
from scripts.specs.diff.operations import operation_changes
from scripts.specs.diff.schemas import schema_changes
from scripts.specs.diff.shapes import NOTES
from scripts.specs.lint.index import index
from scripts.specs.spec import Node, Spec, walk

__all__ = ["LEVELS", "Change", "Level", "Side", "compare", "overall"]

SCHEMAS = "/components/schemas/"


def compare(old: Spec | None, new: Spec | None) -> list[Change]:
    """Return each change from one spec to another once; None stands for a spec that does not exist."""
    if old == new:
        return []
    if old is None or new is None:
        there, gone = (old or new or {})["info"]["title"], new is None
        what = "API removed" if gone else "API added"
        level: Level = "major" if gone else "minor"
        return [_whole("", what, there if gone else None, None if gone else there, level)]
    return _distinct(chain(_contract_changes(old, new), note_changes(old, new))) or [
        _whole("", "layout", None, None, "patch")
    ]


def _contract_changes(old: Spec, new: Spec) -> Iterator[Change]:
    it = Comparison(old, new)
    yield from operation_changes(it)
    yield from _component_changes(it)
    yield from _entries("security scheme", _schemes(old), _schemes(new))
    yield from _entries("server", _servers(old), _servers(new))


def _component_changes(it: Comparison) -> Iterator[Change]:
    """Yield changed names of components, and changes in those that no operation uses."""
    before, after = _schemas(it.old), _schemas(it.new)
    gone, come = [name for name in before if name not in after], [name for name in after if name not in before]
    for name in gone:
        if heir := next((other for other in come if _means_the_same(it, name, other)), None):
            come.remove(heir)
            yield _whole(name, "name", name, heir, "major")
        else:
            yield _whole(name, "component removed", name, None, "major")
    for name in (name for name in come if name not in _referred(it.new)):  # the others show where they are used
        yield _whole(name, "component added", None, name, "minor")
    yield from _unused_components(it, [name for name in before if name in after])


def _unused_components(it: Comparison, names: list[str]) -> Iterator[Change]:
    """Yield changes in components that were not compared with an operation: typed requests."""
    compared = {name for _, name, _ in it.seen}
    referred = _referred(it.old) | _referred(it.new)
    left = [name for name in names if name not in compared and (_is_object(it, name) or name not in referred)]
    received: set[str] = index(it.old).responses.keys() | index(it.new).responses.keys() if left else set()
    for name in left:
        side: Side = "response" if SCHEMAS + name in received else "request"
        ref = {"$ref": f"#{SCHEMAS}{name}"}
        yield from schema_changes(it.of(name, side), ref, ref)


def _is_object(it: Comparison, name: str) -> bool:
    return any(schemas[name].get("type") == "object" for schemas in (_schemas(it.old), _schemas(it.new)))


def _means_the_same(it: Comparison, name: str, other: str) -> bool:
    here = Comparison(it.old, it.new)
    return not any(schema_changes(here, {"$ref": f"#{SCHEMAS}{name}"}, {"$ref": f"#{SCHEMAS}{other}"}))


def _entries(kind: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """Yield changes of entries at the root: a removed or changed one is major, an added one minor."""
    for name in {**old, **new}:
        was, now = old.get(name), new.get(name)
        if was != now:
            how = " removed" if now is None else " added" if was is None else ""
            yield _whole(name, kind + how, was, now, "minor" if was is None else "major")


def _schemes(spec: Spec) -> dict[str, Node]:
    schemes = spec.get("components", {}).get("securitySchemes", {})
    return {name: _unnoted(node) for name, node in schemes.items()}


def _servers(spec: Spec) -> dict[str, Any]:
    """Map each address of a server, and each choice and default of its variables, to its value."""
    found: dict[str, Any] = {}
    for server in spec.get("servers", []):
        found[server["url"]] = True
        for name, variable in server.get("variables", {}).items():
            found[f"{name} by default"] = variable.get("default")
            found |= {f"{name} {choice}": True for choice in variable.get("enum", ())}
    return found


def _schemas(spec: Spec) -> dict[str, Node]:
    schemas: dict[str, Node] = spec.get("components", {}).get("schemas", {})
    return schemas


def _referred(spec: Spec) -> set[str]:
    return {node["$ref"].rpartition("/")[2] for _, node in walk(spec) if isinstance(node.get("$ref"), str)}


def _unnoted(node: Node) -> Node:
    return {key: value for key, value in node.items() if key not in NOTES and not key.startswith("x-")}


def _whole(where: str, what: str, was: Any, now: Any, level: Level) -> Change:
    return Change(where=where, field="", what=what, was=was, now=now, level=level, side="whole")


def _distinct(changes: Iterator[Change]) -> list[Change]:
    found: list[Change] = []
    for change in changes:
        if change not in found:
            found.append(change)
    return found
