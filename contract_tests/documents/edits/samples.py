"""The same page with other samples, and the same JSON and YAML written otherwise."""

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
"""For each value another that is as good: the same field may hold it."""
NEEDLESS = {"cfg_scale", "negative_prompt", "callBackUrl", "tail_image_url", "seed", "strength", "guidance"}
"""Fields of sample requests that the tables describe and do not require."""

JSON = Callable[[Any], str]
COMMAND = re.compile(r"(--data '\n)(.*?)(\n')", re.DOTALL)


def _written(text: str, change: Callable[[str], str]) -> str:
    """The text with each sample changed that is JSON: alone in a fence, in a command, in JSON of the page."""

    def sure(sample: str) -> str:
        try:
            json.loads(sample)
        except ValueError:
            return sample
        return change(sample)

    def block(info: str, body: str) -> tuple[str, str]:
        return info, COMMAND.sub(lambda m: m[1] + sure(m[2]) + m[3], body) if "curl" in body else sure(body)

    inner = re.compile(r'"(?:value|data)": ("(?:[^"\\]|\\.)*")')
    return "\n".join(
        inner.sub(lambda m: m[0].replace(m[1], json.dumps(sure(json.loads(m[1])), ensure_ascii=False)), line)
        if is_data(line)
        else line
        for line in fences(text, block).split("\n")
    )


def _dumped(value: Any, **settings: Any) -> str:
    return json.dumps(value, ensure_ascii=False, **settings)


def indented_samples(text: str, _: Random) -> str:
    return _written(text, lambda sample: _dumped(json.loads(sample), indent=8))


def flat_samples(text: str, _: Random) -> str:
    return _written(text, lambda sample: _dumped(json.loads(sample), separators=(",", ":")))


def escaped_samples(text: str, _: Random) -> str:
    return _written(text, lambda sample: json.dumps(json.loads(sample), indent=2))


def _turned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _turned(value[key]) for key in reversed(value)}
    return [_turned(item) for item in value] if isinstance(value, list) else value


def turned_samples(text: str, _: Random) -> str:
    return _written(text, lambda sample: _dumped(_turned(json.loads(sample)), indent=2))


def _other(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: item if key == "code" else _other(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_other(item) for item in value]
    if isinstance(value, bool):
        return not value
    return OTHERS[value] if value in OTHERS else _other_words(value)


def _other_words(value: Any) -> Any:
    """Another time, address or sentence; a name stays."""
    if isinstance(value, int) and value > 1e9:
        return value + 4321
    if isinstance(value, str) and "://" in value:
        return "https://films.example.com/other.webp"
    told = isinstance(value, str) and (" " in value or re.search("[一-龥]", value))
    return "一条河" if told else value


def other_values(text: str, _: Random) -> str:
    return _written(text, lambda sample: _dumped(_other(json.loads(sample)), indent=2))


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without(item) for key, item in value.items() if key not in NEEDLESS}
    return value


def shorter_samples(text: str, _: Random) -> str:
    return _written(text, lambda sample: _dumped(_without(json.loads(sample)), indent=2))


def _commands(text: str, change: Callable[[str], str]) -> str:
    return fences(text, lambda info, body: (info, change(body) if body.startswith("curl") else body))


def short_options(text: str, _: Random) -> str:
    names = {"--request": "-X", "--header": "-H", "--data": "-d", "--url ": ""}
    return _commands(text, lambda body: re.sub("|".join(names), lambda m: names[m[0]], body))


def long_options(text: str, _: Random) -> str:
    names = {"-X": "--request", "-H": "--header"}
    return _commands(text, lambda body: re.sub("-[XH](?= )", lambda m: names[m[0]], body))


def raw_data(text: str, _: Random) -> str:
    return _commands(text, lambda body: body.replace("--data ", "--data-raw "))


def located(text: str, _: Random) -> str:
    return _commands(text, lambda body: body.replace("curl ", "curl --location --silent ", 1))


def url_first(text: str, _: Random) -> str:
    return _commands(text, lambda body: re.sub(r"curl (.*?) \\\n  --url (\S+)", r"curl \2 \1", body))


def one_line(text: str, _: Random) -> str:
    return _commands(text, lambda body: re.sub(r" \\\n\s*", " ", body))


def method_left_out(text: str, _: Random) -> str:
    """What carries data is posted; what does not is got."""
    return _commands(text, lambda body: re.sub(r"(?:--request|-X) (?:POST|GET) (?:\\\n  )?", "", body, count=1))


def double_quotes(text: str, _: Random) -> str:
    return _commands(text, lambda body: re.sub(r"--header '([^']*)'", r'--header "\1"', body))


def another_key(text: str, _: Random) -> str:
    return re.sub(r"<token>|YOUR_API_KEY(?!\})", "sk-0000", text)


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


def yaml_in_blocks(text: str, _: Random) -> str:
    return _yaml(text, lambda value: _emitted(value, default_flow_style=False, allow_unicode=True, width=10_000))


def yaml_in_flow(text: str, _: Random) -> str:
    return _yaml(text, lambda value: _emitted(value, default_flow_style=True))


def yaml_indented(text: str, _: Random) -> str:
    return _yaml(text, lambda value: _emitted(value, default_flow_style=False, indent=4, width=60))


def yaml_turned(text: str, _: Random) -> str:
    return _yaml(
        text, lambda value: _emitted(_turned(value), default_flow_style=False, sort_base_mapping_type_on_output=False)
    )


def yaml_as_json(text: str, _: Random) -> str:
    return _yaml(text, lambda value: _dumped(value, indent=2))


def _each_mapping(value: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    if isinstance(value, dict):
        return change({key: _each_mapping(item, change) for key, item in value.items()})
    return [_each_mapping(item, change) for item in value] if isinstance(value, list) else value


def _unmarked(value: dict[str, Any]) -> dict[str, Any]:
    idle = {"summary", "tags", "deprecated", "operationId", "title", "examples", "x-apidog", "headers"}
    return {key: item for key, item in value.items() if key not in idle and not str(key).startswith("x-api")}


def yaml_bare(text: str, _: Random) -> str:
    """Without what tells nothing: tags, names, examples, the marks of the tool."""
    return _yaml(text, lambda value: _emitted(_each_mapping(value, _unmarked), default_flow_style=False))


def _resolved(spec: dict[str, Any]) -> Any:
    schemas = spec["components"]["schemas"]

    def inline(value: dict[str, Any]) -> dict[str, Any]:
        if len(value.get("allOf", ())) == 1:
            return dict(value["allOf"][0])
        return dict(schemas[value["$ref"].rpartition("/")[2]]) if "$ref" in value else value

    return _each_mapping(spec, inline)


def yaml_resolved(text: str, _: Random) -> str:
    return _yaml(text, lambda value: _emitted(_resolved(value), default_flow_style=False))


def _secured(spec: dict[str, Any]) -> dict[str, Any]:
    for methods in spec["paths"].values():
        for operation in methods.values():
            operation.pop("security", None)
    return spec


def yaml_secured_above(text: str, _: Random) -> str:
    """The key is required once, for all operations."""
    return _yaml(text, lambda value: _emitted(_secured(value), default_flow_style=False))


def later_version(text: str, _: Random) -> str:
    return re.sub(r"^openapi: 3\.0\.1$", "openapi: '3.1.0'", text, flags=re.MULTILINE)


def _data(text: str, write: JSON) -> str:
    return "\n".join(write(json.loads(line)) if is_data(line) else line for line in text.split("\n"))


def data_turned(text: str, _: Random) -> str:
    return _data(text, lambda value: _dumped(_turned(value)))


def data_tight(text: str, _: Random) -> str:
    return _data(text, lambda value: _dumped(value, separators=(",", ":")))


def data_escaped(text: str, _: Random) -> str:
    return _data(text, json.dumps)


def _renumbered(value: dict[str, Any]) -> dict[str, Any]:
    others = {"id": "other", "responseId": "other", "name": value.get("name")}
    return {key: others.get(key, item) if not isinstance(item, dict) else item for key, item in value.items()}


def data_renumbered(text: str, _: Random) -> str:
    """The tool's own marks are other ones."""
    idle = re.compile(r"^x-apifox|^oas|^enable$|^itemSchema$|^mediaType$")

    def bare(value: dict[str, Any]) -> dict[str, Any]:
        return {key: item for key, item in _renumbered(value).items() if not idle.search(key)}

    return _data(text, lambda value: _dumped(_each_mapping(value, bare)))


def shuffled_needs(text: str, random: Random) -> str:
    def shuffled(value: dict[str, Any]) -> dict[str, Any]:
        if isinstance(value.get("required"), list):
            value["required"] = random.sample(value["required"], len(value["required"]))
        return value

    return _data(text, lambda value: _dumped(_each_mapping(value, shuffled)))


def other_marks(text: str, _: Random) -> str:
    """The tool's own rows of the overview."""
    return re.sub(r"^\| (Status|Module|Folder) \| .* \|$", r"| \1 | 77 |", text, flags=re.MULTILINE)


SAMPLES = (
    other_values, shorter_samples, turned_samples, escaped_samples, flat_samples, indented_samples, another_key,
    url_first, short_options, long_options, raw_data, located, double_quotes, one_line, method_left_out,
    yaml_bare, yaml_resolved, yaml_secured_above, yaml_turned, yaml_indented, yaml_in_blocks, yaml_in_flow,
    yaml_as_json, later_version, data_renumbered, shuffled_needs, data_turned, data_tight, data_escaped, other_marks,
)  # fmt: skip
