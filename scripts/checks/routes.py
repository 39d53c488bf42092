"""Find the operation of a spec that declares a request."""

import re
from collections.abc import Mapping

from attrs import frozen

from scripts.specs.spec import Node, Operation, Spec, operations


@frozen
class Route:
    """An operation and the pattern of its paths."""

    operation: Operation
    pattern: re.Pattern[str]

    def match(self, method: str, path: str) -> Mapping[str, str] | None:
        """Return the parameters in a path; None if a request goes elsewhere."""
        found = self.pattern.fullmatch(path) if self.operation.method.upper() == method else None
        return found.groupdict() if found else None


def routes(spec: Spec) -> tuple[Route, ...]:
    """Return the routes of all operations."""
    return tuple(
        Route(it, re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/?]+)", re.escape(it.path)))) for it in operations(spec)
    )


def keys(spec: Spec, operation: Operation) -> list[list[str]]:
    """Return the kinds of keys that an operation requires: alternatives, each of which may need several."""
    schemes = spec.get("components", {}).get("securitySchemes", {})
    holder = operation.node if "security" in operation.node else spec
    return [[_kind(schemes.get(name, {})) for name in names] for names in holder.get("security", ())]


def _kind(scheme: Node) -> str:
    return f"{scheme.get('type')} {scheme.get('scheme')}"
