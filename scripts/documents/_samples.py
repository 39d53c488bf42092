"""Samples of requests and answers: what fields they show, and where they contradict what is told of these."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from attrs import field, frozen

from scripts.documents._document import Facts, Value, place
from scripts.documents._lenient import loads
from scripts.documents._verdicts import agrees, kind, values_of

Mentioned: TypeAlias = Callable[[str, str], bool]
"""Whether a page names a field of a sample, by its root and path, in its description of the object around it."""


@frozen
class Sample:
    """A sample under the place of what it is a sample of; no data if nothing of it can be read."""

    root: str
    data: Any
    valid: bool = True


@frozen
class _Verdict:
    """What a sample has beyond its tables, lacks, and gets wrong: the paths of fields."""

    unlisted: set[str] = field(factory=set)
    missing: set[str] = field(factory=set)
    wrong: set[str] = field(factory=set)


def keys(data: Any, path: tuple[str, ...] = ()) -> frozenset[str] | None:
    """The names at a path of a sample; None if there is no object."""
    if isinstance(data, list):
        found = [keys(item, path) for item in data]
        known = [names for names in found if names is not None]
        return frozenset().union(*known) if known else None
    if not isinstance(data, dict):
        return None
    return keys(data.get(path[0]), path[1:]) if path else frozenset(map(str, data))


def show_samples(facts: Facts, samples: list[Sample]) -> None:
    """Tell what the samples alone show: fields that no table has, and null."""
    known = facts.values
    for sample in samples:
        _show(facts, known, sample.root, sample.data)


def judge_samples(facts: Facts, samples: list[Sample], mentioned: Mentioned) -> None:
    """Tell of every sample whether it is JSON and agrees with what is told; `mentioned` fields need no table."""
    known = facts.values
    for root in dict.fromkeys(sample.root for sample in samples):
        verdict = _Verdict()
        for sample in samples:
            if sample.root == root:
                facts.tell(f"{root}.sample", "valid", sample.valid)
                _judge(sample.root, sample.data, known, verdict, "")
        listed = any(where.startswith(f"{root}.") and told.get("told_by") != "sample" for where, told in known.items())
        verdict.unlisted.difference_update(path for path in set(verdict.unlisted) if mentioned(root, path))
        for name in ("unlisted", "missing", "wrong"):
            paths = sorted(getattr(verdict, name))
            if paths and (listed or name != "unlisted"):
                facts.tell(f"{root}.sample", name, paths)


def tell_all(facts: Facts, samples: list[Sample]) -> None:
    """Tell what samples show and how they agree, where nothing else is to be told in between."""
    show_samples(facts, samples)
    judge_samples(facts, samples, lambda _root, _path: False)
    tell_success(facts, samples)


def tell_success(facts: Facts, samples: list[Sample]) -> None:
    """Tell the code of the samples that show a success: those that carry data."""
    for sample in samples:
        if sample.root.endswith("response") and isinstance(sample.data, dict):
            code, data = sample.data.get("code"), sample.data.get("data")
            if isinstance(code, int) and isinstance(data, dict) and data:
                facts.tell("codes", "success", code)


def parsed(value: Any) -> tuple[dict[str, Any] | None, bool]:
    """The object that a string carries as JSON, if it carries one, and whether it is without fault."""
    if not isinstance(value, str) or not value.lstrip().startswith("{"):
        return None, True
    data, valid = loads(value)
    return (data if isinstance(data, dict) else None), valid


def _show(facts: Facts, known: dict[str, dict[str, Value]], where: str, value: Any) -> None:
    """Tell the fields that only the sample shows, and where it shows null."""
    for name, child in _children(value):
        at = place(where, name)
        if child is None:
            facts.tell(at, "nullable", value=True)
        elif "type" not in known.get(at, {}):
            facts.tell(at, "type", kind(child))
            facts.tell(at, "told_by", "sample")
        if isinstance(child, list) and "items" not in known.get(at, {}):
            for item in child:
                if item is not None and not isinstance(item, dict):
                    facts.tell(at, "items", kind(item))
        inner, _ = parsed(child)
        if inner is None or not _like_a_request(inner, known):
            _show(facts, known, at, inner or child)


def _judge(where: str, value: Any, known: dict[str, dict[str, Value]], verdict: _Verdict, path: str) -> None:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            verdict.missing.update(place(path, name) for name in _required(where, known) - item.keys())
    for name, child in _children(value):
        at, inside = place(where, name), place(path, name)
        if not _listed(at, known):
            verdict.unlisted.add(inside)
        if child is not None and not agrees(child, _limits(at, known)):
            verdict.wrong.add(inside)
        inner, valid = parsed(child)
        if not valid:
            verdict.wrong.add(inside)
        if inner is not None and _like_a_request(inner, known):
            _judge("request", inner, known, verdict, inside)
        elif _listed(at, known):
            _judge(at, inner or child, known, verdict, inside)


def _limits(where: str, known: dict[str, dict[str, Value]]) -> dict[str, Value]:
    """What is told of a field; an answer's code is one of the codes, its model one that can be asked for."""
    told = known.get(where, {})
    root, _, name = where.rpartition(".")
    if root in {"response", "query.response"} and name == "code" and "enum" in known.get("codes", {}):
        return {**told, "enum": _codes(known["codes"])}
    if "response" in root and name in {"model", "model_name"} and "enum" not in told:
        return {**told, **{key: limit for key, limit in known.get(f"request.{name}", {}).items() if key == "enum"}}
    return told


def _codes(told: dict[str, Value]) -> list[Value]:
    """The codes of a page; the one of success is another where the page lists those of errors alone."""
    codes = [code for listed in values_of(told["enum"]) for code in listed]
    success = values_of(told["success"]) if "success" in told else []
    return codes if set(codes) & set(success) else [*codes, *success]


def _children(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from ((str(name), child) for name, child in value.items())
    elif isinstance(value, list):
        for item in value:
            yield from _children(item)


def _required(where: str, known: dict[str, dict[str, Value]]) -> set[str]:
    inside = {at: at.removeprefix(f"{where}.") for at in known if at.startswith(f"{where}.")}
    return {
        name
        for at, name in inside.items()
        if "." not in name and known[at].get("required") is True and "in" not in known[at]
    }


def _listed(where: str, known: dict[str, dict[str, Value]]) -> bool:
    return any(
        (other == where or other.startswith(f"{where}.")) and told.get("told_by") != "sample"
        for other, told in known.items()
    )


def _like_a_request(data: dict[str, Any], known: dict[str, dict[str, Value]]) -> bool:
    names = {at.split(".")[1] for at in known if at.startswith("request.") and at != "request.sample"}
    return bool(data) and len(names & data.keys()) * 2 >= len(data)
