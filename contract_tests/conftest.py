"""What all tests share."""

import functools
import gc
from collections.abc import Iterator
from typing import Any

import httpx
import httpx._transports.default as httpx_transports
import pytest
from hypothesis import HealthCheck, settings

from contract_tests.support.apis import ALL, ApiCase
from contract_tests.support.leaks import Watch, watching

# Thousands of tests, and what Hypothesis and schemathesis hold, stay: to look for garbage among them after every 700
# new objects, as Python does by default, takes a tenth of the time.
gc.set_threshold(50_000, 20, 20)

# How fast a machine is says nothing.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@functools.cache
def shared_ssl_context(**options: Any) -> Any:
    """Read the certificates of authorities once: to make a context takes longer than most tests."""
    return httpx.create_ssl_context(**options)


httpx_transports.create_ssl_context = shared_ssl_context  # type: ignore[attr-defined]  # it imports the name


@pytest.fixture(params=ALL, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> ApiCase:
    """Each API in turn: what all do alike is tested by one body."""
    case: ApiCase = request.param
    return case


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    """Loopback is reached directly, whatever the environment says."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(autouse=True)
def no_leaks() -> Iterator[Watch]:
    """No test, whatever it is about, makes a key visible."""
    with watching() as watch:
        yield watch
    assert watch.leaks() == []
