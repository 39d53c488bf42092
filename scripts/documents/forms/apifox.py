"""The text of an Apifox page -> facts: a few lines, a table, and JSON."""

import json
import re
from collections.abc import Mapping
from typing import Any

from scripts.documents.facts import Facts, Unreadable, listed, mapping
from scripts.documents.fields.json_schema import read_schema
from scripts.documents.fields.lenient_json import loads
from scripts.documents.fields.samples import Sample, read_samples
from scripts.documents.markdown.blocks import blocks
from scripts.documents.markdown.outline import outline
from scripts.documents.operations.authentication import keys
from scripts.documents.operations.bodies import read_request_body, read_response_body
from scripts.documents.operations.calls import OTHER, calls, read_calls
from scripts.documents.operations.codes import gather_codes
from scripts.documents.operations.leftovers import lines_beside, skip_leftovers

PARAMETERS, BODY, RESPONSES, EXAMPLES = "参数", "请求体", "响应", "响应示例"
"""The parts of a page, as it names them."""
PARTS = {
    PARAMETERS: r"(请求)?参数|param(eter)?s?",
    BODY: r"请求体|(request )?body",
    EXAMPLES: r"(返回)?响应示例|(response )?examples?",
    RESPONSES: r"(返回)?响应|responses?",
}
_SIGNS = re.compile(r'"jsonSchema"|x-apifox|"oasExtensions"|"sampleValue"|"responseId"')
_MORE = re.compile(
    r"(?:其他|其它|其余|更多|\bother|\badditional|\bfurther)\s*(?:的)?(?:请求)?(?:参数|字段|parameters?|fields?)",
    re.IGNORECASE,
)
_MEDIA = re.compile(r"\w+/[\w.+*-]+")


def is_apifox(text: str) -> bool:
    """Whether a page is the text of an Apifox page."""
    return len(set(_SIGNS.findall(text))) > 1


def read_apifox(text: str) -> Facts:
    """The facts of an Apifox page."""
    facts = Facts()
    lines, parts = _parts(text)
    made = calls(outline(blocks(lines)))
    if not made:
        raise Unreadable("operation", "no method with an address is named")
    prefix = next(prefix for prefix in made if not prefix.startswith(OTHER))
    read_calls(facts, made)
    if _MORE.search(lines):
        facts.add(f"{prefix}request", "open", value=True)
    for name in (PARAMETERS, RESPONSES, *(() if prefix else (BODY,))):
        if name not in parts:
            raise Unreadable(name, "this part is missing")
    _read_parameters(facts, prefix, parts[PARAMETERS])
    _read_body(facts, prefix, parts.get(BODY, {}))
    for response in parts[RESPONSES]:
        _read_response(facts, f"{prefix}response", response)
    gather_codes(facts)
    read_samples(facts, _samples(prefix, parts))
    skip_leftovers(facts, lines_beside(outline(blocks(lines))), map(str, parts.get(EXAMPLES, ())))
    return facts


def _parts(text: str) -> tuple[str, dict[str, Any]]:
    """The lines of a page without its JSON, and name of a part -> its JSON."""
    lines: list[str] = []
    found: dict[str, Any] = {}
    position = 0
    while position < len(text):
        line = text[position:].partition("\n")[0]
        label = next((bare for other in reversed(lines) if (bare := other.strip(" \t#*:：`~"))), "JSON")
        if re.match(r"\s*[{\[](?!.*\]\()", line):
            value, position = _value(text, position, label)
            found[_named(label, value)] = value
        else:
            lines.append(line)
            position += len(line) + 1
    return "\n".join(lines), found


def _value(text: str, start: int, label: str) -> tuple[Any, int]:
    begin = start + len(text[start:]) - len(text[start:].lstrip())
    try:
        return json.JSONDecoder().raw_decode(text, begin)
    except ValueError as wrong:
        raise Unreadable(_titled(label), f"its JSON is broken: {wrong}") from wrong


def _titled(label: str) -> str:
    """The part that a line announces."""
    return next((name for name, words in PARTS.items() if re.fullmatch(words, label, re.IGNORECASE)), label)


def _named(label: str, value: Any) -> str:
    """The part that JSON is, by what is in it, else by the line above it."""
    if isinstance(value, dict):
        if {"jsonSchema", "examples"} & value.keys():
            return BODY
        if {"query", "path", "header"} & value.keys():
            return PARAMETERS
    parts = listed(value)
    if parts and all(isinstance(one, dict) for one in parts):
        if any("responseId" in one or ("data" in one and "jsonSchema" not in one) for one in parts):
            return EXAMPLES
        if any({"jsonSchema", "code"} & one.keys() for one in parts):
            return RESPONSES
    return _titled(label)


def _samples(prefix: str, parts: Mapping[str, Any]) -> list[Sample]:
    requests = [("request", example.get("value")) for example in parts.get(BODY, {}).get("examples") or ()]
    responses = [("response", example.get("data")) for example in parts.get(EXAMPLES, ())]
    return [
        Sample(f"{prefix}{side}", *(loads(value) if isinstance(value, str) else (value, True)))
        for side, value in (*requests, *responses)
        if value
    ]


def _read_parameters(facts: Facts, prefix: str, parameters: Mapping[str, Any]) -> None:
    for location, found in parameters.items():
        for one in listed(found):
            if not one.get("name"):
                raise Unreadable(PARAMETERS, f"one in {location} has no name")
            if one.get("enable") is not False:
                _read_parameter(facts, prefix, location, one)


def _read_parameter(facts: Facts, prefix: str, location: str, one: Mapping[str, Any]) -> None:
    base, name = f"{prefix}{'headers' if location == 'header' else 'request'}", str(one["name"])
    schema = {key: value for key, value in one.items() if key in {"type", "description", "default", "enum"}}
    required = [name] if one.get("required") is True else []
    read_schema(facts, base, {"properties": {name: schema}, "required": required}, {})
    if location != "header":
        facts.add(f"{base}.{name}", "in", location)
        return
    value = str(one.get("sampleValue") or one.get("example") or "")
    for fact, word in keys(f"{name}: {value}"):
        facts.add("auth", fact, word)
    if _MEDIA.fullmatch(value):
        facts.add(f"{base}.{name}", "sample", value)


def _read_body(facts: Facts, prefix: str, body: Mapping[str, Any]) -> None:
    schema = mapping(body.get("jsonSchema"))
    if not schema.get("properties"):
        if prefix:
            return
        raise Unreadable(BODY, "it has no schema with fields")
    for media in (body.get("type"), *(example.get("mediaType") for example in body.get("examples") or ())):
        if isinstance(media, str) and _MEDIA.fullmatch(media):
            facts.add(f"{prefix}request", "content_type", media)
    if isinstance(body.get("required"), bool):
        facts.add(f"{prefix}request", "body_required", body["required"])
    read_request_body(facts, f"{prefix}request", schema, schema)


def _read_response(facts: Facts, where: str, response: Mapping[str, Any]) -> None:
    if "code" in response:
        facts.add(where, "status", response["code"])
    if kind := response.get("contentType"):
        facts.add(where, "content_type", kind if "/" in str(kind) else f"application/{kind}")
    if schema := mapping(response.get("jsonSchema")):
        read_response_body(facts, where, schema, schema)
