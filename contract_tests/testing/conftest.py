"""Fixtures: routers, and a function that runs pytest within a test."""

from __future__ import annotations

import pytest

from contract_tests.support.apis import KIE
from contract_tests.testing.clients import client_of
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
    with Router() as opened:
        yield opened


@pytest.fixture
def kie():
    return client_of(KIE)


@pytest.fixture
def run_pytest(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    """Return a function that runs pytest on a test module's source.

    It runs in this process with all installed plugins; with `in_subprocess`, in a process of its own with few plugins.
    """

    def run_tests(source: str, *options: str, in_subprocess: bool = False) -> pytest.RunResult:
        pytester.makepyfile(service=SERVICE)
        pytester.makepyfile(source)
        if not in_subprocess:
            return pytester.runpytest_inprocess("-p", "no:schemathesis", "-p", "no:cacheprovider", *options)
        monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        return pytester.runpytest_subprocess("-p", "klingkit", "-p", "no:cacheprovider", *options)

    return run_tests
