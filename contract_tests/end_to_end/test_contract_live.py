"""Tests with Prism, a mock server for OpenAPI: its validator checks the client's requests, and it is checked itself."""

from __future__ import annotations

import os
import queue
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest

from contract_tests.support.adapters import ADAPTERS
from contract_tests.support.video_cases import video_cases
from klingkit import Client, SubmissionUncertain
from klingkit.contract import Report, check_service
from klingkit.contract._limits import limit_cases
from klingkit.kie import Kie, Kling25TurboPro
from klingkit_api.checks import UNSET

ROOT = Path(__file__).parents[2]
PRISM = ROOT / ".cache/prism/node_modules/.bin/prism"
API_KEY = "key-of-nobody"
PRISM_TIMEOUT = 60.0


def without_camera(request: Any) -> Any:
    """Leave the camera out: the official dialect has other movements than document 001."""
    return attrs.evolve(request, camera_control=UNSET) if hasattr(request, "camera_control") else request


@contextmanager
def serve_with_prism(api: str) -> Iterator[str]:
    """Run Prism on a free port, whose number it prints once it listens; yield its URL."""
    spec = ROOT / f"openapi/{api}.yaml"
    command = [str(PRISM), "mock", "-h", "127.0.0.1", "-p", "0", str(spec)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        lines: queue.Queue[str] = queue.Queue()

        def read(output: Any = process.stdout) -> None:
            for line in output:
                lines.put(line)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            while not (found := re.search(r"listening on (http://127\.0\.0\.1:\d+)", lines.get(timeout=PRISM_TIMEOUT))):
                pass
            yield found[1]
        finally:
            process.terminate()
            process.wait(PRISM_TIMEOUT)
            reader.join(PRISM_TIMEOUT)


@pytest.fixture(scope="module", params=ADAPTERS)
def prism(request) -> Iterator[tuple[str, str]]:
    """Return an API, and the URL at which Prism serves its spec."""
    if not PRISM.exists():
        missing = f"Prism is not installed: make {PRISM.relative_to(ROOT)}"
        assert "prism" not in os.environ.get("KLINGKIT_NO_SKIPS", ""), missing
        pytest.skip(missing)
    with serve_with_prism(request.param) as url:
        yield request.param, url


def client_requests(api: str) -> list[Any]:
    """Return every request of every model, without the fractions that `test_tenths` is about."""
    all_requests = [case.request for case in video_cases() if case.api == api]
    return [attrs.evolve(one, cfg_scale=0.5) if getattr(one, "cfg_scale", None) == 0.3 else one for one in all_requests]


@contextmanager
def recording_client() -> Iterator[tuple[httpx.Client, list[tuple[int, str | None]]]]:
    """Open a client that records its responses: the status, and the violations found by Prism's validator."""
    responses: list[tuple[int, str | None]] = []

    def record(response: httpx.Response) -> None:
        responses.append((response.status_code, response.headers.get("sl-violations")))

    with httpx.Client(event_hooks={"response": [record]}) as http:
        yield http, responses


def test_every_request_of_the_client_is_valid_for_another_validator(prism):
    api, url = prism
    with recording_client() as (http, responses):
        client = Client[Any](ADAPTERS[api](API_KEY, url), http=http)
        for request in client_requests(api):
            client.get(client.submit(request))
    assert responses == [(200, None)] * 2 * len(client_requests(api))


@pytest.mark.parametrize("dialect", ["document", "official"])
def test_the_official_dialect_and_external_ids_are_valid_for_another_validator(prism, dialect):
    api, url = prism
    adapter = Kie(API_KEY, url) if api == "kie" else ADAPTERS[api](API_KEY, url, dialect=dialect)
    external_id: Any = {} if api == "kie" else {"external_task_id": "order-7"}
    with recording_client() as (http, responses):
        for request in map(without_camera, client_requests(api)[-3:]):
            Client[Any](adapter, http=http).submit(request, callback_url="http://127.0.0.1:9/done", **external_id)
    assert responses == [(200, None)] * 3


def test_tenths(prism):
    """Prism differs only in tenths: in binary fractions, 0.3 is no multiple of 0.1."""
    api, url = prism
    tenths = {
        scale: Kling25TurboPro(prompt="a cat", cfg_scale=scale) for scale in (0.0, 0.1, 0.3, 0.5, 0.6, 0.7, 0.9, 1.0)
    }
    rejected = set()
    with recording_client() as (http, responses):
        for scale, request in tenths.items() if api == "kie" else ():
            try:
                Client[Any](Kie(API_KEY, url), http=http).submit(request)
            except SubmissionUncertain:
                rejected.add(scale)
    assert rejected == ({0.3, 0.6, 0.7} if api == "kie" else set())
    assert all("must be multiple of 0.1" in str(found) for status, found in responses if status == 422)


@pytest.fixture(scope="module")
def report(prism) -> Report:
    """Return the report of the checks on Prism, which never responds to one of them."""
    api, url = prism
    return check_service(api, url, key=API_KEY, spend=True, timeout=2)


def test_the_checks_report_that_a_mock_has_neither_keys_nor_tasks(report):
    found = {check.name: check.detail for check in report.checks[:5]}
    assert {check.name: check.outcome for check in report.checks[:5]} == {
        "wrong key": "failed",
        "no key": "passed",
        "unknown task": "failed",
        "body that is not JSON": "unknown",
        "invented model": "passed",
    }
    assert found["wrong key"].endswith("the service accepts any key, or none")
    assert found["unknown task"].endswith("the request was accepted")
    assert found["body that is not JSON"].startswith("no response (ReadTimeout")
    assert (report.exit_code, report.accepted) == (1, 0)


def test_another_validator_checks_every_limit(report):
    limits = report.checks[5:]
    assert len(limits) == sum(1 for _ in limit_cases(report.api))
    assert {check.name: check.outcome for check in limits if check.outcome != "passed"} == {}
