"""Fixtures and settings for all tests."""

import functools
import gc
from collections.abc import Iterator
from typing import Any

import httpx
import httpx._transports.default as httpx_transports
import pytest
from hypothesis import HealthCheck, settings

from contract_tests.support.apis import ALL_APIS, ApiCase
from contract_tests.support.leaks import LeakWatch, watching_for_leaks

# Thousands of collected tests, and what Hypothesis and schemathesis hold, live until the end. To search all this
# for garbage after every 700 new objects, as Python does by default, takes a tenth of the time.
gc.set_threshold(50_000, 20, 20)

# The speed of the machine is no property of the code: no deadline for an example.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@functools.cache
def shared_ssl_context(**options: Any) -> Any:
    """Return one TLS context for all tests: to load the authorities' certificates takes longer than most tests."""
    return httpx.create_ssl_context(**options)


httpx_transports.create_ssl_context = shared_ssl_context  # type: ignore[attr-defined]  # it imports the name


@pytest.fixture(params=ALL_APIS, ids=lambda case: case.name)
def api_case(request: pytest.FixtureRequest) -> ApiCase:
    """Return each API in turn: one test body checks what all of them do alike."""
    api_case: ApiCase = request.param
    return api_case


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    """Remove proxies from the environment, so that requests to loopback go there directly."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(autouse=True)
def no_leaks() -> Iterator[LeakWatch]:
    """Fail any test that makes a key visible, whatever it is about."""
    with watching_for_leaks() as watch:
        yield watch
    assert watch.leaks() == []
