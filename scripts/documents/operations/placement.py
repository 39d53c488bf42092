"""Which operation each sample and each group of fields of a page belongs to, and so the place of each field."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from scripts.documents.facts import place
from scripts.documents.fields.lenient_json import loads
from scripts.documents.fields.samples import Sample, keys
from scripts.documents.markdown import tables
from scripts.documents.markdown.blocks import Fence, Table
from scripts.documents.markdown.outline import Field, Group, Piece
from scripts.documents.operations.calls import HEADERS, Call
from scripts.documents.operations.page import Placed
from scripts.documents.operations.roles import Reading, Scopes, reading, side_of_sample

_KEY = re.compile(r'"(\w+)"\s*:')
_COMPOUND = re.compile(r"obj|对象|arr|数组|list|列表|\[\]", re.IGNORECASE)

Answer = tuple[Piece, Any, bool]
"""A sample of an answer: where it stands, its data, whether it is JSON."""


def samples_of(pieces: tuple[Piece, ...], calls: Mapping[str, list[Call]], scopes: Scopes) -> Iterator[Sample]:
    """The samples of a page: the bodies of curl commands, and every block that looks like JSON."""
    for prefix, members in calls.items():
        yield from (Sample(f"{prefix}request", *loads(call.body)) for call in members if call.body is not None)
    answers: list[Answer] = []
    for piece in pieces:
        if not isinstance(piece.content, Fence) or not re.match(r"\s*[{\[]", piece.content.content):
            continue
        data, valid = loads(piece.content.content)
        side = side_of_sample(piece, keys(data) or _KEY.findall(piece.content.content))
        if side == "response":
            answers.append((piece, data, valid))
        else:
            yield Sample("request" if side == "request" else "callback.body", data, valid)
    for prefix, (_, data, valid) in _dealt(answers, scopes):
        yield Sample(f"{prefix}response", data, valid)


def placed(pieces: tuple[Piece, ...], scopes: Scopes, samples: list[Sample]) -> Iterator[Placed]:
    """The fields of all groups, each at its place.

    Groups are read twice: what the first reading finds to be an object may have its fields in another group.
    """
    found = [(piece, group) for piece in pieces if (group := group_of(piece))]
    objects: dict[str, set[tuple[str, ...]]] = {}
    for sample in samples:
        objects.setdefault(sample.root, set()).update(_paths(sample.data))
    for one, group in [(reading(piece, group, scopes, samples, objects), group) for piece, group in found]:
        objects.setdefault(f"{one.prefix}{one.side}", set()).update((*one.inner, *path) for path in _objects(group))
    for piece, group in found:
        one = reading(piece, group, scopes, samples, objects)
        yield from (Placed(_where(one, each), each, piece) for each in group.fields)


def group_of(piece: Piece) -> Group | None:
    """The fields that a piece describes, if it describes fields."""
    match piece.content:
        case Group():
            return piece.content
        case Table() if tables.codes(piece.content) is None and tables.models(piece.content) is None:
            return tables.fields(piece.content)
        case _:
            return None


def _dealt(answers: list[Answer], scopes: Scopes) -> Iterator[tuple[str, Answer]]:
    """Each answer with the operation that it belongs to; neither goes without while the other has two."""

    def lead(answer: Answer) -> float:
        return scopes.evidence(answer[0], "query.") - scopes.evidence(answer[0], "")

    if len(scopes.prefixes) < 2:
        yield from ((scopes.prefixes[0], answer) for answer in answers)
        return
    ordered = sorted(answers, key=lead)
    for number, answer in enumerate(ordered):
        asked = lead(answer) > 0
        if len(ordered) > 1:
            asked = (asked or number == len(ordered) - 1) and number > 0
        yield "query." if asked else "", answer


def _objects(group: Group) -> Iterator[tuple[str, ...]]:
    """The paths of the fields of a group that have fields themselves."""
    for each in group.fields:
        if any(_COMPOUND.search(said.text.plain) for said in each.of("type")):
            yield tuple(each.name.split("."))


def _paths(data: Any) -> Iterator[tuple[str, ...]]:
    for name, child in data.items() if isinstance(data, dict) else ():
        for item in child if isinstance(child, list) else [child]:
            if isinstance(item, dict):
                yield (name,)
                yield from ((name, *path) for path in _paths(item))


def _where(one: Reading, each: Field) -> str:
    """The place of a field; headers have one of their own."""
    located = next((said.text.plain.strip("`\"' ").lower() for said in each.of("in")), None)
    if located == "header" or (located is None and each.name.lower() in HEADERS):
        return place(f"{one.prefix}headers", each.name)
    return place(one.root, each.name)
