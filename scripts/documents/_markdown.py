"""A Markdown page, of tables or bullets or both -> facts."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from scripts.documents import _operations as operations
from scripts.documents import _tables as tables
from scripts.documents._blocks import Fence, Table, Text, blocks
from scripts.documents._callbacks import tell_callback
from scripts.documents._codes import tell_codes, tell_states
from scripts.documents._document import Facts, Unreadable, place
from scripts.documents._fields import tell_examples, tell_field
from scripts.documents._keys import tell_keys
from scripts.documents._models import tell_mentioned_models, tell_models
from scripts.documents._notes import tell_mentions, tell_notes
from scripts.documents._operations import Call
from scripts.documents._outline import Group, Piece, labels, outline
from scripts.documents._page import Page, Placed
from scripts.documents._polling import tell_polling
from scripts.documents._roles import Reading, Scopes, reading, side_of_sample
from scripts.documents._lenient import loads
from scripts.documents._samples import Sample, judge_samples, keys, show_samples, tell_success
from scripts.documents._words import field_name

_KEY = re.compile(r'"(\w+)"\s*:')
_COMPOUND = re.compile(r"obj|对象|arr|数组|list|列表|\[\]", re.IGNORECASE)
_PARAMETER = re.compile(r"(?:查询|请求|路径)?参数|(?:query |path )?parameters?", re.IGNORECASE)
_LOCATION = {
    "path": re.compile(r"路径|\bpath\b", re.IGNORECASE),
    "query": re.compile(r"url|查询|\bquery", re.IGNORECASE),
    "header": re.compile(r"请求头|\bheader", re.IGNORECASE),
    "body": re.compile(r"请求体|\bbody\b", re.IGNORECASE),
}
HEADERS = frozenset({"authorization", "content-type", "accept"})


def read_markdown(text: str) -> tuple[str, Facts]:
    """The form of a page, kie or tables, and its facts."""
    found = blocks(text)
    if any(isinstance(fence, Fence) and not fence.closed for fence in found):
        raise Unreadable("page", "a block of code has no end: the page is cut off")
    page = _page(outline(found))
    if not page.fields:
        raise Unreadable("fields", "no field of a request or an answer is described")
    _tell(page)
    bullets = any(isinstance(piece.content, Group) for piece in page.pieces)
    return "kie" if bullets else "tables", page.facts


def _page(pieces: tuple[Piece, ...]) -> Page:
    calls = operations.calls(pieces)
    if not calls:
        raise Unreadable("operation", "no method with an address is named")
    scopes = Scopes.of(calls)
    samples = list(_samples(pieces, calls, scopes))
    return Page(pieces, calls, scopes, samples, list(_placed(pieces, scopes, samples)))


def _tell(page: Page) -> None:
    """Tell everything, in an order in which each teller finds what it builds on."""
    _tell_calls(page)
    for placed in page.fields:
        tell_field(page.facts, placed.where, placed.field, page.names)
    for placed in page.fields:
        _tell_parents(page.facts, placed.where)
    for teller in (tell_keys, tell_models, tell_notes, tell_mentioned_models, tell_codes, tell_callback, tell_polling):
        teller(page)
    show_samples(page.facts, page.samples)
    tell_success(page.facts, page.samples)
    tell_states(page)
    tell_mentions(page)
    judge_samples(page.facts, page.samples, lambda root, path: _mentioned(page, root, path))
    for placed in page.fields:
        tell_examples(page.facts, placed.where, placed.field)


def _tell_calls(page: Page) -> None:
    for prefix, members in page.calls.items():
        for call in members:
            for name, value in (("method", call.method), ("path", call.path), ("host", call.host)):
                if value:
                    page.facts.tell(f"{prefix}request", name, value)
            for name, _ in call.headers:
                if name.lower() not in HEADERS:
                    page.facts.tell(f"{prefix}headers.{name}", "told_by", "sample")
            for name, location in call.parameters.items():
                page.facts.tell(f"{prefix}request.{name}", "in", location)
    for piece in page.pieces:
        if "query." in page.calls and page.scopes.evidence(piece, "query.") >= page.scopes.evidence(piece, ""):
            for name, location in _parameters(piece):
                page.facts.tell(f"query.request.{name}", "in", location)


def _parameters(piece: Piece) -> Iterator[tuple[str, str]]:
    """Name -> in: the parameters that a line names under a label, as `parameter: id (in the URL)`."""
    for label, value in labels(piece):
        if _PARAMETER.fullmatch(label.strip()) and (named := field_name(Text(value.marked.split("(")[0].split("（")[0]))):
            if location := next((where for where, words in _LOCATION.items() if words.search(value.plain)), None):
                yield named, location


def _samples(pieces: tuple[Piece, ...], calls: Mapping[str, list[Call]], scopes: Scopes) -> Iterator[Sample]:
    """The samples of a page; of two that may be an operation's answer, the one with more evidence is."""
    for prefix, members in calls.items():
        yield from (Sample(f"{prefix}request", *loads(call.body)) for call in members if call.body is not None)
    answers: list[tuple[Piece, Any, bool]] = []
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


def _dealt(answers: list[tuple[Piece, Any, bool]], scopes: Scopes) -> Iterator[tuple[str, tuple[Piece, Any, bool]]]:
    """Each answer with the operation that it belongs to; none is left without while another has two."""

    def lead(answer: tuple[Piece, Any, bool]) -> float:
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


def _group(piece: Piece) -> Group | None:
    match piece.content:
        case Group():
            return piece.content
        case Table() if tables.codes(piece.content) is None:
            return tables.fields(piece.content)
        case _:
            return None


def _placed(pieces: tuple[Piece, ...], scopes: Scopes, samples: list[Sample]) -> Iterator[Placed]:
    """The fields of all groups, each at its place."""
    found = [(piece, group) for piece in pieces if (group := _group(piece))]
    objects: dict[str, set[tuple[str, ...]]] = {}
    for sample in samples:
        objects.setdefault(sample.root, set()).update(_paths(sample.data))
    readings = [reading(piece, group, scopes, samples, objects) for piece, group in found]
    for one, (_, group) in zip(readings, found, strict=True):
        objects.setdefault(f"{one.prefix}{one.side}", set()).update((*one.inner, *path) for path in _objects(group))
    for piece, group in found:
        one = reading(piece, group, scopes, samples, objects)
        for each in group.fields:
            yield Placed(_where(one, each), each, piece)


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


def _where(one: Reading, each: Any) -> str:
    """The place of a field; headers have one of their own."""
    located = next((said.text.plain.strip("`\"' ").lower() for said in each.of("in")), None)
    if located == "header" or (located is None and each.name.lower() in HEADERS):
        return place(f"{one.prefix}headers", each.name)
    return place(one.root, each.name)


def _tell_parents(facts: Facts, where: str) -> None:
    """Tell that what is before a dot is an object, where nothing else is told of it."""
    *parents, _ = where.split(".")
    while len(parents) > 1 and parents[-1] not in {"request", "response", "headers"}:
        if "type" not in facts.values.get(".".join(parents), {}):
            facts.tell(".".join(parents), "type", "object")
        parents.pop()


def _mentioned(page: Page, root: str, path: str) -> bool:
    """Whether the description of the object around a field names it."""
    parent, _, name = place(root, path).rpartition(".")
    word = re.compile(rf"(?<![\w.]){re.escape(name)}(?!\w)")
    about = [placed for placed in page.fields if placed.where == parent]
    return any(word.search(text.plain) for placed in about for text in placed.texts)
