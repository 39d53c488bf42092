"""The text of an Apifox page -> facts: a few lines, a table, and JSON."""

import json
import re
from collections.abc import Iterator
from typing import Any

from scripts.documents._blocks import narrow
from scripts.documents._callbacks import callback_name, tell_method
from scripts.documents._codes import gather_codes, tell_codes_in
from scripts.documents._document import Facts, Unreadable
from scripts.documents._models import tell_model_in
from scripts.documents._operations import METHODS
from scripts.documents._page import MODEL
from scripts.documents._lenient import loads
from scripts.documents._samples import Sample, tell_all
from scripts.documents._schema import tell_schema

PARTS = {"参数": "参数", "parameters": "参数", "params": "参数", "请求体": "请求体", "body": "请求体", "request body": "请求体", "requestbody": "请求体",
         "响应": "响应", "返回响应": "响应", "responses": "响应", "response": "响应", "响应示例": "响应示例", "response examples": "响应示例", "response example": "响应示例", "examples": "响应示例"}
_SIGNS = re.compile(r'"jsonSchema"|x-apifox|"oasExtensions"|"sampleValue"')


def is_apifox(text: str) -> bool:
    """Whether a page is the text of an Apifox page."""
    return len(set(_SIGNS.findall(text))) > 1


def read_apifox(text: str) -> Facts:
    """The facts of an Apifox page."""
    facts = Facts()
    _tell_operation(facts, text)
    if re.search(r"(?:其他|其它|其余|更多|\bother|\badditional|\bfurther)\s*(?:的)?(?:请求)?(?:参数|字段|parameters?|fields?)", text, re.IGNORECASE):
        facts.tell("request", "open", value=True)
    parts = _parts(text)
    for name in ("参数", "请求体", "响应"):
        if name not in parts:
            raise Unreadable(name, "this part is missing")
    _tell_parameters(facts, parts["参数"])
    body = parts["请求体"]
    _tell_body(facts, body)
    samples = [_sample("request", example.get("value")) for example in body.get("examples") or () if example.get("value")]
    for response in parts["响应"]:
        _tell_response(facts, response)
    shown = [_sample("response", example.get("data")) for example in parts.get("响应示例", ()) if example.get("data")]
    gather_codes(facts)
    tell_all(facts, [*samples, *shown])
    return facts


def _sample(root: str, value: Any) -> Sample:
    return Sample(root, *loads(value)) if isinstance(value, str) else Sample(root, value)


def _tell_operation(facts: Facts, text: str) -> None:
    """Tell every method and address: a line of their own, and the rows of the overview."""
    plain = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(("{", "[", '"')))
    paths = re.findall(rf"^\W*({'|'.join(METHODS)})\W+(https?://[^\s`|]+|/[^\s`|]+)", plain, re.MULTILINE)
    methods = re.findall(rf"Method\W+({'|'.join(METHODS)})\b|请求方法\W+({'|'.join(METHODS)})\b", plain, re.IGNORECASE)
    addresses = re.findall(r"(?:\bPath|请求路径|接口路径|请求地址)[\s|*`:：]+(https?://[^\s`|]+|/[^\s`|]+)", plain, re.IGNORECASE)
    for method in [*(method for method, _ in paths), *(one or other for one, other in methods)]:
        facts.tell("request", "method", method.upper())
    for address in [*(address for _, address in paths), *addresses]:
        host, path = _split(address)
        facts.tell("request", "path", path)
        if host:
            facts.tell("request", "host", host)
    if not (paths or (methods and addresses)):
        raise Unreadable("operation", "no method with an address is named")


def _split(address: str) -> tuple[str | None, str]:
    found = re.fullmatch(r"(https?://[^/]+)?(/.*)?", address)
    return (found[1], found[2] or "/") if found else (None, address)


def _parts(text: str) -> dict[str, Any]:
    """Name of a part -> its JSON."""
    found: dict[str, Any] = {}
    position, label = 0, "JSON"
    decoder = json.JSONDecoder()
    while position < len(text):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        line = text[position:end]
        if re.match(r"\s*[{\[]", line) and not re.match(r"\s*\[[^\]]*\]\(", line):
            start = position + len(line) - len(line.lstrip())
            try:
                value, after = decoder.raw_decode(text, start)
            except ValueError as wrong:
                raise Unreadable(PARTS.get(label.lower(), label), f"its JSON is broken: {wrong}") from wrong
            found[_named(label, value)] = value
            position = after
            continue
        if bare := line.strip(" \t#*:：`"):
            label = bare
        position = end + 1
    return found


def _named(label: str, value: Any) -> str:
    """The part that JSON is, by what is in it, else by the line above it."""
    if isinstance(value, dict):
        if "jsonSchema" in value or "examples" in value:
            return "请求体"
        if {"query", "path", "header"} & value.keys():
            return "参数"
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        if any("responseId" in one or ("data" in one and "jsonSchema" not in one) for one in value):
            return "响应示例"
        if any("jsonSchema" in one or "code" in one for one in value):
            return "响应"
    return PARTS.get(label.lower(), label)


def _tell_parameters(facts: Facts, parameters: dict[str, Any]) -> None:
    for location, listed in parameters.items():
        for one in listed if isinstance(listed, list) else ():
            if one.get("enable") is False:
                continue
            if not one.get("name"):
                raise Unreadable("参数", f"one in {location} has no name")
            at = f"headers.{one['name']}" if location == "header" else f"request.{one['name']}"
            if location != "header":
                facts.tell(at, "in", location)
            for name in ("type", "required"):
                if name in one:
                    facts.tell(at, name, one[name])
            _tell_sample_value(facts, at, one.get("sampleValue", one.get("example")))


def _tell_sample_value(facts: Facts, at: str, value: Any) -> None:
    if not isinstance(value, str):
        return
    if found := re.match(r"(Bearer|Basic|Digest|Token)\b", value):
        facts.tell("auth", "header", at.removeprefix("headers."))
        facts.tell("auth", "scheme", found[1].lower())
    elif re.fullmatch(r"\w+/[\w.+*-]+", value):
        facts.tell(at, "sample", value)


def _tell_body(facts: Facts, body: dict[str, Any]) -> None:
    if isinstance(body.get("type"), str) and "/" in body["type"]:
        facts.tell("request", "content_type", body["type"])
    for example in body.get("examples") or ():
        if example.get("mediaType"):
            facts.tell("request", "content_type", example["mediaType"])
    if isinstance(body.get("required"), bool):
        facts.tell("request", "body_required", body["required"])
    schema = body.get("jsonSchema")
    if not isinstance(schema, dict) or not schema.get("properties"):
        raise Unreadable("请求体", "it has no schema with fields")
    tell_schema(facts, "request", schema, schema)
    if name := callback_name(schema["properties"]):
        tell_method(facts, name, _described(schema, name).splitlines())
    for name in schema["properties"]:
        if MODEL.fullmatch(name):
            tell_model_in(facts, f"request.{name}", _described(schema, name))


def _tell_response(facts: Facts, response: dict[str, Any]) -> None:
    if "code" in response:
        facts.tell("response", "status", response["code"])
    if kind := response.get("contentType"):
        facts.tell("response", "content_type", kind if "/" in str(kind) else f"application/{kind}")
    if isinstance(schema := response.get("jsonSchema"), dict):
        tell_schema(facts, "response", schema, schema)
        tell_codes_in(facts, _described(schema, "code"))


def _described(schema: dict[str, Any], name: str) -> str:
    return narrow(str(schema.get("properties", {}).get(name, {}).get("description", "")))
