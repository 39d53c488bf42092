"""Which operation each sample and each group of fields of a page belongs to, and so the place of each field."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from scripts.documents.facts import listed, mapping, place
from scripts.documents.fields.lenient_json import loads
from scripts.documents.fields.samples import Sample, keys
from scripts.documents.markdown import tables
from scripts.documents.markdown.blocks import Fence, Table
from scripts.documents.markdown.outline import Field, Group, Passage
from scripts.documents.operations.calls import HEADERS, Call
from scripts.documents.operations.page import PlacedField
from scripts.documents.operations.roles import Interpretation, OperationIndex, interpret, side_of_sample

_KEY = re.compile(r'"(\w+)"\s*:')
_COMPOUND = re.compile(r"obj|对象|arr|数组|list|列表|\[\]", re.IGNORECASE)

ResponseSample = tuple[Passage, Any, bool]
"""A sample of a response: its passage, its data, whether it is JSON."""


def samples_of(
    passages: tuple[Passage, ...], calls: Mapping[str, list[Call]], operations: OperationIndex
) -> Iterator[Sample]:
    """The samples of a page: the bodies of curl commands, and every block that looks like JSON."""
    for prefix, members in calls.items():
        yield from (Sample(f"{prefix}request", *loads(call.body)) for call in members if call.body is not None)
    responses: list[ResponseSample] = []
    for passage in passages:
        if not isinstance(passage.content, Fence) or not re.match(r"\s*[{\[]", passage.content.content):
            continue
        data, valid = loads(passage.content.content)
        side = side_of_sample(passage, keys(data) or _KEY.findall(passage.content.content))
        if side == "response":
            responses.append((passage, data, valid))
        else:
            yield Sample("request" if side == "request" else "callback.body", data, valid)
    for prefix, (_, data, valid) in _by_operation(responses, operations):
        yield Sample(f"{prefix}response", data, valid)


def placed_fields(
    passages: tuple[Passage, ...], operations: OperationIndex, samples: list[Sample]
) -> Iterator[PlacedField]:
    """The fields of all groups, each at its place.

    Groups are interpreted twice: an object that the first pass finds may have its fields in another group.
    """
    found = [(passage, group) for passage in passages if (group := group_of(passage))]
    objects: dict[str, set[tuple[str, ...]]] = {}
    for sample in samples:
        objects.setdefault(sample.root, set()).update(_paths(sample.data))
    for one, group in [(interpret(passage, group, operations, samples, objects), group) for passage, group in found]:
        objects.setdefault(f"{one.prefix}{one.side}", set()).update((*one.inner, *path) for path in _objects(group))
    for passage, group in found:
        one = interpret(passage, group, operations, samples, objects)
        yield from (PlacedField(_where(one, each), each, passage) for each in group.fields)


def group_of(passage: Passage) -> Group | None:
    """The fields that a passage describes, if it describes fields."""
    match passage.content:
        case Group(fields=fields) if fields:
            return passage.content
        case Table() if tables.codes(passage.content) is None and tables.models(passage.content) is None:
            return tables.fields(passage.content)
        case _:
            return None


def _by_operation(responses: list[ResponseSample], operations: OperationIndex) -> Iterator[tuple[str, ResponseSample]]:
    """Each response with the prefix of its operation; neither operation is left without while the other has two."""

    def lead(response: ResponseSample) -> float:
        return operations.evidence(response[0], "query.") - operations.evidence(response[0], "")

    others = [prefix for prefix in operations.prefixes if prefix not in {"", "query."}]
    for prefix in others:
        theirs = [one for one in responses if operations.section(one[0]) == frozenset({prefix})]
        yield from ((prefix, one) for one in theirs)
        responses = [one for one in responses if one not in theirs]
    if len(operations.prefixes) - len(others) < 2:
        yield from (
            (prefix, response) for response in responses for prefix in operations.prefixes if prefix not in others
        )
        return
    ordered = sorted(responses, key=lead)
    for number, response in enumerate(ordered):
        is_query = lead(response) > 0
        if len(ordered) > 1:
            is_query = (is_query or number == len(ordered) - 1) and number > 0
        yield "query." if is_query else "", response


def _objects(group: Group) -> Iterator[tuple[str, ...]]:
    """The paths of the fields of a group that have fields themselves."""
    for each in group.fields:
        if any(_COMPOUND.search(statement.text.plain) for statement in each.of("type")):
            yield tuple(each.name.split("."))


def _paths(data: Any) -> Iterator[tuple[str, ...]]:
    for name, child in mapping(data).items():
        for item in listed(child) if isinstance(child, list) else [child]:
            if isinstance(item, dict):
                yield (name,)
                yield from ((name, *path) for path in _paths(item))


def _where(one: Interpretation, each: Field) -> str:
    """The place of a field; headers have one of their own."""
    located = next((statement.text.plain.strip("`\"' ").lower() for statement in each.of("in")), None)
    if located == "header" or (located is None and each.name.lower() in HEADERS):
        return place(f"{one.prefix}headers", each.name)
    return place(one.root, each.name)
