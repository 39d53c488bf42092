"""Write docs/models.md, the options of each model in each API, and the READMEs' tables of models, from the specs."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from scripts.codegen.runtime.rules import Difference, Sum, parsed
from scripts.specs.field import observed, sources
from scripts.specs.files import ROOT, apis, load
from scripts.specs.models import models
from scripts.specs.spec import conditionals

BEGIN, END = "<!-- models: begin (written by make docs) -->\n", "<!-- models: end -->"
READMES = {"README.md": ", ", "README.zh.md": "、"}
"""README -> what stands between two models; the heading of its table is its own."""
TITLE = """\
# Models and their options

Written by `python -m scripts.models` from `openapi/*.yaml`; never edited by hand. Options are named as they go over the
wire, nested ones with dots; "required" is meant within the object that holds the option. A source is a place in one of
the vendor's documents, or in `all` of an API's that state it, or what was [observed](observed.md) on the running
services. `wire="official"` writes typed requests in the forms of the official hosts where these differ.
"""
HEAD = ("models", "option", "type or choices", "limits", "default", "required", "source")
MODEL = ("model", "model_name")
LIMITS = {
    "maxLength": "at most {} characters",
    "minimum": "at least {}",
    "maximum": "at most {}",
    "multipleOf": "a multiple of {}",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "uniqueItems": "none twice",
}
CHOICE = {"type", "format", "enum", "const"}
OPTION = {*CHOICE, *LIMITS, "anyOf", "default", "items"}
OBJECT = {"type", "properties", "required", "additionalProperties", "allOf"}
"""The keywords that the page shows: of one of several types, of an option, of an object around options."""
NOTES = {"description", "examples"}

Schema = dict[str, Any]


class UnshownError(Exception):
    """A schema has a limit that the page would not show."""


def page() -> str:
    """Return the text of the page."""
    return "\n".join([TITLE, *(section(api, load(api)) for api in apis())])


def section(api: str, spec: Schema) -> str:
    """Return the heading and table of an API."""
    path, body = creation(spec)
    documents = ", ".join(f"{number} is {name}" for number, name in spec["info"]["x-documents"].items())
    rows = [row for form in forms(body, spec) for row in rows_of(form, spec)]
    lines = [f"## {api}", "", f"`POST {path}`; {documents}.", "", line(HEAD), line("-" * 3 for _ in HEAD)]
    rules = [f"- {it}" for it in dict.fromkeys(it for form in forms(body, spec) for it in rules_of(form, spec))]
    between = ["", "Between options:", "", *rules] if rules else []
    return "\n".join([*lines, *map(line, rows), *between, ""])


def readme(text: str, separator: str) -> str:
    """Return a README with its table of models rewritten."""
    before, rest = text.split(BEGIN)
    table, after = rest.split(END)
    head = table.splitlines()[:2]
    return "".join([before, BEGIN, *(f"{row}\n" for row in (*head, *document_rows(separator))), END, after])


def document_rows(separator: str) -> list[str]:
    """Return a row for each document, by number: its models, the spec it is part of, the class of its requests."""
    rows: list[tuple[str, ...]] = []
    for api in apis():
        spec = load(api)
        for number, name in spec["info"]["x-documents"].items():
            found = [model for model in models(spec) if model.document == number]
            requests = dict.fromkeys(f"`klingkit.{api}.{model.request}`" for model in found)
            named = separator.join(f"`{model.name}`" for model in found)
            rows.append((f"{number} `{name}`", named, f"`openapi/{api}.yaml`", separator.join(requests)))
    return [line(row) for row in sorted(rows)]


def creation(spec: Schema) -> tuple[str, Schema]:
    """Return the path of the paid operation, and the schema of its body."""
    ((path, body),) = (
        (path, item["post"]["requestBody"]["content"]["application/json"]["schema"])
        for path, item in spec["paths"].items()
        if "post" in item
    )
    return path, body


def forms(body: Schema, spec: Schema) -> Iterator[Schema]:
    """Yield the schemas of the bodies that the operation takes."""
    yield from (resolved(option, spec) for option in body.get("oneOf", [body]))


def rows_of(body: Schema, spec: Schema) -> Iterator[tuple[str, ...]]:
    """Yield a row for each option of a body."""
    model = next(body["properties"][name] for name in MODEL if name in body["properties"])
    named = ", ".join(values(model))
    for name, schema, required in options(body, spec):
        yield (
            named,
            f"`{name}`",
            kind(schema, spec),
            limits(resolved(schema, spec)),
            code(schema["default"]) if "default" in schema else "",
            "yes" if required else "",
            source(schema),
        )


def rules_of(body: Schema, spec: Schema, place: str = "") -> Iterator[str]:
    """Yield each rule between options in words, with the model, and the option that holds them."""
    model = next((", ".join(values(body["properties"][name])) for name in MODEL if name in body["properties"]), "")
    for name, schema in body["properties"].items():
        inner = resolved(resolved(schema, spec).get("items", schema), spec)
        if "properties" in inner:
            here = f"{model or place} `{name}`" if "items" in resolved(schema, spec) else model or place
            yield from (f"{here}: {words}" for words in in_words(inner))
            yield from rules_of(inner, spec, here)


def in_words(schema: Schema) -> Iterator[str]:
    """Yield the rules between the fields of an object in words."""
    for entry in schema.get("x-rules", ()):
        match parsed(entry):
            case Difference(fields=(more, less), defaults=(last, first)) as it:
                yield f"`{more}` - `{less}` is {it.minimum} to {it.maximum}; left out, they are {last} and {first}."
            case Sum(items=items, total=total):
                yield f"`{items}` adds up to `{total}`."
            case None:
                pass
    yield from (str(rule["description"]) for rule in conditionals(schema))


def options(body: Schema, spec: Schema, prefix: str = "") -> Iterator[tuple[str, Schema, bool]]:
    """Yield each option with its full name and whether it is required; an object is replaced by its own options."""
    ensure_shown(prefix.rstrip(".") or "the body", body, OBJECT)
    for name, schema in body.get("properties", {}).items():
        inner = documented(schema, spec)
        if "properties" in inner:
            yield from options(inner, spec, f"{prefix}{name}.")
        else:
            rule = resolved(schema, spec)
            ensure_shown(prefix + name, rule, OPTION)
            for part in rule.get("anyOf", ()):
                ensure_shown(prefix + name, resolved(part, spec), CHOICE)
            yield prefix + name, schema, name in body.get("required", ())
            yield from of_items(resolved(rule.get("items", {}), spec), spec, f"{prefix}{name}[]")


def of_items(items: Schema, spec: Schema, name: str) -> Iterator[tuple[str, Schema, bool]]:
    """Yield the options of a list's items, if these are objects."""
    if "properties" in items:
        yield from options(items, spec, f"{name}.")
    else:
        ensure_shown(name, items, OPTION)


def ensure_shown(name: str, rule: Schema, shown: Iterable[str]) -> None:
    """Raise if a schema has a keyword that the page does not show."""
    if unshown := {key for key in rule if not key.startswith("x-")} - {*shown} - NOTES:
        raise UnshownError(f"{name}: the page does not show {', '.join(sorted(unshown))}")


def kind(schema: Schema, spec: Schema) -> str:
    """Return the choices of an option, or else its type; an open list of choices ends with its type."""
    rule = resolved(schema, spec)
    if "anyOf" in rule:
        known, other = rule["anyOf"]
        return f"{kind(known, spec)}, or {'' if values(other) else 'any '}{kind(other, spec)}"
    if "items" in rule:
        return f"list of {kind(rule['items'], spec)}"
    listed = ", ".join(map(code, values(rule)))
    return listed or rule["type"] + (f" ({rule['format']})" if "format" in rule else "")


def values(rule: Schema) -> list[Any]:
    """Return the values to choose from."""
    return [rule["const"]] if "const" in rule else rule.get("enum", [])


def limits(rule: Schema) -> str:
    """Describe the limits of a value."""
    own = [words.format(rule[key]) for key, words in LIMITS.items() if key in rule]
    each = limits(rule["items"]) if "items" in rule else ""
    return ", ".join([*own, *([f"each {each}"] if each else [])])


def source(schema: Schema) -> str:
    """Return the sources of an option."""
    named = [f"observed: {name}" if (name := observed(it)) else str(it) for it in sources(schema)]
    return "; ".join(named)


def resolved(schema: Schema, spec: Schema) -> Schema:
    """Return the schema itself, or the component that it refers to."""
    name = schema.get("$ref", "").rpartition("/")[2]
    component: Schema = spec["components"]["schemas"][name] if name else schema
    return component


def documented(schema: Schema, spec: Schema) -> Schema:
    """Return the form that the document gives; in a union with observed forms it comes first."""
    rule = resolved(schema, spec)
    return resolved(rule["anyOf"][0], spec) if "anyOf" in rule else rule


def code(value: object) -> str:
    """Return a value as JSON, so that "5" differs from 5."""
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def line(cells: Iterable[str]) -> str:
    """Return a row of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def written(folder: Path) -> dict[Path, str]:
    """Map each page's path to the text that it must have."""
    readmes = {folder / name: separator for name, separator in READMES.items()}
    tables = {path: readme(path.read_text(encoding="utf-8"), separator) for path, separator in readmes.items()}
    return {folder / "docs" / "models.md": page(), **tables}


def main(arguments: list[str] | None = None, folder: Path = ROOT) -> str | None:
    """Write the pages, or only compare them; return an error message, or None."""
    parser = argparse.ArgumentParser(prog="models", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a page would change")
    try:
        pages = written(folder)
    except UnshownError as error:
        return str(error)
    if parser.parse_args(arguments).check:
        stale = [path.name for path, text in pages.items() if not path.exists() or path.read_text("utf-8") != text]
        return f"not what the specs state: {', '.join(stale)}; run python -m scripts.models" if stale else None
    for path, text in pages.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return None


if __name__ == "__main__":
    sys.exit(main())
