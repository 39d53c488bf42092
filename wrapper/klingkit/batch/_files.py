"""Read the jobs of a file, JSONL or CSV, and check all of them before the first is paid for."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

from attrs import frozen

from klingkit._base import Api, InvalidRequest, invalid
from klingkit._catalogue import Model, build_request, find_model
from klingkit.batch._jobs import encode
from klingkit.providers._prices import estimate

__all__ = ["Entry", "read_jobs"]

OWN: Final = ("key", "model", "output")
"""The names of a record that are no fields of a request."""

SHOWN: Final = 20
"""Problems of a file that an error lists."""

BOOLEANS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@frozen(kw_only=True)
class Entry:
    """A job of a file."""

    key: str
    line: int
    model: str
    request: Any
    output: str | None
    estimate: float | None


def read_jobs(path: Path, api: Api, *, model: str | None = None, output: str | None = "{key}.mp4") -> list[Entry]:
    """Read a file of jobs, and check them.

    A record has the fields of its request, and `key`, `model` and `output`. A job without a key has one that is made of
    its request, so that another run of a file that has grown pays for the new ones alone.

    Args:
        path: A file of JSON objects, one a line; or of comma-separated values, if its name ends with .csv.
        api: The API of all jobs.
        model: The model of those that name none.
        output: Where the video goes, with `{key}`; None: nowhere.

    Raises:
        InvalidRequest: The file, or a job, cannot be used; the text names each line and field.
    """
    entries, problems = list[Entry](), list[str]()
    keys: dict[str, int] = {}
    outputs: dict[str, int] = {}
    for line, record in _records(path, problems):
        try:
            entry = _entry(record, line, api, model, output, keys)
            _check_new("key", entry.key, keys, line)
            if entry.output is not None:
                _check_new("output", entry.output, outputs, line)
            entries.append(entry)
        except (InvalidRequest, TypeError) as error:
            problems.append(f"line {line}: {error}")
    if problems:
        listed = "; ".join(problems[:SHOWN])
        more = f"; and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
        raise InvalidRequest(
            f"{path.name}: {len(problems)} of its lines cannot be used; nothing was paid; {listed}{more}"
        )
    if not entries:
        raise invalid("jobs", "a file with at least one job", path.name)
    return entries


def _check_new(name: str, value: str, known: dict[str, int], line: int) -> None:
    if known.setdefault(value, line) != line:
        raise invalid(name, f"one that line {known[value]} does not have", value)


def _entry(
    record: Mapping[str, Any], line: int, api: Api, model: str | None, output: str | None, keys: Mapping[str, int]
) -> Entry:
    named = record.get("model", model)
    if not named or not isinstance(named, str):
        raise invalid("model", "the name of a model", named)
    found = find_model(named, api)
    fields = _fields(found, {name: value for name, value in record.items() if name not in OWN})
    request = build_request(found, fields)
    key = record.get("key") or _own_key(found, request, keys)
    if not isinstance(key, str):
        raise invalid("key", "a text", key)
    template = record.get("output") or output
    price = estimate(request) if api == "kie" else None
    return Entry(
        key=key,
        line=line,
        model=named,
        request=request,
        output=None if template is None else _fill(template, key),
        estimate=None if price is None else float(price.credits),
    )


def _own_key(model: Model, request: Any, keys: Mapping[str, int]) -> str:
    """Make a key of a request; of equal ones, the second has the number 2."""
    digest = hashlib.sha256(f"{model.name}\n{encode(request)}".encode()).hexdigest()[:16]
    number = 1
    while (key := digest if number == 1 else f"{digest}-{number}") in keys:
        number += 1
    return key


def _fill(template: object, key: str) -> str:
    if not isinstance(template, str):
        raise invalid("output", "a path, which may have {key}", template)
    return template.replace("{key}", re.sub(r"[^\w.-]", "_", key)[:120].lstrip(".") or "_")


def _fields(model: Model, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a request; `camera_control.type` is within an object."""
    fields: dict[str, Any] = {}
    for name, value in given.items():
        *outer, last = name.split(".")
        inner = fields
        for part in outer:
            held: Any = inner.setdefault(part, {})
            if not isinstance(held, dict):
                raise invalid(name, f"no field beside {part!r}", value)
            inner = cast("dict[str, Any]", held)
        inner[last] = _converted(model, name, value) if isinstance(value, _Cell) else value
    return fields


class _Cell(str):
    """A value of a CSV file: text, whatever it means."""

    __slots__ = ()


def _converted(model: Model, name: str, cell: str) -> Any:
    """Return what a cell means for a field; the request itself refuses what is left as text."""
    kind = next((option.type for option in model.options if option.name == name), "any")
    text = str(cell)
    if kind == "string" or name == "prompt":
        return text
    if kind == "boolean":
        return BOOLEANS.get(text.lower(), text)
    try:
        return json.loads(text)
    except ValueError:
        return [text] if kind == "array" else text


def _records(path: Path, problems: list[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    text = _decoded(path)
    yield from _csv_records(text, problems) if path.suffix.lower() == ".csv" else _json_records(text, problems)


def _decoded(path: Path) -> str:
    """Return the text of a file: UTF-8 with or without its mark, or GB18030, as Excel writes it in China.

    Raises:
        InvalidRequest: It cannot be read, or is neither.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidRequest(f"{path}: {error.strerror}") from error
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InvalidRequest(f"{path.name}: a text in UTF-8 or GB18030, which it is not")


def _json_records(text: str, problems: list[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line, object_pairs_hook=_unique)
        except ValueError as error:
            problems.append(f"line {number}: no JSON: {error}")
            continue
        if isinstance(record, dict):
            yield number, cast("Mapping[str, Any]", record)
        else:
            problems.append(f"line {number}: an object, not {line.strip()[:80]}")


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a field is given twice")
    return found


def _csv_records(text: str, problems: list[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, list[str]())]
        if len(set(header)) < len(header):
            problems.append("line 1: a column is given twice")
            return
        before = reader.line_num
        for row in reader:
            number, before = before + 1, reader.line_num
            if len(row) > len(header):
                problems.append(f"line {number}: {len(row)} values, and the first line has {len(header)} names")
            elif any(row):
                yield number, {name: _Cell(cell) for name, cell in zip(header, row, strict=False) if cell}
    except csv.Error as error:
        problems.append(f"line {reader.line_num}: no CSV: {error}")
