"""Fixtures for the tests of services that make videos; see `klingkit.testing`.

pytest loads this by itself wherever klingkit is installed: nothing else is imported until a fixture is asked for.
Replace one by a fixture of the same name in a `conftest.py`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from klingkit.contract import Api
    from klingkit.emulator import Emulator, VirtualClock
    from klingkit.testing import Callbacks, Clients, Router, Server

__all__ = [
    "klingkit_callbacks",
    "klingkit_client",
    "klingkit_clock",
    "klingkit_emulator",
    "klingkit_router",
    "klingkit_server",
]


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", "klingkit(**options): what klingkit_emulator is made with, `finish=` say")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    """Fail a test for what its fixtures have sent; a router may be there before it."""
    yield from _watched(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Fail a test whose service sent, or was answered, what the spec forbids, whoever swallowed the error."""
    yield from _watched(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """Fail a test for what was sent after it; a router may be there for the next."""
    yield from _watched(item)


def _watched(item: pytest.Item) -> Generator[None]:
    try:
        yield
    except pytest.skip.Exception:
        _check()
        raise
    except BaseException as error:
        _explain(error)
        raise
    kept: list[pytest.ExceptionInfo[BaseException]] = getattr(item, "_excinfo", None) or []
    if kept and not isinstance(kept[0].value, pytest.skip.Exception):
        _explain(kept[0].value)  # of a unittest.TestCase: pytest will take this one, whatever is raised here
        return
    try:
        _check()
    except AssertionError:
        kept.clear()
        raise


def _check() -> None:
    for router in _entered():
        router.check()


def _explain(error: BaseException) -> None:
    for router in _entered():
        router.explain(error)


def _entered() -> list[Router]:
    """The routers at work, whichever fixture has made them."""
    module: Any = sys.modules.get("klingkit.testing._router")
    return list(module.ENTERED) if module else []


@pytest.fixture
def klingkit_clock() -> VirtualClock:
    """A clock that stands still until its `advance(seconds)` is called; the emulator's."""
    _kit()
    from klingkit.emulator import VirtualClock  # noqa: PLC0415 - nothing is loaded before it is needed

    return VirtualClock(start=time.time())  # so that what a service signs or checks now is neither old nor early


@pytest.fixture
def klingkit_emulator(request: pytest.FixtureRequest, klingkit_clock: VirtualClock) -> Generator[Emulator]:
    """An emulator of all APIs, in process; `@pytest.mark.klingkit(finish=...)` says how it is made.

    Marks of a module, a class and a test add up; the nearest has the last word.
    """
    from klingkit.emulator import Emulator  # noqa: PLC0415 - nothing is loaded before it is needed

    options: dict[str, Any] = {"clock": klingkit_clock, **_options(request.node)}
    emulator = Emulator(**options)
    yield emulator
    emulator.close()


def _options(node: pytest.Item) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for mark in node.iter_markers("klingkit"):
        if mark.args:
            raise pytest.UsageError(f"@pytest.mark.klingkit takes options by name, not {mark.args[0]!r}")
        found = {**mark.kwargs, **found}
    return found


@pytest.fixture
def klingkit_server(klingkit_emulator: Emulator) -> Generator[Server]:
    """The emulator on a free loopback port: `.url` for the service, `.emulator` for the test."""
    kit = _kit()
    with klingkit_emulator.serve() as url:
        yield kit.Server(url, klingkit_emulator)


@pytest.fixture
def klingkit_client(klingkit_emulator: Emulator) -> Clients:
    """Makes clients of the emulator, without a socket: `klingkit_client("kie")`, or `.asynchronous("kie")`."""
    clients: Clients = _kit().Clients(klingkit_emulator)
    return clients


@pytest.fixture
def klingkit_router() -> Generator[Router]:
    """Mocked answers to all httpx clients; what the spec forbids fails the test and names the field."""
    with _kit().Router() as router:
        yield router


@pytest.fixture
def klingkit_callbacks() -> Callable[..., Callbacks]:
    """Makes the deliveries of an API: `klingkit_callbacks("kie", key=...).signed("success")`.

    They are signed by the system's time, unless `now=klingkit_clock.now` says otherwise.
    """
    kit = _kit()

    def make(api: Api, key: str | None = None, now: Callable[[], float] = time.time) -> Callbacks:
        made: Callbacks = kit.Callbacks(api, key, now)
        return made

    return make


def _kit() -> Any:
    """`klingkit.testing`, which is not loaded before a fixture needs it, with what else the fixtures are made of."""
    try:
        return import_module("klingkit.testing")
    except ImportError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None
