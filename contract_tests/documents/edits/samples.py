"""Rewordings of samples: other values, and the same JSON and YAML written in another way."""

import json
import re
from collections.abc import Callable
from io import StringIO
from random import Random
from typing import Any

from ruamel.yaml import YAML

from contract_tests.documents.edits.lines import fences, is_data

OTHERS = {
    "5": "10", "10": "5", "6": "12", "9": "3", 5: 10, 10: 5, 8: 4, "1:1": "16:9", "16:9": "9:16", "pro": "std",
    "720p": "480p", "draft": "fine", "careful": "quick", 0.5: 1.0, 0.7: 0.5, 0.6: 0.5, 7: 8, 12: 13,
}  # fmt: skip
"""Value -> another value that the same field may hold."""
OPTIONAL_FIELDS = {"cfg_scale", "negative_prompt", "callBackUrl", "tail_image_url", "seed", "strength", "guidance"}
"""Fields of sample requests that the tables describe and do not require."""

Rewording = Callable[[str, Random], str]
COMMAND = re.compile(r"(--data '\n)(.*?)(\n')", re.DOTALL)


def _with_each_sample(text: str, change: Callable[[str], str]) -> str:
    """Change each sample that is valid JSON: alone in a fence, in a command, or in JSON of the page."""

    def changed_if_json(sample: str) -> str:
        try:
            json.loads(sample)
        except ValueError:
            return sample
        return change(sample)

    def block(info: str, body: str) -> tuple[str, str]:
        return info, COMMAND.sub(
            lambda m: m[1] + changed_if_json(m[2]) + m[3], body
        ) if "curl" in body else changed_if_json(body)

    inner = re.compile(r'"(?:value|data)": ("(?:[^"\\]|\\.)*")')
    return "\n".join(
        inner.sub(lambda m: m[0].replace(m[1], json.dumps(changed_if_json(json.loads(m[1])), ensure_ascii=False)), line)
        if is_data(line)
        else line
        for line in fences(text, block).split("\n")
    )


def _dumped(value: Any, **settings: Any) -> str:
    return json.dumps(value, **{"ensure_ascii": False, **settings})


def _with_reversed_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_reversed_keys(value[key]) for key in reversed(value)}
    return [_with_reversed_keys(item) for item in value] if isinstance(value, list) else value


def _with_other_values(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: item if key == "code" else _with_other_values(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_other_values(item) for item in value]
    if isinstance(value, bool):
        return not value
    return OTHERS[value] if value in OTHERS else _other_words(value)


def _other_words(value: Any) -> Any:
    """Return another time, address or sentence; a name stays."""
    if isinstance(value, int) and value > 1e9:
        return value + 4321
    if isinstance(value, str) and "://" in value:
        return "https://films.example.com/other.webp"
    worded = isinstance(value, str) and (" " in value or re.search("[一-龥]", value))
    return "一条河" if worded else value


def _without_optional_fields(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_optional_fields(item) for key, item in value.items() if key not in OPTIONAL_FIELDS}
    return value


def json_samples(change: Callable[[Any], Any] = lambda value: value, **settings: Any) -> Rewording:
    """Change every sample, and write it with these settings of `json.dumps`."""
    return lambda text, _: _with_each_sample(text, lambda sample: _dumped(change(json.loads(sample)), **settings))


def commands(pattern: str, put: str | Callable[[re.Match[str]], str], count: int = 0) -> Rewording:
    """Replace a pattern in every curl command."""
    some = re.compile(pattern)
    return lambda text, _: fences(
        text, lambda info, body: (info, some.sub(put, body, count=count) if body.startswith("curl") else body)
    )


def anywhere(pattern: str, put: str) -> Rewording:
    some = re.compile(pattern, re.MULTILINE)
    return lambda text, _: some.sub(put, text)


def _yaml(text: str, write: Callable[[Any], str]) -> str:
    def block(info: str, body: str) -> tuple[str, str]:
        return (info, write(YAML(typ="safe").load(body)).rstrip("\n")) if body.startswith("openapi:") else (info, body)

    return fences(text, block)


def _emitted(value: Any, **settings: Any) -> str:
    yaml, stream = YAML(typ="safe", pure=True), StringIO()
    for name, setting in settings.items():
        setattr(yaml, name, setting)
    yaml.dump(value, stream)
    return stream.getvalue()


def yaml_block(change: Callable[[Any], Any] = lambda value: value, **settings: Any) -> Rewording:
    """Change the OpenAPI description, and write it with these settings of the YAML writer."""
    flow = {"default_flow_style": False, **settings}
    return lambda text, _: _yaml(text, lambda value: _emitted(change(value), **flow))


def _each_mapping(value: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    if isinstance(value, dict):
        return change({key: _each_mapping(item, change) for key, item in value.items()})
    return [_each_mapping(item, change) for item in value] if isinstance(value, list) else value


def _unmarked(value: dict[str, Any]) -> dict[str, Any]:
    idle = {"summary", "tags", "deprecated", "operationId", "title", "examples", "x-apidog", "headers"}
    return {key: item for key, item in value.items() if key not in idle and not str(key).startswith("x-api")}


def _resolved(spec: dict[str, Any]) -> Any:
    schemas = spec["components"]["schemas"]

    def inline(value: dict[str, Any]) -> dict[str, Any]:
        if len(value.get("allOf", ())) == 1:
            return dict(value["allOf"][0])
        return dict(schemas[value["$ref"].rpartition("/")[2]]) if "$ref" in value else value

    return _each_mapping(spec, inline)


def _secured(spec: dict[str, Any]) -> dict[str, Any]:
    for methods in spec["paths"].values():
        for operation in methods.values():
            operation.pop("security", None)
    return spec


def data(change: Callable[[Any], Any] = lambda value: value, **settings: Any) -> Rewording:
    """Change every line of JSON, and write it with these settings of `json.dumps`."""
    return lambda text, _: "\n".join(
        _dumped(change(json.loads(line)), **settings) if is_data(line) else line for line in text.split("\n")
    )


def _renumbered(value: dict[str, Any]) -> dict[str, Any]:
    others = {"id": "other", "responseId": "other", "name": value.get("name")}
    return {key: others.get(key, item) if not isinstance(item, dict) else item for key, item in value.items()}


def _bare(value: dict[str, Any]) -> dict[str, Any]:
    """Without the tool's own marks."""
    idle = re.compile(r"^x-apifox|^oas|^enable$|^itemSchema$|^mediaType$")
    return {key: item for key, item in _renumbered(value).items() if not idle.search(key)}


def _needs_reversed(value: dict[str, Any]) -> dict[str, Any]:
    return {**value, "required": value["required"][::-1]} if isinstance(value.get("required"), list) else value


SHORT = {"--request": "-X", "--header": "-H", "--data": "-d", "--url ": ""}
LONG = {"-X": "--request", "-H": "--header"}
SAMPLES: dict[str, Rewording] = {
    "other values": json_samples(_with_other_values, indent=2),
    "shorter samples": json_samples(_without_optional_fields, indent=2),
    "turned samples": json_samples(_with_reversed_keys, indent=2),
    "escaped samples": json_samples(indent=2, ensure_ascii=True),
    "flat samples": json_samples(separators=(",", ":")),
    "indented samples": json_samples(indent=8),
    "another key": anywhere(r"<token>|YOUR_API_KEY(?!\})", "sk-0000"),
    "url first": commands(r"curl (.*?) \\\n  --url (\S+)", r"curl \2 \1"),
    "short options": commands("|".join(SHORT), lambda match: SHORT[match[0]]),
    "long options": commands("-[XH](?= )", lambda match: LONG[match[0]]),
    "raw data": commands("--data ", "--data-raw "),
    "located": commands("curl ", "curl --location --silent ", count=1),
    "double quotes": commands(r"--header '([^']*)'", r'--header "\1"'),
    "one line": commands(r" \\\n\s*", " "),
    "method left out": commands(r"(?:--request|-X) (?:POST|GET) (?:\\\n  )?", "", count=1),
    "yaml bare": yaml_block(lambda value: _each_mapping(value, _unmarked)),
    "yaml resolved": yaml_block(_resolved),
    "yaml secured above": yaml_block(_secured),
    "yaml turned": yaml_block(_with_reversed_keys, sort_base_mapping_type_on_output=False),
    "yaml indented": yaml_block(indent=4, width=60),
    "yaml in blocks": yaml_block(allow_unicode=True, width=10_000),
    "yaml in flow": yaml_block(default_flow_style=True),
    "yaml as json": lambda text, _: _yaml(text, lambda value: _dumped(value, indent=2)),
    "later version": anywhere(r"^openapi: 3\.0\.1$", "openapi: '3.1.0'"),
    "data renumbered": data(lambda value: _each_mapping(value, _bare)),
    "needs reversed": data(lambda value: _each_mapping(value, _needs_reversed)),
    "data turned": data(_with_reversed_keys),
    "data tight": data(separators=(",", ":")),
    "data escaped": data(ensure_ascii=True),
    "other marks": anywhere(r"^\| (Status|Module|Folder) \| .* \|$", r"| \1 | 77 |"),
}
