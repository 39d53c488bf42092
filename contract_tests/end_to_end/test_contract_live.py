"""Prism serves the specs: another validator checks the client's requests, and the checks run against another server."""

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

from contract_tests.support.video_cases import video_cases
from klingkit import Client, SubmissionUncertain
from klingkit.contract import Report, check_service
from klingkit.contract._limits import limit_cases
from klingkit.kie import Kie, Kling25TurboPro
from klingkit.native import Native
from klingkit.relay import Relay
from klingkit_api.checks import UNSET

ROOT = Path(__file__).parents[2]
PRISM = ROOT / ".cache/prism/node_modules/.bin/prism"
APIS: dict[str, Any] = {"kie": Kie, "native": Native, "relay": Relay}
KEY = "key-of-nobody"
START = 60.0


def without_camera(request: Any) -> Any:
    """Leave the camera out: the official wire knows other movements than document 001."""
    return attrs.evolve(request, camera_control=UNSET) if hasattr(request, "camera_control") else request


@contextmanager
def serving(api: str) -> Iterator[str]:
    """Prism on a free port, whose number it prints once it listens."""
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
            while not (found := re.search(r"listening on (http://127\.0\.0\.1:\d+)", lines.get(timeout=START))):
                pass
            yield found[1]
        finally:
            process.terminate()
            process.wait(START)
            reader.join(START)


@pytest.fixture(scope="module", params=["kie", "native", "relay"])
def prism(request) -> Iterator[tuple[str, str]]:
    """An API, and the URL at which Prism serves its spec."""
    if not PRISM.exists():
        missing = f"Prism is not installed: make {PRISM.relative_to(ROOT)}"
        assert "prism" not in os.environ.get("KLINGKIT_NO_SKIPS", ""), missing
        pytest.skip(missing)
    with serving(request.param) as url:
        yield request.param, url


def requests(api: str) -> list[Any]:
    """Every request that the client makes of every model, but for the fractions of `test_tenths`."""
    found = [case.request for case in video_cases() if case.api == api]
    return [attrs.evolve(one, cfg_scale=0.5) if getattr(one, "cfg_scale", None) == 0.3 else one for one in found]


@contextmanager
def watching() -> Iterator[tuple[httpx.Client, list[tuple[int, str | None]]]]:
    """A client, and its responses: the status, and what Prism's validator found."""
    seen: list[tuple[int, str | None]] = []

    def see(response: httpx.Response) -> None:
        seen.append((response.status_code, response.headers.get("sl-violations")))

    with httpx.Client(event_hooks={"response": [see]}) as http:
        yield http, seen


def test_every_request_of_the_client_is_valid_for_another_validator(prism):
    api, url = prism
    with watching() as (http, seen):
        client = Client[Any](APIS[api](KEY, url), http=http)
        for request in requests(api):
            client.get(client.submit(request))
    assert seen == [(200, None)] * 2 * len(requests(api))


@pytest.mark.parametrize("wire", ["document", "official"])
def test_the_official_wire_and_external_ids_are_valid_for_another_validator(prism, wire):
    api, url = prism
    made = Kie(KEY, url) if api == "kie" else APIS[api](KEY, url, wire=wire)
    own: Any = {} if api == "kie" else {"external_task_id": "order-7"}
    with watching() as (http, seen):
        for request in map(without_camera, requests(api)[-3:]):
            Client[Any](made, http=http).submit(request, callback_url="http://127.0.0.1:9/done", **own)
    assert seen == [(200, None)] * 3


def test_tenths(prism):
    """The one difference: in binary fractions, 0.3 is no multiple of 0.1."""
    api, url = prism
    tenths = {
        scale: Kling25TurboPro(prompt="a cat", cfg_scale=scale) for scale in (0.0, 0.1, 0.3, 0.5, 0.6, 0.7, 0.9, 1.0)
    }
    rejected = set()
    with watching() as (http, seen):
        for scale, request in tenths.items() if api == "kie" else ():
            try:
                Client[Any](Kie(KEY, url), http=http).submit(request)
            except SubmissionUncertain:
                rejected.add(scale)
    assert rejected == ({0.3, 0.6, 0.7} if api == "kie" else set())
    assert all("must be multiple of 0.1" in str(found) for status, found in seen if status == 422)


@pytest.fixture(scope="module")
def report(prism) -> Report:
    """The report of the checks on Prism; it never responds to one of them."""
    api, url = prism
    return check_service(api, url, key=KEY, spend=True, timeout=2)


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
