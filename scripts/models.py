"""Write docs/models.md: what each model takes, by each API, as the specs in openapi/ have it."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from scripts.codegen.build import ROOT, apis, load

PAGE = ROOT / "docs" / "models.md"
TITLE = """\
# Models and their options

Written by `python -m scripts.models` from `openapi/*.yaml`; never edited by hand. Options are named as they go over the
wire, nested ones with dots; "required" is meant within the object that holds the option. A source is a place in one of
the vendor's documents, or `field` for what only running services are known to take. The rows for "any" model are the
form that the official hosts want (`wire="official"`).
"""
HEAD = ("models", "option", "type or choices", "limits", "default", "required", "source")
MODEL = ("model", "model_name")

Schema = Mapping[str, Any]


def page() -> str:
    """The whole page."""
    return "\n".join([TITLE, *(section(api, load(api)) for api in apis())])


def section(api: str, spec: Schema) -> str:
    """One API's heading and table."""
    path, body = creation(spec)
    documents = ", ".join(f"{number} is {name}" for number, name in spec["info"]["x-documents"].items())
    rows = [row for option in body.get("oneOf") or body["anyOf"] for row in rows_of(resolved(option, spec), spec)]
    lines = [f"## {api}", "", f"`POST {path}`; {documents}.", "", line(HEAD), line("-" * 3 for _ in HEAD)]
    return "\n".join([*lines, *map(line, rows), ""])


def creation(spec: Schema) -> tuple[str, Schema]:
    """The path of the operation that costs money, and the schema of its body."""
    ((path, body),) = (
        (path, item["post"]["requestBody"]["content"]["application/json"]["schema"])
        for path, item in spec["paths"].items()
        if "post" in item
    )
    return path, body


def rows_of(body: Schema, spec: Schema) -> Iterator[tuple[str, ...]]:
    """A row for each option of a body."""
    model = next(body["properties"][name] for name in MODEL if name in body["properties"])
    models = "any" if "anyOf" in model else ", ".join(values(model))
    for name, schema, required in options(body, spec):
        yield (
            models,
            f"`{name}`",
            kind(schema, spec),
            limits(resolved(schema, spec)),
            code(schema["default"]) if "default" in schema else "",
            "yes" if required else "",
            source(schema),
        )


def options(body: Schema, spec: Schema, prefix: str = "") -> Iterator[tuple[str, Schema, bool]]:
    """Each option of an object with its full name and whether it is required; objects give way to what they hold."""
    for name, schema in body.get("properties", {}).items():
        inner = resolved(schema, spec)
        if "properties" in inner:
            yield from options(inner, spec, f"{prefix}{name}.")
        else:
            yield prefix + name, schema, name in body.get("required", ())


def kind(schema: Schema, spec: Schema) -> str:
    """The choices where there are some, the type where not; an open list of choices ends with its type."""
    rule = resolved(schema, spec)
    if "anyOf" in rule:
        known, other = rule["anyOf"]
        return f"{kind(known, spec)}, or any {other['type']}"
    listed = ", ".join(map(code, values(rule)))
    return listed or rule["type"] + (f" ({rule['format']})" if "format" in rule else "")


def values(rule: Schema) -> list[Any]:
    """The values to choose from."""
    return [rule["const"]] if "const" in rule else rule.get("enum", [])


def limits(rule: Schema) -> str:
    """The limits of a value, in words."""
    words = {
        "at most {} characters": rule.get("maxLength"),
        "at least {}": rule.get("minimum"),
        "at most {}": rule.get("maximum"),
        "a multiple of {}": rule.get("multipleOf"),
    }
    return ", ".join(word.format(limit) for word, limit in words.items() if limit is not None)


def source(schema: Schema) -> str:
    """Where the option comes from."""
    named = schema["x-source"]
    return "; ".join([named] if isinstance(named, str) else named)


def resolved(schema: Schema, spec: Schema) -> Schema:
    """The schema itself, or the component that it refers to."""
    name = schema.get("$ref", "").rpartition("/")[2]
    component: Schema = spec["components"]["schemas"][name] if name else schema
    return component


def code(value: object) -> str:
    """A value as JSON, so that "5" is not 5."""
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def line(cells: Iterable[str]) -> str:
    """A row of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def main(arguments: list[str] | None = None, target: Path = PAGE) -> str | None:
    """Write the page, or only compare it; return what is wrong."""
    parser = argparse.ArgumentParser(prog="models", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the page would change")
    text = page()
    if parser.parse_args(arguments).check:
        current = target.exists() and target.read_text(encoding="utf-8") == text
        return None if current else f"{target.name} is not what the specs say: run python -m scripts.models"
    target.parent.mkdir(exist_ok=True)
    target.write_text(text, encoding="utf-8")
    return None


if __name__ == "__main__":
    sys.exit(main())
