"""Mutants of a spec: copies with one fact changed, each as somebody may have misread it.

A mutant is known by its API, the pointer of the fact, and what is done to it. `sites` knows where facts stand;
`operations`, `schemas`, `values`, `between`, `examples`, `notes` and `keys` know what can be done to them. Summaries,
descriptions and tags are no facts of the vendor's, and stay.
"""

import json
from collections.abc import Iterator
from typing import Any

from attrs import frozen

from scripts.mutation import between, examples, keys, notes, operations, schemas, values
from scripts.mutation.sites import Edit, Operator, Site, sites
from scripts.specs.baseline import escaped
from scripts.specs.spec import Spec, is_list, is_object


@frozen
class Mutant:
    """A spec with one fact changed; the rest of it is shared with the original."""

    pointer: str
    """Where the fact stands, or would stand."""
    operator: str
    detail: str
    spec: Spec

    @property
    def name(self) -> str:
        """Its operator and detail, which distinguish it from others at its pointer."""
        return f"{self.operator}: {self.detail}" if self.detail else self.operator

    def __str__(self) -> str:
        return f"{self.pointer} {self.name}"


def mutants(spec: Spec) -> Iterator[Mutant]:
    """Yield every mutant of a spec, each once, in the order of the spec."""
    seen: set[str] = set()
    for site in sites(spec):
        for operator in operators(site.kind):
            for edit in operator(site):
                change = _change(site, edit)
                if edit.node != site.node and change not in seen:
                    seen.add(change)
                    yield _mutant(site, edit)


def operators(kind: str) -> tuple[Operator, ...]:
    """Return the mutation operators for sites of this kind."""
    of_schemas = (*schemas.OPERATORS, *values.OPERATORS, *between.OPERATORS) if kind == "schema" else ()
    of_media = examples.OPERATORS if kind == "media" else ()
    return (*operations.OPERATORS.get(kind, ()), *of_schemas, *of_media, *notes.OPERATORS, *keys.OPERATORS)


def _mutant(site: Site, edit: Edit) -> Mutant:
    return Mutant(site.pointer + edit.part, edit.operator, edit.detail, replaced(site.spec, site.pointer, edit.node))


def replaced(node: Any, pointer: str, value: Any) -> Any:
    """Return the node with another value at the pointer; all other parts are shared with the original."""
    if not pointer:
        return value
    step, _, rest = pointer[1:].partition("/")
    rest = f"/{rest}" if rest else ""
    if is_list(node):
        index = int(step)
        return [*node[:index], replaced(node[index], rest, value), *node[index + 1 :]]
    key = step.replace("~1", "/").replace("~0", "~")
    return {**node, key: replaced(node[key], rest, value)}


def _change(site: Site, edit: Edit) -> str:
    """Return a key that is equal for edits of an outer and an inner site with the same result."""
    pointer, new = _innermost(site.pointer, site.node, edit.node)
    return f"{pointer} {json.dumps(new, sort_keys=True)}"


def _innermost(pointer: str, old: Any, new: Any) -> tuple[str, Any]:
    while is_object(old) and is_object(new) and old.keys() == new.keys():
        changed = [key for key in old if old[key] is not new[key] and old[key] != new[key]]
        if len(changed) != 1:
            break
        (key,) = changed
        pointer, old, new = f"{pointer}/{escaped(key)}", old[key], new[key]
    return pointer, new
