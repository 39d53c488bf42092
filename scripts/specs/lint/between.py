"""Rules on rules between fields: `if` with `then` or `else` within an `allOf`, and `x-rules`.

What they may say is what the generated classes can check.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from klingkit_api.rules import Difference, Sum, parsed
from scripts.specs.lint.index import Finding, Index, Rule
from scripts.specs.spec import Node, Spec, conditionals, is_list, is_object, resolved

CONDITIONAL: Final = frozenset({"description", "if", "then", "else", "x-source"})
PART: Final = frozenset({"required", "properties", "x-rules"})
DEMANDS: Final = {
    "array": frozenset({"minItems", "maxItems", "contains"}),
    "boolean": frozenset({"const"}),
    "string": frozenset({"const", "pattern"}),
}
"""Type of a field -> what a rule may demand of it."""
NUMBERS: Final = frozenset({"integer", "number"})


def conditional_rules(index: Index) -> Iterator[Finding]:
    """A rule with `if` has a source and a consequence, and names fields of its object and what they may be."""
    for where, node in index.new_schemas.items():
        for place, rule in enumerate(node.get("allOf", ())):
            if "if" in rule:
                here = f"{where}/allOf/{place}"
                if not rule.keys() & {"then", "else"} or not rule.keys() <= CONDITIONAL:
                    yield here, f"has {sorted(rule)}; a rule has if, and then or else"
                if "x-source" not in rule or "description" not in rule:
                    yield here, "is a rule without a description or an x-source"
                for key in ("if", "then", "else"):
                    found = _of_part(index.spec, node, rule.get(key, {"required": []}))
                    yield from ((f"{here}/{key}", why) for why in found)


def noted_rules(index: Index) -> Iterator[Finding]:
    """An entry of `x-rules` has a source, a known form, and names fields of its object that are numbers."""
    for where, node in index.new_schemas.items():
        yield from ((f"{where}/x-rules", why) for why in _of_notes(index.spec, node, node.get("x-rules", [])))
        if is_list(node.get("allOf")) and not conditionals(node) and any("then" in part for part in node["allOf"]):
            yield where, "has a rule without if"


def _of_part(spec: Spec, holder: Node, part: Any) -> Iterator[str]:
    if not is_object(part) or not part or not part.keys() <= PART:
        yield f"{part!r} is no part of a rule: {', '.join(sorted(PART))}"
        return
    fields = holder.get("properties", {})
    for name in (*part.get("required", ()), *part.get("properties", {})):
        if name not in fields:
            yield f"names {name!r}, which is no property"
    for name, demand in part.get("properties", {}).items():
        kind = resolved(spec, fields[name]).get("type") if name in fields else None
        if is_object(demand) and not (demand and demand.keys() <= DEMANDS.get(str(kind), frozenset())):
            yield f"demands {sorted(demand)} of {name}, of type {kind}"
        elif is_object(demand) and "contains" in demand and demand["contains"].keys() != {"pattern"}:
            yield f"demands of {name} that it contains no pattern"
        elif not is_object(demand) and demand is not False:
            yield f"demands {demand!r} of {name}"
    yield from _patterns(part)
    yield from _of_notes(spec, holder, part.get("x-rules", []))


def _patterns(part: Any) -> Iterator[str]:
    for key, held in part.items() if is_object(part) else ():
        if key == "pattern" and isinstance(held, str):
            try:
                re.compile(held)
            except re.error as error:
                yield f"has the pattern {held!r}: {error}"
        yield from _patterns(held)


def _of_notes(spec: Spec, holder: Node, entries: Any) -> Iterator[str]:
    fields = holder.get("properties", {})
    for entry in entries:
        rule = parsed(entry) if is_object(entry) else None
        if rule is None or "x-source" not in entry:
            yield f"{entry!r} is no rule with a source"
        elif isinstance(rule, Difference):
            yield from (f"names {name!r}, which is no number" for name in rule.fields if not _is_number(fields, name))
            if not rule.minimum <= rule.maximum:
                yield f"has the minimum {rule.minimum} and the maximum {rule.maximum}"
        else:
            yield from _of_sum(spec, fields, rule)


def _of_sum(spec: Spec, fields: Node, rule: Sum) -> Iterator[str]:
    name, _, number = rule.items.partition(".")
    items = resolved(spec, fields.get(name, {}).get("items", {}))
    if not _is_number(items.get("properties", {}), number):
        yield f"names {rule.items!r}, which is no number in the items of a list"
    total = fields.get(rule.total, {})
    digits = all(str(choice).isdigit() for choice in total.get("enum", ["none"]))
    if not (_is_number(fields, rule.total) or digits):
        yield f"names {rule.total!r}, which is no number"


def _is_number(fields: Node, name: str) -> bool:
    return str(fields.get(name, {}).get("type")) in NUMBERS


RULES: tuple[Rule, ...] = (conditional_rules, noted_rules)
