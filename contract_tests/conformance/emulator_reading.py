"""How an answer of the emulator is read."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from attrs import frozen

from contract_tests.conformance.emulator_history import History
from contract_tests.emulator.kit import Kie
from scripts.checks.exchanges import UNREADABLE


@frozen
class Fault:
    """What a check found."""

    check: str
    what: str


def field(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def differing(value: Any, fields: set[str]) -> Iterator[str]:
    held = set(value) if isinstance(value, dict | Iterable) and value is not UNREADABLE else set()
    if missing := fields - held:
        yield f"without {sorted(missing)}"
    if more := held - fields:
        yield f"with {sorted(more)}"


def state(past: History, record: Any) -> str:
    """Our word for the state of a record; "" for what is none."""
    word = field(record, past.kind.state)
    words = {vendor: ours for ours, vendor in past.kind.words.items()} if isinstance(word, str) else {}
    return words.get(word, "")


def urls(past: History, record: Any) -> Any:
    """Where the films are; None if nothing is said of any."""
    if past.kind is Kie:
        text = field(record, "resultJson")
        if not text:
            return None
        try:
            return field(json.loads(text), "resultUrls") or text
        except (TypeError, ValueError):
            return text
    result = field(record, "task_result")
    videos = field(result, "videos")
    return result if not isinstance(videos, list) else [field(video, "url") for video in videos]
