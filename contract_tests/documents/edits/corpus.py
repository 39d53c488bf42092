"""Edits that change the meaning of the vendor's documents, and the differences between the facts of two texts."""

import atexit
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from attrs import frozen
from ruamel.yaml import YAML

from contract_tests.support.vendor_documents import find_document
from scripts.documents import Document, read

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
PAGES = HERE / "pages"

PLACE = re.compile(r"\^?[\w.-]+\$?$")
"""Matches a pattern that stands for one place only."""

Fact = tuple[str, str]
"""A place and the name of a fact there."""


@frozen
class Edit:
    """One short edit of one document, and the places whose facts it must change."""

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
        """Start and end of the words to replace; raises LookupError if they are not in the text."""
        start = re.search(self.after, text)
        found = re.compile(self.find, re.MULTILINE).search(text, start.end()) if start else None
        if found is None:
            raise LookupError(f"{self}: the document has no such words any more")
        return found.span()

    def needs_own_batch(self) -> bool:
        """Whether the edit may change several places, so that it cannot share a batch with other edits."""
        far = re.search(r"renamed|gone|more|broken|repaired|cut|lacks|stated twice|another|alternatives", self.what)
        return bool(far) or len(self.places) > 1 or not PLACE.match(self.places[0])

    def independent_of(self, other: "Edit") -> bool:
        """Whether two edits change different places; a change below a sample also changes the place of the sample."""
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
    """The edits in batches, so that those of a batch change different words and different places."""
    waiting = list(edits)
    spans = {edit: edit.span(text) for edit in waiting}
    while waiting:
        batch = waiting[:1]
        for edit in waiting[1:]:
            free = (
                not edit.needs_own_batch() and not batch[0].needs_own_batch() and all(map(edit.independent_of, batch))
            )
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


def texts() -> dict[str, str]:
    """Every page there is, ours and the vendor's, by name."""
    theirs = map(find_document, TABLES)
    paths = [*sorted(PAGES.glob("*.md")), *filter(None, theirs)]
    return {path.stem: path.read_text(encoding="utf-8") for path in paths}


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def document(name: str, text: str) -> Document:
    """Read a text as the file of that name."""
    path = _folder() / f"{name}.md"
    path.write_bytes(text.encode())
    return read(path)


def facts(name: str, text: str) -> dict[str, dict[str, Any]]:
    """The facts of a text, by place and name."""
    return document(name, text).facts


def with_sorted_lists(value: Any) -> Any:
    """Return a value with sorted lists, so that values with another order compare equal."""
    if isinstance(value, dict):
        return {key: with_sorted_lists(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted(map(with_sorted_lists, value), key=repr)
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def differences(one: dict[str, dict[str, Any]], other: dict[str, dict[str, Any]]) -> set[Fact]:
    """The places and names of the facts that differ."""
    return {
        (where, name)
        for where in one.keys() | other.keys()
        for name in one.get(where, {}).keys() | other.get(where, {}).keys()
        if repr(with_sorted_lists(one.get(where, {}).get(name)))
        != repr(with_sorted_lists(other.get(where, {}).get(name)))
    }
