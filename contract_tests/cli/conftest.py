"""Fixtures of the command line's tests: an emulator that the environment names, and a runner."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner, Result

from contract_tests.support.kie import API_KEY
from klingkit.cli._app import app
from klingkit.emulator import AtOnce, Emulator
from klingkit.providers._registry import ADAPTERS

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def no_keys(monkeypatch, tmp_path):
    """Remove keys and hosts from the environment, and work in an empty folder."""
    for adapter in ADAPTERS.values():
        for suffix in ("API_KEY", "ACCESS_KEY", "SECRET_KEY", "BASE_URL", "UPLOAD_URL"):
            monkeypatch.delenv(f"{adapter.variables}_{suffix}", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def not_ignored() -> Iterator[None]:
    """Let Ctrl-C end the processes of these tests, also where a shell runs the tests in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def run() -> Run:
    """Return what runs a command and returns its result; stdin is no terminal."""
    runner = CliRunner()
    return lambda *arguments, **options: runner.invoke(app, [str(each) for each in arguments], **options)


@pytest.fixture
def emulator(monkeypatch) -> Iterator[Emulator]:
    """Serve an emulator, and let the environment name it, with its key, for each API."""
    emulator = Emulator(finish=AtOnce(), keys={API_KEY})
    with emulator.serve() as url:
        for adapter in ADAPTERS.values():
            monkeypatch.setenv(f"{adapter.variables}_API_KEY", API_KEY)
            monkeypatch.setenv(f"{adapter.variables}_BASE_URL", url)
        yield emulator
