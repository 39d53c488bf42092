"""Edits of the vendor's documents that change what they say, and what a reader tells of two texts."""

import atexit
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from attrs import frozen
from ruamel.yaml import YAML

from scripts.documents import Document, read

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
DOCUMENTS = Path(os.environ.get("KLINGKIT_DOCUMENTS", ROOT.parent / "shared" / "documents"))
PAGES = HERE / "pages"

Fact = tuple[str, str]
"""A place and the name of a fact there."""


@frozen
class Edit:
    """One short change of one document, and where it must show."""

    document: str
    what: str
    after: str
    find: str
    put: str
    places: tuple[str, ...]
    name: str | None

    def __str__(self) -> str:
        return f"{self.document}: {self.what}"

    def apply(self, text: str) -> str:
        """The text with the change, which must find its words there."""
        start = re.search(self.after, text)
        found = re.compile(self.find, re.MULTILINE).search(text, start.end()) if start else None
        if found is None:
            raise LookupError(f"{self}: the document has no such words any more")
        return text[: found.start()] + self.put + text[found.end() :]


def load(path: Path) -> Any:
    """A YAML file as plain values."""
    return YAML(typ="safe").load(path)


def edits() -> Iterator[Edit]:
    """Every edit by meaning, document by document."""
    for table in sorted((HERE / "meaning").glob("*.yaml")):
        for what, after, find, put, places, *name in load(table):
            wanted = (places,) if isinstance(places, str) else tuple(places)
            yield Edit(table.stem, what, after, find, put, wanted, name[0] if name else None)


def vendor(name: str) -> Path | None:
    """The vendor's document of that name, where the vendor's documents are."""
    paths = (DOCUMENTS / f"{name}.md", DOCUMENTS / "later" / f"{name}.md")
    return next((path for path in paths if path.exists()), None)


def texts() -> dict[str, str]:
    """Every page there is, ours and the vendor's, by name."""
    theirs = (vendor(table.stem) for table in sorted((HERE / "meaning").glob("*.yaml")))
    paths = [*sorted(PAGES.glob("*.md")), *filter(None, theirs)]
    return {path.stem: path.read_text(encoding="utf-8") for path in paths}


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def document(name: str, text: str) -> Document:
    """What the readers make of a text that stands in a file of that name."""
    path = _folder() / f"{name}.md"
    path.write_bytes(text.encode())
    return read(path)


def facts(name: str, text: str) -> dict[str, dict[str, Any]]:
    """The facts of a text, by place and name."""
    return document(name, text).facts


def alike(value: Any) -> Any:
    """A value whose lists, tellings among them, have an order of their own."""
    if isinstance(value, dict):
        return {key: alike(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted(map(alike, value), key=repr)
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def differences(one: dict[str, dict[str, Any]], other: dict[str, dict[str, Any]]) -> set[Fact]:
    """Where two texts do not say the same."""
    return {
        (where, name)
        for where in one.keys() | other.keys()
        for name in one.get(where, {}).keys() | other.get(where, {}).keys()
        if repr(alike(one.get(where, {}).get(name))) != repr(alike(other.get(where, {}).get(name)))
    }
