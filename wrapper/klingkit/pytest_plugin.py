"""Fixtures for the tests of services that make videos; see `klingkit.testing`.

pytest loads this plugin wherever klingkit is installed; nothing else is imported until a test requests a fixture.
A fixture of the same name in a `conftest.py` replaces one.
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
    """Register the marker."""
    config.addinivalue_line(
        "markers", "klingkit(**options): options of the fixture klingkit_emulator, such as `finish=`"
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    """Fail a test for violations of its fixtures, which a router of a wider scope may have seen."""
    yield from _reporting(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Fail a test for violations of the spec, even if the service swallowed the error."""
    yield from _reporting(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """Fail a test for violations after it, which a router of a wider scope would report in the next test."""
    yield from _reporting(item)


def _reporting(item: pytest.Item) -> Generator[None]:
    try:
        yield
    except pytest.skip.Exception:
        _check()
        raise
    except BaseException as error:
        _explain(error)
        raise
    stored: list[pytest.ExceptionInfo[BaseException]] = getattr(item, "_excinfo", None) or []
    if stored and not isinstance(stored[0].value, pytest.skip.Exception):
        try:
            _explain(stored[0].value)  # a unittest.TestCase stores its error, which pytest then reports
        except AssertionError:
            stored.clear()
            raise
        return
    try:
        _check()
    except AssertionError:
        stored.clear()
        raise


def _check() -> None:
    for router in _active():
        router.check()


def _explain(error: BaseException) -> None:
    """Add the violations to the error of a test as notes; raise the one that caused it, its fields first.

    So pytest's summary, which shows a first line, shows the field, and no `SubmissionUncertain`.
    """
    cause = _cause_of(error)
    shown = error if cause is None else AssertionError(_fields_first(str(cause)))
    for router in _active():
        router.explain(shown)
    if shown is not error:
        raise shown from error


def _fields_first(violation: str) -> str:
    _, *problems = violation.splitlines()
    return "; ".join(each.strip() for each in problems) + f"\n{violation}"


def _cause_of(error: BaseException) -> AssertionError | None:
    """Return the violation that an error of a client wraps, such as a `SubmissionUncertain`; None: it wraps none."""
    known = {violation for router in _active() for violation in router.violations}
    links = [error]
    for link in links:
        if link is not error and isinstance(link, AssertionError) and str(link) in known:
            return link
        inner: tuple[BaseException, ...] = getattr(link, "exceptions", ())
        links += [each for each in (link.__cause__, *inner) if each is not None and each not in links]
    return None


def _active() -> list[Router]:
    """Return the active routers, whichever fixture has made them."""
    module: Any = sys.modules.get("klingkit.testing._router")
    return list(module.ACTIVE) if module else []


@pytest.fixture
def klingkit_clock() -> VirtualClock:
    """The emulator's clock: it stands still until `advance(seconds)` is called."""
    _testing()
    from klingkit.emulator import VirtualClock  # noqa: PLC0415 - nothing is loaded before it is needed

    return VirtualClock(
        start=time.time()
    )  # so that tokens and callbacks that a service signs or checks by the system's time are valid


@pytest.fixture
def klingkit_emulator(request: pytest.FixtureRequest, klingkit_clock: VirtualClock) -> Generator[Emulator]:
    """An emulator of all APIs, in process; `@pytest.mark.klingkit(finish=...)` passes options to it.

    Marks of a module, a class and a test add up; the nearest one wins.
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
    testing = _testing()
    with klingkit_emulator.serve() as url:
        yield testing.Server(url, klingkit_emulator)


@pytest.fixture
def klingkit_client(klingkit_emulator: Emulator) -> Clients:
    """Makes clients of the emulator, without a socket: `klingkit_client("kie")`, or `.asynchronous("kie")`."""
    clients: Clients = _testing().Clients(klingkit_emulator)
    return clients


@pytest.fixture
def klingkit_router() -> Generator[Router]:
    """Mocked responses to all httpx clients; a violation of the spec fails the test and names the field."""
    with _testing().Router() as router:
        yield router


@pytest.fixture
def klingkit_callbacks() -> Callable[..., Callbacks]:
    """Makes the callbacks of an API: `klingkit_callbacks("kie", key=...).signed("success")`.

    They are signed at the system's time, unless `now=klingkit_clock.now` is given.
    """
    testing = _testing()

    def make(api: Api, key: str | None = None, now: Callable[[], float] = time.time) -> Callbacks:
        made: Callbacks = testing.Callbacks(api, key, now)
        return made

    return make


def _testing() -> Any:
    """Import `klingkit.testing` when a fixture needs it; fail the test with one line where its extra is missing."""
    try:
        return import_module("klingkit.testing")
    except ImportError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None
