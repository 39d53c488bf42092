"""Verdicts on exchanges by the specs."""

import sys
from typing import Any

import httpx
import pytest

from contract_tests.emulator.control_client import get, slow
from contract_tests.emulator.kit import Api, Kie, Kind, Native, every_api
from klingkit.emulator import Fault


def verdict(api: Api, exchange_id: int) -> Any:
    response = api.ask("GET", f"/_emulator/requests/{exchange_id}", headers={"Host": "localhost"})
    return response.json()["verdict"]


@every_api
def test_creations_and_queries_have_a_verdict(kind: Kind) -> None:
    api = kind()
    task_id = api.make()
    api.query(task_id)
    api.query("unknown")
    assert [verdict(api, n)["request"] for n in (1, 2, 3)] == [[], [], []]
    assert [verdict(api, n)["response"] for n in (1, 2)] == [[], []]
    api.create(kind.body() | {"model": 7, "model_name": 7})
    assert any("model" in one for one in verdict(api, 4)["request"])


def test_without_a_response_the_request_is_checked() -> None:
    api = Kie.on(faults=[Fault("drop")])
    with pytest.raises(httpx.RemoteProtocolError):
        api.make()
    assert verdict(api, 1) == {"request": [], "response": []}


def test_some_exchanges_have_no_verdict() -> None:
    api = Kie()
    api.video(api.make())
    api.ask("GET", "/api/v1/other")
    api.send(b" " * 100_000)
    assert [verdict(api, n) for n in (3, 4, 5)] == [None, None, None]
    relayed = Native.on(dialect="relay")
    relayed.make()
    assert verdict(relayed, 1) == {"request": [], "response": []}


@pytest.mark.parametrize("query", ["key=secret&a=b", "token=a&%FF", "key=%E2%80%A6", "a=b%20c&key=d"])
def test_any_query_has_a_verdict(query: str) -> None:
    """Also one whose key is masked, which no URL could hold as it is kept."""
    api = Native()
    api.ask("GET", f"{Native.query_path}?{query}")
    assert verdict(api, 1)["response"] == []


def test_an_exchange_that_is_kept_in_part_has_no_verdict() -> None:
    api = Kie()
    api.ask("GET", f"{Kie.query_path}?taskId={'x' * 9_000}")
    assert verdict(api, 1) is None


def test_without_the_extra_there_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    from klingkit.emulator.inspector import _verdict  # noqa: PLC0415 - to forget what it has read

    _verdict._contract.cache_clear()
    monkeypatch.setitem(sys.modules, "klingkit.contract", None)
    api = Kie()
    api.make()
    assert verdict(api, 1) is None


@pytest.mark.parametrize("name", ["a%23b", "a%3Fb", "a%0Ab", "a%2Fb", "a%25b", "a%C3%A9b"])
def test_any_path_has_a_verdict(name: str) -> None:
    api = Native(slow())
    api.ask("GET", f"/v1/videos/text2video/{name}")
    assert get(api.emulator, "requests/1")["verdict"] == {"request": [], "response": []}


def test_the_reason_for_no_verdict_is_shown() -> None:
    api = Native(slow(dialect="official"))
    api.ask("GET", "/media/x.mp4")
    api.create(Native.body())
    shown = [get(api.emulator, f"requests/{number}") for number in (1, 2)]
    assert [(one["verdict"], one["no_verdict"]) for one in shown] == [
        (None, "only creations and queries are checked"),
        (None, "the dialect official has no spec"),
    ]
