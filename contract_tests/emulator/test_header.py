"""The header that brings a fault for a request, or for the task that it creates."""

import httpx
import pytest

from contract_tests.emulator.kit import Kie, Kind, Native, every_api
from klingkit.emulator import Fault


@every_api
@pytest.mark.parametrize("value", ["html", '{"kind": "html"}', '{"kind":"html","status":502,"code":null}'])
def test_a_request_may_bring_its_fault(kind: Kind, value: str) -> None:
    api = kind.on()
    response = api.ask("POST", api.create_path, json=api.body(), headers={"X-Klingkit-Fault": value})
    assert response.status_code == 502
    assert api.create(api.body()).status_code == 200


@every_api
@pytest.mark.parametrize("value", ["callback-late", "slow"])
def test_a_query_brings_no_fault_for_later(kind: Kind, value: str) -> None:
    api = kind.on()
    response = api.ask("GET", api.path_of(api.make()), headers={"X-Klingkit-Fault": value})
    assert (response.status_code, "this request is query" in response.text) == (400, True)


@every_api
def test_a_url_expired_by_a_header_stays_expired(kind: Kind) -> None:
    api = kind.on()
    url = api.url(api.record(api.make())).removeprefix("http://emulator")
    value = {"X-Klingkit-Fault": "expire"}
    responses = [api.ask("GET", url, headers=headers).status_code for headers in ({}, value, {})]
    assert responses == [200, 403, 403]


@every_api
def test_a_creation_may_bring_a_fault_for_its_video(kind: Kind) -> None:
    api = kind.on()
    value = {"X-Klingkit-Fault": '{"kind": "truncate", "operation": "media"}'}
    task_id = api.id_in(api.ask("POST", api.create_path, json=api.body(), headers=value))
    other = api.make()
    with pytest.raises(httpx.RemoteProtocolError):
        api.video(task_id)
    assert [api.video(one).status_code for one in (task_id, other)] == [200, 200]
    assert [one.fault for one in api.emulator.requests if one.fault] == ["truncate"]


@every_api
def test_a_creation_may_bring_a_fault_for_its_callback(kind: Kind) -> None:
    bodies: list[bytes] = []

    def post(url: str, body: bytes) -> int:
        bodies.append(body)
        return 200

    api = kind.on(post=post)
    value = {"X-Klingkit-Fault": "callback-twice"}
    for headers in (value, {}):
        api.ask("POST", api.create_path, json=api.calling("http://receiver.example/"), headers=headers)
    api.emulator.wait_idle()
    faults = [one.fault for one in api.emulator.deliveries]
    assert sorted(faults, key=str) == [None] * (len(faults) - 2) + ["callback-twice"] * 2
    assert len(bodies) == (3 if kind is Kie else 5)


def test_the_header_is_utf_8() -> None:
    api = Native.on()
    value = '{"kind": "refuse", "status": 400, "message": "没有猫", "prompt": "雨"}'
    response = api.ask("POST", api.create_path, json=api.body(), headers={"X-Klingkit-Fault": value.encode()})
    assert response.json()["message"] == "没有猫"
    odd = api.ask("POST", api.create_path, json=api.body(), headers={"X-Klingkit-Fault": b'{"kind": "\xff"}'})
    assert (odd.status_code, odd.text[:17]) == (400, "X-Klingkit-Fault:")


def test_the_header_comes_before_configured_faults() -> None:
    api = Native.with_faults(Fault("html"))

    def status_with(value: str) -> int:
        return api.ask("POST", api.create_path, json=api.body(), headers={"X-Klingkit-Fault": value}).status_code

    assert status_with('{"kind":"refuse","code":1303}') == 429
    assert status_with('{"kind":"refuse","code":1303,"prompt":"not in it"}') == 502


def test_a_fault_that_this_api_can_not_have_is_refused() -> None:
    api = Kie.on()
    for value, words in (
        ("callback-reordered", "api must be"),
        ('{"kind": "refuse", "code": 1303}', "code must be one that kie is known to use"),
    ):
        response = api.ask("POST", api.create_path, json=api.body(), headers={"X-Klingkit-Fault": value})
        assert (response.status_code, words in response.text) == (400, True)
    response = api.ask("GET", "/api/v1/chat/credit", headers={"X-Klingkit-Fault": "drop"})
    assert (response.status_code, "goes with a creation, a query, an upload or a video" in response.text) == (400, True)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("frogs", "kind must be one of refuse, drop"),
        ("refuse", "code is missing"),
        ("{", "Expecting"),
        ('{"code": 1303}', "kind is missing"),
        ('{"kind": "drop", "api": "native"}', "api goes with a fault for many requests"),
        ('{"kind": "drop", "times": 2}', "times goes with"),
        ('{"kind": "drop", "colour": 1}', "'colour' is unknown; known: kind, api"),
        ('{"kind": "drop", "operation": "query"}', "kind drop goes with query, this request is create"),
        (
            '{"kind": "refuse", "code": 433}',
            "code must be one that native is known to use, or come with a status",
        ),
    ],
)
def test_a_malformed_header_is_reported(value: str, message: str) -> None:
    api = Native.on()
    response = api.ask("POST", api.create_path, json=api.body(), headers={"X-Klingkit-Fault": value})
    assert (response.status_code, response.headers["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert response.text.startswith("X-Klingkit-Fault: ")
    assert message in response.text
    assert len(api.emulator.tasks) == 0
