"""Routers, and test runs within a test."""

from __future__ import annotations

import pytest

from contract_tests.support.apis import KIE
from contract_tests.testing.clients import client
from klingkit.testing import Router

SERVICE = """
import httpx

BODY = {"model": "kling/v2-5-turbo-text-to-video-pro", "input": {"prompt": "a cat", "aspect_ratio": "21:9"}}

def create(url="https://api.kie.ai"):
    return httpx.post(url + "/api/v1/jobs/createTask", json=BODY, headers={"Authorization": "Bearer k"})

def careless():
    try:
        return create()
    except Exception:
        return None
"""


@pytest.fixture
def router():
    with Router() as found:
        yield found


@pytest.fixture
def kie():
    return client(KIE)


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    """Run tests in this process, with all plugins that are installed; `apart`, in one of their own, with few."""

    def run_tests(source: str, *options: str, apart: bool = False) -> pytest.RunResult:
        pytester.makepyfile(service=SERVICE)
        pytester.makepyfile(source)
        if not apart:
            return pytester.runpytest_inprocess("-p", "no:schemathesis", "-p", "no:cacheprovider", *options)
        monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        return pytester.runpytest_subprocess("-p", "klingkit", "-p", "no:cacheprovider", *options)

    return run_tests
