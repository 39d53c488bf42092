"""Tests of `klingkit doctor`."""

from __future__ import annotations

import json

import httpx
import pytest
import respx

from contract_tests.support.kie import API_KEY
from klingkit.cli import _doctor
from klingkit.emulator import Emulator


def findings(result) -> dict[str, tuple[str, str]]:
    return {it["check"]: (it["outcome"], it["detail"]) for it in json.loads(result.stdout)["findings"]}


def test_a_sound_service_passes(run, emulator):
    result = run("doctor")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert {line.split()[0] for line in lines} == {"ok"}
    assert {line.split()[1] for line in lines} == {"kie", "native", "relay"}
    assert any("from KIE_API_KEY, accepted" in line for line in lines)
    assert API_KEY not in result.output


@pytest.mark.parametrize("api", ["kie", "native"])
def test_a_key_that_the_service_refuses_fails(api: str, run, emulator, monkeypatch):
    with Emulator(keys={"another"}, dialect="official").serve() as url:
        for name in ("KIE", "KLING"):
            monkeypatch.setenv(f"{name}_BASE_URL", url)
        result = run("doctor", "--api", api, "--json")
    assert result.exit_code == 1
    assert findings(result)["key"][0] == "failed"


def test_a_service_that_takes_any_key_fails(run, emulator, monkeypatch):
    with Emulator().serve() as url:
        monkeypatch.setenv("KIE_BASE_URL", url)
        result = run("doctor", "--api", "kie", "--json")
    assert result.exit_code == 1
    assert findings(result)["wrong key"][0] == "failed"
    assert emulator.tasks == ()


def test_without_a_key_it_says_which(run):
    result = run("doctor")
    assert result.exit_code == 3
    assert "no key: set KIE_API_KEY, KLING_API_KEY, KLING_RELAY_API_KEY" in result.stderr


def test_a_missing_host_is_a_failure(run, monkeypatch):
    monkeypatch.setenv("KLING_ACCESS_KEY", "key-of-nobody")
    result = run("doctor", "--json")
    assert result.exit_code == 1
    assert findings(result) == {
        "configuration": ("failed", "half of a pair: KLING_SECRET_KEY or secret_key=... is missing")
    }


@pytest.mark.parametrize(
    ("date", "outcome", "text"),
    [
        (None, "unknown", "does not state its time"),
        ("Thu, 01 Jan 2026 00:00:00 GMT", "failed", "s ahead of the service's"),
        ("Thu, 01 Jan 2126 00:00:00 GMT", "failed", "s behind the service's"),
    ],
)
def test_the_clock_is_compared(date: str | None, outcome: str, text: str, run, monkeypatch):
    monkeypatch.setenv("KLING_API_KEY", "key-of-nobody")
    monkeypatch.setenv("KLING_BASE_URL", "https://api-beijing.klingai.com")
    monkeypatch.setattr(_doctor, "find_spec", lambda _: None)
    with respx.mock:
        route = respx.get("https://api-beijing.klingai.com/")
        route.return_value = httpx.Response(404, headers={} if date is None else {"Date": date})
        respx.get(path__startswith="/v1/").return_value = httpx.Response(404, json={"code": 1203, "message": "no"})
        found = findings(run("doctor", "--json"))
    assert "Authorization" not in route.calls[0].request.headers
    assert found["clock"][0] == outcome
    assert text in found["clock"][1]
    assert found["host"] == ("ok", "https://api-beijing.klingai.com (region: China)")
    assert found["contract"] == ("unknown", 'needs its extra: pip install "klingkit[contract]"')


def test_a_silent_host_is_a_failure(run, monkeypatch):
    monkeypatch.setenv("KIE_API_KEY", "key-of-nobody")
    monkeypatch.setenv("KIE_BASE_URL", "http://127.0.0.1:1")
    monkeypatch.setattr(_doctor, "find_spec", lambda _: None)
    result = run("doctor", "--json")
    assert result.exit_code == 1
    assert "no response from http://127.0.0.1:1: ConnectError" in findings(result)["clock"][1]
    assert findings(result)["key"][0] == "unknown"
    assert "from KIE_API_KEY, not tried" in findings(result)["key"][1]
