"""Tests of the verdicts on exchanges: whether the specs allow request and response."""

import sys
from typing import Any

import httpx
import pytest

from contract_tests.emulator.control_client import get, slow_emulator
from contract_tests.emulator.kit import Api, ApiClass, Kie, Native, every_api
from klingkit.emulator import Fault


def verdict(api: Api, exchange_id: int) -> Any:
    response = api.request("GET", f"/_emulator/requests/{exchange_id}", headers={"Host": "localhost"})
    return response.json()["verdict"]


@every_api
def test_creations_and_queries_have_a_verdict(api_class: ApiClass) -> None:
    api = api_class()
    task_id = api.create_task()
    api.query(task_id)
    api.query("unknown")
    assert [verdict(api, number)["request"] for number in (1, 2, 3)] == [[], [], []]
    assert [verdict(api, number)["response"] for number in (1, 2)] == [[], []]
    api.create(api_class.body() | {"model": 7, "model_name": 7})
    assert any("model" in each for each in verdict(api, 4)["request"])


def test_without_a_response_the_request_is_checked() -> None:
    api = Kie.on_emulator(faults=[Fault("drop")])
    with pytest.raises(httpx.RemoteProtocolError):
        api.create_task()
    assert verdict(api, 1) == {"request": [], "response": []}


def test_some_exchanges_have_no_verdict() -> None:
    api = Kie()
    api.video(api.create_task())
    api.request("GET", "/api/v1/other")
    api.send_content(b" " * 100_000)
    assert [verdict(api, number) for number in (3, 4, 5)] == [None, None, None]
    relayed = Native.on_emulator(dialect="relay")
    relayed.create_task()
    assert verdict(relayed, 1) == {"request": [], "response": []}


@pytest.mark.parametrize("query", ["key=secret&a=b", "token=a&%FF", "key=%E2%80%A6", "a=b%20c&key=d"])
def test_any_query_has_a_verdict(query: str) -> None:
    """Even a query whose key is masked, although the mask is not valid in a URL."""
    api = Native()
    api.request("GET", f"{Native.query_path}?{query}")
    assert verdict(api, 1)["response"] == []


def test_an_exchange_that_is_kept_in_part_has_no_verdict() -> None:
    api = Kie()
    api.request("GET", f"{Kie.query_path}?taskId={'x' * 9_000}")
    assert verdict(api, 1) is None


def test_without_the_extra_there_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    from klingkit.emulator.inspector import _verdict  # noqa: PLC0415 - its cache must be cleared

    _verdict._contract.cache_clear()
    monkeypatch.setitem(sys.modules, "klingkit.contract", None)
    api = Kie()
    api.create_task()
    assert verdict(api, 1) is None


@pytest.mark.parametrize("name", ["a%23b", "a%3Fb", "a%0Ab", "a%2Fb", "a%25b", "a%C3%A9b"])
def test_any_path_has_a_verdict(name: str) -> None:
    api = Native(slow_emulator())
    api.request("GET", f"/v1/videos/text2video/{name}")
    assert get(api.emulator, "requests/1")["verdict"] == {"request": [], "response": []}


def test_the_reason_for_no_verdict_is_shown() -> None:
    api = Native(slow_emulator(dialect="official"))
    api.request("GET", "/media/x.mp4")
    api.create(Native.body())
    exchanges = [get(api.emulator, f"requests/{number}") for number in (1, 2)]
    assert [(each["verdict"], each["no_verdict"]) for each in exchanges] == [
        (None, "only creations and queries are checked"),
        (None, "the dialect official has no spec"),
    ]
