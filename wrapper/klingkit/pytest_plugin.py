"""Fixtures for the tests of services that make videos; see `klingkit.testing`.

pytest loads this by itself wherever klingkit is installed: nothing else is imported until a fixture is asked for.
Replace one by a fixture of the same name in a `conftest.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
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

ROUTER = pytest.StashKey["Router"]()


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", "klingkit(**options): what klingkit_emulator is made with, `finish=` say")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Fail a test whose service sent, or was answered, what the spec forbids, whoever swallowed the error."""
    try:
        yield
    except (Exception, pytest.fail.Exception) as error:
        router = item.stash.get(ROUTER, None)
        for told in router.violations if router else ():
            if told not in str(error):
                error.add_note(f"klingkit_router saw before:\n{told}")
        if router:
            router.forget()
        raise
    if router := item.stash.get(ROUTER, None):
        router.check()


@pytest.fixture
def klingkit_clock() -> VirtualClock:
    """A clock that stands still until its `advance(seconds)` is called; the emulator's."""
    from klingkit.emulator import VirtualClock  # noqa: PLC0415 - here and below: nothing is loaded before it is needed

    return VirtualClock(start=time.time())  # so that what a service signs or checks now is neither old nor early


@pytest.fixture
def klingkit_emulator(request: pytest.FixtureRequest, klingkit_clock: VirtualClock) -> Generator[Emulator]:
    """An emulator of all APIs, in process; `@pytest.mark.klingkit(finish=...)` says how it is made.

    Marks of a module, a class and a test add up; the nearest has the last word.
    """
    from klingkit.emulator import Emulator  # noqa: PLC0415

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
    from klingkit.testing import Server  # noqa: PLC0415

    with klingkit_emulator.serve() as url:
        yield Server(url, klingkit_emulator)


@pytest.fixture
def klingkit_client(klingkit_emulator: Emulator) -> Generator[Clients]:
    """Makes clients of the emulator, without a socket: `klingkit_client("kie")`, or `.asynchronous("kie")`."""
    from klingkit.testing import Clients  # noqa: PLC0415

    clients = Clients(klingkit_emulator)
    yield clients
    clients.close()


@pytest.fixture
def klingkit_router(request: pytest.FixtureRequest) -> Generator[Router]:
    """Mocked answers to all httpx clients; what the spec forbids fails the test and names the field."""
    from klingkit.testing import Router  # noqa: PLC0415

    with Router() as router:
        request.node.stash[ROUTER] = router
        yield router


@pytest.fixture
def klingkit_callbacks() -> Callable[..., Callbacks]:
    """Makes the deliveries of an API: `klingkit_callbacks("kie", key=...).signed("success")`."""
    from klingkit.testing import Callbacks  # noqa: PLC0415

    def make(api: Api, key: str | None = None) -> Callbacks:
        return Callbacks(api, key)

    return make
