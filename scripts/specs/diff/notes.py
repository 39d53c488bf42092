"""What has changed in words only: descriptions, examples, sources, links."""

from collections.abc import Iterator
from typing import Any

from scripts.specs.diff.change import Change, Comparison, Level
from scripts.specs.diff.shapes import NOTES
from scripts.specs.spec import Node, Spec, names_things, walk

SCHEMAS = "/components/schemas/"


def note_changes(old: Spec, new: Spec) -> Iterator[Change]:
    """Changed notes on whatever stands at the same place in both specs."""
    before = dict(walk(old))
    for pointer, node in walk(new):
        if pointer in before and not names_things(pointer):
            here = _at(pointer)
            for key, was, now in _told_otherwise(pointer, before[pointer], node):
                level: Level = "minor" if key == "deprecated" else "patch"
                yield here.change(key, was, now, level)


def _told_otherwise(pointer: str, old: Node, new: Node) -> Iterator[tuple[str, Any, Any]]:
    is_note = pointer == "/info" or pointer.startswith("/tags/")
    for key in {**old, **new}:
        if (is_note or key in NOTES or key.startswith("x-")) and old.get(key) != new.get(key):
            yield key, old.get(key), new.get(key)


def _at(pointer: str) -> Comparison:
    """The place of a JSON pointer, by component and field where it leads into one."""
    if not pointer.startswith(SCHEMAS):
        return Comparison({}, {}, "whole", pointer)
    name, *rest = pointer.removeprefix(SCHEMAS).split("/")
    fields = [part for place, part in enumerate(rest) if place and rest[place - 1] == "properties"]
    return Comparison({}, {}, "whole", name, ".".join(fields))
