"""Generate changes of meaning for any page of a known form: each field, each attribute, each code."""

import copy
import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from io import StringIO
from typing import Any

from attrs import frozen
from ruamel.yaml import YAML

from contract_tests.documents.edits.layout import FIELD
from contract_tests.documents.edits.lines import DELIMITER, HEADING, cells, is_data, lines_with_code_flag, row

ATTRIBUTE = re.compile(
    r"^[-*] +\*\*(?P<label>类型|Type|必需|Required|默认值|Default|最大长度|Max length|Min length|范围|Range|步长|Step"
    r"|选项|可用选项|Options)(?::\*\*|\*\*:) ?(?P<value>.*)$"
)
CODE = re.compile(r"^\s+[-*] +`(\d{3})`[:：]")
OTHER = {"string": "boolean", "boolean": "string", "integer": "object", "int": "object", "number": "array"}
OTHER |= {"float": "array", "object": "integer", "array": "integer", "是": "否", "否": "是", "Yes": "No", "No": "Yes"}
TYPE = re.compile(r"\b(?<!array of )(string|boolean|integer|int|number|float|object|array)\b")
CODES = "^codes$|code$"
NUMBER = re.compile(r"\d+(?:\.\d+)?")


@frozen
class Change:
    """A change of one fact of a page, and a pattern of the place whose facts must change."""

    what: str
    place: str


@frozen
class Line(Change):
    """A change of one line, or its removal."""

    number: int
    put: str | None


def fuzzed(text: str) -> Iterator[tuple[list[Change], str]]:
    """Yield changes and the changed page, with several changes of different places at once, until each was made."""
    yield from _description_changes(text)
    waiting = [*_bullet_changes(text), *_table_changes(text)]
    while waiting:
        batch = _first_of_each(waiting)
        puts = {change.number: change.put for change in batch}
        lines = (puts.get(number, line) for number, line in enumerate(text.split("\n")))
        yield list(batch), "\n".join(line for line in lines if line is not None)
        waiting = [change for change in waiting if change not in batch]


def _first_of_each(waiting: list[Line]) -> list[Line]:
    """The first change of each line and of each place."""
    batch: list[Line] = []
    for change in waiting:
        if all(change.number != other.number and change.place != other.place for other in batch):
            batch.append(change)
    return batch


def _places_of(name: str) -> str:
    """A pattern of the places of a field; some are known by another name, too."""
    last = name.rpartition(".")[2]
    known = {"Authorization": "|^auth$", "code": "|^codes$"}
    return rf"(^|\.){re.escape(last)}(\.|$)" + known.get(last, "")


def _incremented(value: str) -> str:
    """A value with its last number one higher; without a number, with its last word changed."""
    numbers = list(NUMBER.finditer(value))
    if numbers:
        last = numbers[-1]
        return f"{value[: last.start()]}{float(last[0]) + 1:g}{value[last.end() :]}"
    return re.sub(r"(\w)(?=\W*$)", r"\1x", value)


def _edited_value(label: str, value: str) -> str:
    if label in {"类型", "Type"}:
        return TYPE.sub(lambda m: OTHER[m[1]], value, count=1)
    if label in {"必需", "Required"}:
        return re.sub("是|否|Yes|No", lambda m: OTHER[m[0]], value)
    if value.strip("` ") in {"true", "false"}:
        return value.replace("true", "t").replace("false", "true").replace("t`", "false`")
    return _incremented(value)


def _bullet_changes(text: str) -> Iterator[Line]:
    field = ""
    for number, (line, code) in enumerate(lines_with_code_flag(text)):
        heading, attribute = FIELD.match(line), ATTRIBUTE.match(line)
        if not code and (listed := CODE.match(line)):
            yield Line(f"{listed[1]} changed", CODES, number, line.replace(listed[1], "477", 1))
            yield Line(f"{listed[1]} gone", CODES, number, None)
        if code or not (heading or attribute or HEADING.match(line)):
            continue
        if not attribute:
            field = heading[1] if heading else ""
            continue
        if not field:
            continue
        label, value = attribute["label"], attribute["value"]
        if value:
            changed = line.replace(value, _edited_value(label, value))
            yield Line(f"{field}: {label} changed", _places_of(field), number, changed)
        if not _is_stated_elsewhere(field, label, value):
            yield Line(f"{field}: {label} gone", _places_of(field), number, None)


def _is_stated_elsewhere(field: str, label: str, value: str) -> bool:
    """Whether the page states the attribute elsewhere: an object has fields, the one choice is the default, ..."""
    if field == "callBackUrl" and value.strip("` ") == "否":  # its description calls it optional
        return True
    return "object" in value if label in {"类型", "Type"} else label in {"可用选项", "Options"} and "," not in value


def _table_changes(text: str) -> Iterator[Line]:
    header: list[str] = []
    for number, (line, code) in enumerate(lines_with_code_flag(text)):
        if code or not line.startswith("|"):
            header = []
        elif not header:
            header = [cell.strip() for cell in cells(line)]
        elif not DELIMITER.match(line):
            for what, place, changed in _row_changes(header, cells(line)):
                yield Line(what, place, number, changed)


def _row_changes(header: list[str], parts: list[str]) -> Iterator[tuple[str, str, str | None]]:
    name = parts[0].strip(" `*")
    if "类型" not in header:
        if re.fullmatch(r"\d{3}", name):
            yield f"{name} changed", CODES, row([parts[0].replace(name, "477"), *parts[1:]])
            yield f"{name} gone", CODES, None
        return
    if "object" not in parts[1]:
        yield f"{name} gone", _places_of(name), None
    yield f"{name} renamed", _places_of(f"{name}x"), row([parts[0].replace(name, f"{name}x"), *parts[1:]])
    for at, title in enumerate(header):
        changed = [*parts[:at], _edited_cell(title, parts[at]), *parts[at + 1 :]]
        if changed != parts:
            yield f"{name}: {title} changed", _places_of(name), row(changed)


def _edited_cell(title: str, value: str) -> str:
    if title == "类型":
        return TYPE.sub(lambda m: OTHER[m[1]], value, count=1)
    if title in {"必填", "是否必需"}:
        return re.sub("是|否", lambda m: OTHER[m[0]], value)
    if title == "默认值":
        return value.replace("-", "7") if value.strip() == "-" else _incremented(value)
    return value


def _description_changes(text: str) -> Iterator[tuple[list[Change], str]]:
    """Changes of a page that is, or holds, a description in JSON or YAML."""
    for block in re.finditer(r"^```yaml\n(openapi:.*?)\n```", text, re.MULTILINE | re.DOTALL):
        for what, place, spec in _schema_changes(YAML(typ="safe").load(block[1])):
            stream = StringIO()
            YAML(typ="safe", pure=True).dump(spec, stream)
            yield [Change(what, place)], text.replace(block[1], stream.getvalue().rstrip())
    for line in filter(is_data, text.split("\n")):
        for what, place, value in _schema_changes(json.loads(line)):
            yield [Change(what, place)], text.replace(line, json.dumps(value, ensure_ascii=False))


def _schema_changes(root: Any) -> Iterator[tuple[str, str, Any]]:
    """Every change of one attribute of one property, each in a copy of its own."""
    for path in list(_properties(root, ())):
        name = str(path[-1])
        for what, change in _attribute_edits(name, _value_at(root, path[:-2]), _value_at(root, path)):
            changed = copy.deepcopy(root)
            change(_value_at(changed, path[:-2]), _value_at(changed, path))
            yield f"{name}: {what}", _places_of(name), changed


def _properties(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if key == "properties" and isinstance(item, dict):
            yield from ((*path, key, name) for name in item)
        if key not in {"example", "examples"}:
            yield from _properties(item, (*path, key))


def _value_at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


Schema = dict[str, Any]
Edit = Callable[[Schema, Schema], None]
"""Edits the schema that owns a property, or that of the property, in place."""


def _attribute_edits(name: str, owner: Schema, schema: Schema) -> Iterator[tuple[str, Edit]]:
    yield "gone", lambda owner, _: _remove_property(owner, name)
    yield "type", lambda _, schema: schema.update(type=OTHER[schema["type"]])
    if name in owner.get("required", ()):
        yield "needless", lambda owner, _: _remove_from_required(owner, name)
    else:
        yield "needed", lambda owner, _: owner.update(required=[*owner.get("required", ()), name])
    if "enum" in schema:
        yield "a choice less", lambda _, schema: schema.update(enum=schema["enum"][1:])
    for attribute in ("enum", "default", "format"):
        if attribute in schema and not (attribute == "enum" and _repeats_choices(schema)):
            yield f"{attribute} gone", partial(_remove_attribute, attribute)
    for limit in ("maxLength", "minimum", "maximum", "minItems", "maxItems"):
        if limit in schema:
            yield limit, partial(_raise_limit, limit)
    if "type" in schema.get("items", ()):
        yield "type of items", lambda _, schema: schema["items"].update(type=OTHER[schema["items"]["type"]])
        for attribute in {"format", "maxLength"} & schema["items"].keys():
            yield f"{attribute} of items gone", partial(_remove_item_attribute, attribute)


def _repeats_choices(schema: Schema) -> bool:
    """Whether the description repeats the choices."""
    return all(str(choice) in schema.get("description", "") for choice in schema["enum"])


def _remove_property(owner: Schema, name: str) -> None:
    del owner["properties"][name]
    _remove_from_required(owner, name)


def _remove_from_required(owner: Schema, name: str) -> None:
    if name in owner.get("required", ()):
        owner["required"] = [need for need in owner["required"] if need != name]


def _remove_attribute(attribute: str, _: Schema, schema: Schema) -> None:
    del schema[attribute]


def _remove_item_attribute(attribute: str, _: Schema, schema: Schema) -> None:
    del schema["items"][attribute]


def _raise_limit(limit: str, _: Schema, schema: Schema) -> None:
    schema[limit] += 1
