"""Edits that change the meaning of the vendor's documents, and the differences between the facts of two texts."""

import atexit
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
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

PLACE = re.compile(r"\^?[\w.-]+\$?$")
"""A pattern that means one place."""

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

    def span(self, text: str) -> tuple[int, int]:
        """Where in the text its words stand; they must."""
        start = re.search(self.after, text)
        found = re.compile(self.find, re.MULTILINE).search(text, start.end()) if start else None
        if found is None:
            raise LookupError(f"{self}: the document has no such words any more")
        return found.span()

    def alone(self) -> bool:
        """Whether it may show in more places than the one that it names: nothing else may change with it then."""
        far = re.search(r"renamed|gone|more|broken|mended|cut|lacks|stated twice|another|alternatives", self.what)
        return bool(far) or len(self.places) > 1 or not PLACE.match(self.places[0])

    def apart(self, other: "Edit") -> bool:
        """Whether none of the two can show in the place of the other: a sample shows whatever its fields do."""
        one, two = (edit.places[0].strip("^$") for edit in (self, other))
        samples = [place.removesuffix("sample") for place in (one, two) if place.endswith("sample")]
        near = any(place.startswith(root) for root in samples for place in (one, two) if place != f"{root}sample")
        return not near and one != two and not f"{one}.".startswith(f"{two}.") and not f"{two}.".startswith(f"{one}.")


def changed(text: str, edits: Iterable[Edit]) -> str:
    """The text with all of these edits."""
    for start, end, put in sorted(((*edit.span(text), edit.put) for edit in edits), reverse=True):
        text = text[:start] + put + text[end:]
    return text


def _clear(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether there is text between two spans."""
    return one[1] < other[0] or other[1] < one[0]


def batches(edits: Iterable[Edit], text: str) -> Iterator[list[Edit]]:
    """The edits, several at a time: of different words, that show in different places."""
    waiting = list(edits)
    spans = {edit: edit.span(text) for edit in waiting}
    while waiting:
        batch = waiting[:1]
        for edit in waiting[1:]:
            free = not edit.alone() and not batch[0].alone() and all(map(edit.apart, batch))
            if free and all(_clear(spans[edit], spans[other]) for other in batch):
                batch.append(edit)
        yield batch
        waiting = [edit for edit in waiting if edit not in batch]


def load(path: Path) -> Any:
    """A YAML file as plain values."""
    return YAML(typ="safe").load(path)


TABLES = tuple(path.stem for path in sorted((HERE / "meaning").glob("*.yaml")))
"""The documents that have edits by meaning."""


def edits(name: str) -> Iterator[Edit]:
    """Every edit by meaning of that document."""
    for what, after, find, put, places, *fact in load(HERE / "meaning" / f"{name}.yaml"):
        expected = (places,) if isinstance(places, str) else tuple(places)
        yield Edit(name, what, after, find, put, expected, fact[0] if fact else None)


def vendor(name: str) -> Path | None:
    """The vendor's document of that name, where the vendor's documents are."""
    paths = (DOCUMENTS / f"{name}.md", DOCUMENTS / "later" / f"{name}.md")
    return next((path for path in paths if path.exists()), None)


def texts() -> dict[str, str]:
    """Every page there is, ours and the vendor's, by name."""
    theirs = map(vendor, TABLES)
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
    """A value whose lists, values_of among them, have an order of their own."""
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
