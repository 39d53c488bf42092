"""Fixtures of the tests of durable jobs: a ledger whose time is the test's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import define

from klingkit import Client, Pacing
from klingkit.batch import Ledger
from klingkit.batch._steps import Rules
from klingkit.kie import Kie, Kling26TextToVideo

HOST = "http://kie.test"
START = 1_800_000_000.0


@define
class Time:
    """A clock that goes when a test says so."""

    now: float = START

    def __call__(self) -> float:
        return self.now


def request(prompt: str = "a cat") -> Kling26TextToVideo:
    """Return a request."""
    return Kling26TextToVideo(prompt=prompt, sound=False, aspect_ratio="1:1", duration="5")


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def api() -> Kie:
    return Kie("key-of-nobody", HOST)


@pytest.fixture
def open_ledger(tmp_path: Path, time: Time) -> Iterator[Any]:
    """Return what opens the test's ledger, with options; each is closed at the end."""
    opened: list[Ledger] = []

    def open_(**options: Any) -> Ledger:
        opened.append(Ledger(tmp_path / "ledger.db", clock=time, **options))
        return opened[-1]

    yield open_
    for ledger in opened:
        ledger.close()


@pytest.fixture
def ledger(open_ledger: Any) -> Ledger:
    made: Ledger = open_ledger(pacing=Pacing(creations=2, per=10.0, slots=5))
    return made


@pytest.fixture
def rules(ledger: Ledger, api: Kie) -> Rules:
    with Client(api) as client:
        return ledger.rules(client)
