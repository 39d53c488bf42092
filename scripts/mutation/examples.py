"""Mutation operators for examples: one says another thing than its name."""

from collections.abc import Iterator
from typing import Any

from scripts.mutation.sites import Edit, Operator, Site, after
from scripts.specs.baseline import escaped
from scripts.specs.spec import is_object

SUCCESS = (200, 0)
"""The codes for success, of all APIs."""
STATES = ("state", "task_status")


def swapped(site: Site) -> Iterator[Edit]:
    """Show under a name what is shown under the next one."""
    named = site.node.get("examples", {})
    for name in named if len(named) > 1 else ():
        other = after(named, name)
        edited = {**named, name: named[other]}
        yield Edit("swap example", f"/examples/{escaped(name)}", {**site.node, "examples": edited}, other)


def codes(site: Site) -> Iterator[Edit]:
    """Let a refusal show the code for success, and a success that of a refusal."""
    for name, value in _values(site, "code"):
        for other in SUCCESS if value["code"] not in SUCCESS else (402, 1102):
            yield _with(site, name, {**value, "code": other}, f"/code: {other}")


def states(site: Site) -> Iterator[Edit]:
    """Let a task show each other state that the examples beside it show."""
    tasks = [(name, value, *_task(value)) for name, value in _values(site)]
    words = list(dict.fromkeys(task[key] for _, _, task, key in tasks if key))
    for name, value, task, key in tasks:
        for word in words if key else ():
            if word != task[key]:
                edited = {**task, key: word}
                yield _with(site, name, edited if task is value else {**value, "data": edited}, f"/{key}: {word}")


def _task(value: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Return the task that an example shows, and the name of its state; an empty one, if it shows none."""
    for task in (value, value.get("data")):
        if is_object(task):
            for key in STATES:
                if key in task:
                    return task, key
    return value, ""


def _values(site: Site, *keys: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the examples that are objects with these keys, by name."""
    for name, entry in site.node.get("examples", {}).items():
        if is_object(entry["value"]) and set(keys) <= entry["value"].keys():
            yield name, entry["value"]


def _with(site: Site, name: str, value: dict[str, Any], detail: str) -> Edit:
    edited = {**site.node["examples"], name: {**site.node["examples"][name], "value": value}}
    part, _, detail = detail.partition(": ")
    return Edit("change example", f"/examples/{escaped(name)}{part}", {**site.node, "examples": edited}, detail)


OPERATORS: tuple[Operator, ...] = (swapped, codes, states)
"""What is done to every media type."""
