"""Write docs/models.md, the options of each model in each API, and the READMEs' tables of models."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from klingkit import Model, Option
from klingkit import models as catalogue
from scripts.specs.field import observed
from scripts.specs.files import ROOT, apis, load
from scripts.specs.models import models
from scripts.specs.spec import paid_operation

BEGIN, END = "<!-- models: begin (written by make docs) -->\n", "<!-- models: end -->"
READMES = {"README.md": ", ", "README.zh.md": "、"}
"""README -> what stands between two models; the heading of its table is its own."""
TITLE = """\
# Models and their options

Written by `python -m scripts.models` from `klingkit.models()`, which reads the specs; never edited by hand. Options
are named as they go over the wire, nested ones with dots, those of each object in a list with `[]`; "required"
is meant within the object that holds the option. A source is a place in one of the vendor's documents, or in `all` of
an API's that state it, or what was [observed](observed.md) on the running services. `dialect="official"` writes typed
requests in the forms of the official hosts where these differ.
"""
HEAD = ("models", "option", "type or choices", "limits", "default", "required", "source")
LIMITS = {
    "maxLength": "at most {} characters",
    "minimum": "at least {}",
    "maximum": "at most {}",
    "multipleOf": "a multiple of {}",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "uniqueItems": "none twice",
}


class UnshownError(Exception):
    """An option has a limit that the page would not show."""


def page() -> str:
    """Return the text of the page."""
    return "\n".join([TITLE, *(section(api) for api in apis())])


def section(api: str) -> str:
    """Return the heading and table of an API."""
    spec, found = load(api), catalogue(api)
    documents = ", ".join(f"{number} is {name}" for number, name in spec["info"]["x-documents"].items())
    lines = [f"## {api}", "", f"`POST {paid_operation(spec).path}`; {documents}.", "", *notes(found)]
    lines += [line(HEAD), line("-" * 3 for _ in HEAD)]
    rules: list[str] = []
    for _, alike in groupby((model for model in found if model.request), key=lambda model: model.request):
        named = list(alike)
        lines += map(line, rows_of(named))
        rules += [f"- {', '.join(model.name for model in named)}: {rule}" for rule in named[0].rules]
    between = ["", "Between options:", "", *rules] if rules else []
    return "\n".join([*lines, *between, ""])


def notes(found: Iterable[Model]) -> Iterator[str]:
    """Yield paragraphs about the models that are retired, and about those that are not typed."""
    gone = {model.name: model.retired for model in found if model.retired}
    for day, names in groupby(gone, key=gone.__getitem__):
        yield from (f"Retired by the vendor since {day}: {', '.join(map(name_of, names))}.", "")
    untyped = [f"- {name_of(model.name)}: {model.description}" for model in found if not model.request]
    if untyped:
        yield from ("Known, but not typed; a `Job` sends their requests unchecked:", "", *untyped, "")


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
            named = separator.join(name_of(model.name) for model in found)
            rows.append((f"{number} `{name}`", named, f"`openapi/{api}.yaml`", separator.join(requests)))
    return [line(row) for row in sorted(rows)]


def rows_of(alike: list[Model]) -> Iterator[tuple[str, ...]]:
    """Yield a row for each option of models whose requests are alike."""
    named = ", ".join(model.name for model in alike)
    for option in alike[0].options:
        yield (
            named,
            name_of(option.name),
            kind(option),
            limits(option),
            "" if option.default is None else code(option.default),
            "yes" if option.required else "",
            source(option),
        )


def kind(option: Option) -> str:
    """Return the choices of an option, or else its type; an open list of choices ends with its type."""
    plain = option.type + (f" ({option.limits['format']})" if "format" in option.limits else "")
    if option.items:
        return f"list of {kind(option.items)}"
    if option.type == "array":
        return "list of objects"
    choices = ", ".join(map(code, option.choices))
    return f"{choices}, or any {plain}" if choices and option.is_open else choices or plain


def limits(option: Option) -> str:
    """Describe the limits of a value.

    Raises:
        UnshownError: It has a limit that the page has no words for.
    """
    stated = {key: value for key, value in option.limits.items() if key != "format"}
    if unshown := stated.keys() - LIMITS.keys():
        raise UnshownError(f"{option.name}: the page does not show {', '.join(sorted(unshown))}")
    own = [LIMITS[key].format(value) for key, value in sorted(stated.items(), key=lambda it: [*LIMITS].index(it[0]))]
    each = limits(option.items) if option.items else ""
    files = file_limits(option)
    return ", ".join([*own, *([f"each {each}"] if each else []), *([files] if files else [])])


def file_limits(option: Option) -> str:
    """Describe the limits of the file behind an address."""
    kind = option.media_types[0].partition("/")[0] if option.media_types else ""
    others = any(not media_type.startswith(f"{kind}/") for media_type in option.media_types)
    size = [f"at most {option.max_bytes // 1_000_000} MB{f' of {kind}' if others else ''}"] if option.max_bytes else []
    return ", ".join([*([f"a file of {' or '.join(option.media_types)}"] if kind else []), *size])


def source(option: Option) -> str:
    """Return the sources of an option."""
    return "; ".join(f"observed: {name}" if (name := observed(it)) else it for it in option.source)


def name_of(name: str) -> str:
    """Return a name as code."""
    return f"`{name}`"


def code(value: Any) -> str:
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
