"""The vendor's own samples against the specs: each is allowed by the spec, or waived with a reason.

A sample is a request if it names a model; the first of the others is the response to it, and the next the response to
a query. One that is not JSON (a comment, a stray comma) needs a waiver of its fact `valid`; what it means, mended, is
held to the spec all the same, unless its fact `wrong` is waived.
"""

import json
import re
from collections.abc import Collection, Iterator
from itertools import chain
from typing import Any

from attrs import frozen
from markdown_it import MarkdownIt

from scripts.documents.fields.lenient_json import loads
from scripts.specs.baseline import escaped
from scripts.specs.files import read_yaml
from scripts.specs.lint.values import Value, invalid_embedded_json, invalid_values
from scripts.specs.spec import Operation, Spec, is_list, is_object, paid_operation, query_operation

MODELS = ("model", "model_name")
COMMAND = re.compile(r"--data(?:-raw)?\s+'(?P<body>[^']*)'")
REQUEST, RESPONSES = "request.sample", ("response.sample", "query.response.sample")


@frozen
class Sample:
    """A sample under the place that facts give it, as data, mended where it is not JSON."""

    place: str
    data: Any
    valid: bool


def problems(spec: Spec, document: str, page: str, waived: Collection[str]) -> list[str]:
    """Return where a spec does not allow the samples of a document's page, except for waived facts."""
    found: list[str] = []
    tried: list[Value] = []
    for sample in samples(page):
        where = f"{document}: {sample.place}"
        if not sample.valid and f"{sample.place}.valid" not in waived:
            found.append(f"{where} is not JSON")
        if f"{sample.place}.wrong" not in waived:
            tried.append((where, _schema(spec, sample.place), sample.data))
    wrong = [fact for fact in waived if fact.endswith(".wrong")]
    if wrong and not list(_refused(spec, [(it.place, _schema(spec, it.place), it.data) for it in samples(page)])):
        found.append(f"{document}: no sample is wrong, and {', '.join(wrong)} is waived")
    return found + [f"{where}: {why}" for where, why in _refused(spec, tried)]


def samples(page: str) -> list[Sample]:
    """Return the samples of a page, in its order."""
    others = iter(RESPONSES)
    found: list[Sample] = []
    for data, valid in chain(map(loads, _texts(page)), ((example, True) for example in _examples(page))):
        named = data.keys() & set(MODELS) if is_object(data) else False
        found.append(Sample(REQUEST if named else next(others, RESPONSES[-1]), data, valid))
    return found


def _refused(spec: Spec, tried: list[Value]) -> Iterator[tuple[str, str]]:
    yield from invalid_values(spec, tried)
    yield from invalid_embedded_json(spec, tried)


def _schema(spec: Spec, place: str) -> str:
    """Return the JSON pointer of the schema of what a sample shows."""
    if place == REQUEST:
        return f"{_pointer(paid_operation(spec))}/requestBody/content/application~1json/schema"
    operation = paid_operation(spec) if place == RESPONSES[0] else query_operation(spec)
    return f"{_pointer(operation)}/responses/200/content/application~1json/schema"


def _pointer(operation: Operation) -> str:
    return f"/paths/{escaped(operation.path)}/{operation.method}"


def _examples(page: str) -> Iterator[Any]:
    """Yield the objects that an OpenAPI description on a page has as examples, and the requests in its texts."""
    for fence in _fences(page):
        if re.match(r"openapi:", fence):
            described = read_yaml(fence)
            yield from _objects_under(described, "example")
            shown = map(loads, chain.from_iterable(map(_in_fences, _texts_under(described, "description"))))
            yield from (data for data, _ in shown if is_object(data) and data.keys() & set(MODELS))


def _objects_under(value: Any, key: str) -> Iterator[Any]:
    if is_object(value) and is_object(value.get(key)):
        yield value[key]
    for child in value.values() if is_object(value) else value if is_list(value) else ():
        yield from _objects_under(child, key)


def _texts_under(value: Any, key: str) -> Iterator[str]:
    if is_object(value) and isinstance(value.get(key), str):
        yield value[key]
    for child in value.values() if is_object(value) else value if is_list(value) else ():
        yield from _texts_under(child, key)


def _fences(page: str) -> list[str]:
    return [token.content for token in MarkdownIt().parse(page) if token.type == "fence"]


def _texts(page: str) -> Iterator[str]:
    """Yield the JSON objects that a page shows: in fences, in commands within them, in strings of its own JSON."""
    yield from _in_fences(page)
    for line in () if _fences(page) else page.splitlines():
        if line.startswith(("{", "[")):
            yield from _embedded(json.loads(line))


def _in_fences(page: str) -> Iterator[str]:
    for fence in _fences(page):
        texts = [match["body"] for match in COMMAND.finditer(fence)] or [fence]
        yield from (text.strip() for text in texts if text.lstrip().startswith("{"))


def _embedded(value: Any) -> Iterator[str]:
    """Yield the strings within a value that hold an object."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        yield value
    for child in value.values() if is_object(value) else value if is_list(value) else ():
        yield from _embedded(child)
