"""Compare the notes of two specs: descriptions, examples, sources, links, and other keys that limit nothing."""

from collections.abc import Iterator
from typing import Any

from scripts.specs.diff.change import Change, Comparison, Level
from scripts.specs.diff.shapes import NOTES
from scripts.specs.spec import Node, Spec, names_things, walk

SCHEMAS = "/components/schemas/"


def note_changes(old: Spec, new: Spec) -> Iterator[Change]:
    """Yield changed notes of nodes that stand at the same place in both specs."""
    before = dict(walk(old))
    for pointer, node in walk(new):
        if pointer in before and not names_things(pointer):
            here = _at(pointer)
            for key, was, now in _changed_notes(pointer, before[pointer], node):
                level: Level = "minor" if key == "deprecated" else "patch"
                yield here.change(key, was, now, level)


def _changed_notes(pointer: str, old: Node, new: Node) -> Iterator[tuple[str, Any, Any]]:
    is_note = pointer == "/info" or pointer.startswith("/tags/")
    for key in {**old, **new}:
        if (is_note or key in NOTES or key.startswith("x-")) and old.get(key) != new.get(key):
            yield key, old.get(key), new.get(key)


def _at(pointer: str) -> Comparison:
    """Return the comparison at a JSON pointer, named by component and field where it leads into a schema."""
    if not pointer.startswith(SCHEMAS):
        return Comparison({}, {}, "whole", pointer)
    name, *rest = pointer.removeprefix(SCHEMAS).split("/")
    fields = [part for place, part in enumerate(rest) if place and rest[place - 1] == "properties"]
    return Comparison({}, {}, "whole", name, ".".join(fields))
