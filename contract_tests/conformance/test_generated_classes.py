"""No limit of any schema is without a case on either side of it: loosened or tightened, it is missed."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import pytest

from contract_tests.conformance.mirror import API_CASES
from scripts.checks import limits
from scripts.specs.files import load
from scripts.specs.spec import Node, Spec, resolved, within

Change: TypeAlias = tuple[str, Node]
"""What is done, and the keywords with their new values; None takes one out."""

SPECS = {api: load(api) for api in API_CASES}
NOTES = {"description", "examples", "x-source", "x-doc-required", "x-field-values", "x-dialect"}
"""What binds nobody."""
ELSEWHERE = {"format", "contentMediaType", "contentSchema"}
"""What the client checks: the address of a callback when it is sent, the JSON in a string when it is read."""
OTHER = {
    "string": "integer",
    "integer": "string",
    "number": "string",
    "boolean": "string",
    "object": "array",
    "array": "object",
}
OTHER["null"] = "boolean"


@pytest.mark.parametrize(("api", "name"), [(api, name) for api in SPECS for name in limits.models(api)])
def test_every_limit_has_cases_on_both_sides(api: str, name: str):
    assert not noticed(api, name, SPECS[api]["components"]["schemas"][name])
    assert [what for what, other in changed(api, name) if not noticed(api, name, other)] == []


def noticed(api: str, name: str, schema: Node) -> bool:
    """Whether a value shows that the class and this schema differ."""
    components = SPECS[api]["components"]
    spec = {"components": {**components, "schemas": {**components["schemas"], name: schema}}}
    return any(limits.disagreements(api, name, spec))


def changed(api: str, name: str) -> Iterator[tuple[str, Node]]:
    """The schema with each keyword in turn loosened and tightened."""
    spec = SPECS[api]
    whole = spec["components"]["schemas"][name]
    for pointer, node in within("", whole):
        for keyword in node.keys() - NOTES - ELSEWHERE:
            for what, change in CHANGES[keyword](node, spec) if "/contentSchema" not in pointer else ():
                other = {key: value for key, value in {**node, **change}.items() if value is not None}
                yield f"{pointer}/{keyword} {what}", replaced(whole, pointer.split("/")[1:], other)


def replaced(holder: Any, way: list[str], value: Any) -> Any:
    """The holder with something else at the end of a way."""
    if not way:
        return value
    step, *rest = way
    if isinstance(holder, list):
        return [replaced(it, rest, value) if str(index) == step else it for index, it in enumerate(holder)]
    return {**holder, step: replaced(holder[step], rest, value)}


def shifted(keyword: str, step: float) -> Callable[[Node, Spec], Iterator[Change]]:
    """A limit taken away, and moved to both sides."""

    def changes(node: Node, _: Spec) -> Iterator[Change]:
        for what, limit in (("gone", None), ("less", node[keyword] - step), ("more", node[keyword] + step)):
            yield what, {keyword: limit}

    return changes


def steps(node: Node, _: Spec) -> Iterator[Change]:
    yield "gone", {"multipleOf": None}
    yield "doubled", {"multipleOf": node["multipleOf"] * 2}


def choices(node: Node, _: Spec) -> Iterator[Change]:
    listed = node["enum"]
    yield "gone", {"enum": None}
    yield "one more", {"enum": [*listed, "other" if isinstance(listed[0], str) else listed[-1] + 5]}
    for choice in listed:
        yield f"without {choice!r}", {"enum": [it for it in listed if it != choice]}


def constant(_: Node, __: Spec) -> Iterator[Change]:
    yield "gone", {"const": None}
    yield "another", {"const": "another"}


def default(node: Node, _: Spec) -> Iterator[Change]:
    yield "gone", {"default": None}
    yield "another", {"default": not node["default"] if isinstance(node["default"], bool) else "another"}


def kinds(node: Node, _: Spec) -> Iterator[Change]:
    stated = node["type"]
    if isinstance(stated, list):
        yield from ((f"without {kind}", {"type": [it for it in stated if it != kind]}) for kind in stated)
    else:
        yield "another", {"type": OTHER[stated]} if "enum" not in node else {"enum": [], "type": stated}
    if "enum" not in node:  # which says it already
        yield "gone", {"type": None}


def needed(node: Node, _: Spec) -> Iterator[Change]:
    for name in node["required"]:
        yield f"without {name}", {"required": [it for it in node["required"] if it != name]}


def fields(node: Node, spec: Spec) -> Iterator[Change]:
    required = node.get("required", [])
    for name, schema in node["properties"].items():
        if name not in required:
            yield f"{name} needed", {"required": [*required, name]}
        if node.get("additionalProperties") is False or resolved(spec, schema).keys() - NOTES:
            others = {it: inner for it, inner in node["properties"].items() if it != name}
            yield f"without {name}", {"properties": others, "required": [it for it in required if it != name]}


def openness(node: Node, _: Spec) -> Iterator[Change]:
    yield "turned", {"additionalProperties": not node["additionalProperties"]}


def options(keyword: str) -> Callable[[Node, Spec], Iterator[Change]]:
    """Each alternative taken away; words that are listed beside any word at all only tell what is known."""

    def changes(node: Node, spec: Spec) -> Iterator[Change]:
        listed = [resolved(spec, option) for option in node[keyword]]
        open_kinds = [it.get("type") for it in listed if "enum" not in it]
        for index, option in enumerate(listed):
            if "enum" not in option or option["type"] not in open_kinds:
                yield f"without {index}", {keyword: [*node[keyword][:index], *node[keyword][index + 1 :]]}

    return changes


def gone(keyword: str) -> Callable[[Node, Spec], Iterator[Change]]:
    return lambda _node, _spec: iter([("gone", {keyword: None})])


def open_words(node: Node, spec: Spec) -> Iterator[Change]:
    """A reference taken away, unless it is to words that only tell what is known."""
    if "enum" not in resolved(spec, node):
        yield "gone", {"$ref": None}


CHANGES: dict[str, Callable[[Node, Spec], Iterator[Change]]] = {
    "maxLength": shifted("maxLength", 1),
    "minimum": shifted("minimum", 0.1),
    "maximum": shifted("maximum", 0.1),
    "multipleOf": steps,
    "enum": choices,
    "const": constant,
    "default": default,
    "type": kinds,
    "required": needed,
    "properties": fields,
    "additionalProperties": openness,
    "anyOf": options("anyOf"),
    "oneOf": options("oneOf"),
    "items": gone("items"),
    "$ref": open_words,
}
"""What is done to each keyword; one that is not listed is one without cases."""
