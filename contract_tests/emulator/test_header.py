"""Tests of the header X-Klingkit-Fault, which sets a fault for one request, or for the task that it creates."""

import httpx
import pytest

from contract_tests.emulator.kit import ApiClass, Kie, Native, every_api
from klingkit.emulator import Fault


@every_api
@pytest.mark.parametrize("fault_header", ["html", '{"kind": "html"}', '{"kind":"html","status":502,"code":null}'])
def test_a_header_sets_a_fault_for_its_request(api_class: ApiClass, fault_header: str) -> None:
    api = api_class.on_emulator()
    response = api.request("POST", api.create_path, json=api.body(), headers={"X-Klingkit-Fault": fault_header})
    assert response.status_code == 502
    assert api.create(api.body()).status_code == 200


@every_api
@pytest.mark.parametrize("fault_header", ["callback-late", "slow"])
def test_a_query_cannot_set_a_later_fault(api_class: ApiClass, fault_header: str) -> None:
    api = api_class.on_emulator()
    response = api.request("GET", api.path_of(api.create_task()), headers={"X-Klingkit-Fault": fault_header})
    assert (response.status_code, "this request is query" in response.text) == (400, True)


@every_api
def test_a_url_expired_by_a_header_stays_expired(api_class: ApiClass) -> None:
    api = api_class.on_emulator()
    url = api.url(api.record(api.create_task())).removeprefix("http://emulator")
    fault_header = {"X-Klingkit-Fault": "expire"}
    responses = [api.request("GET", url, headers=headers).status_code for headers in ({}, fault_header, {})]
    assert responses == [200, 403, 403]


@every_api
def test_a_creation_may_set_a_fault_for_its_video(api_class: ApiClass) -> None:
    api = api_class.on_emulator()
    fault_header = {"X-Klingkit-Fault": '{"kind": "truncate", "operation": "media"}'}
    task_id = api.id_in(api.request("POST", api.create_path, json=api.body(), headers=fault_header))
    other = api.create_task()
    with pytest.raises(httpx.RemoteProtocolError):
        api.video(task_id)
    assert [api.video(each).status_code for each in (task_id, other)] == [200, 200]
    assert [exchange.fault for exchange in api.emulator.requests if exchange.fault] == ["truncate"]


@every_api
def test_a_creation_may_set_a_fault_for_its_callback(api_class: ApiClass) -> None:
    bodies: list[bytes] = []

    def post(url: str, body: bytes) -> int:
        bodies.append(body)
        return 200

    api = api_class.on_emulator(post=post)
    fault_header = {"X-Klingkit-Fault": "callback-twice"}
    for headers in (fault_header, {}):
        api.request("POST", api.create_path, json=api.body_with_callback("http://receiver.example/"), headers=headers)
    api.emulator.wait_idle()
    faults = [delivery.fault for delivery in api.emulator.deliveries]
    assert sorted(faults, key=str) == [None] * (len(faults) - 2) + ["callback-twice"] * 2
    assert len(bodies) == (3 if api_class is Kie else 5)


def test_the_header_is_utf_8() -> None:
    api = Native.on_emulator()
    fault_header = '{"kind": "refuse", "status": 400, "message": "没有猫", "prompt": "雨"}'
    response = api.request(
        "POST", api.create_path, json=api.body(), headers={"X-Klingkit-Fault": fault_header.encode()}
    )
    assert response.json()["message"] == "没有猫"
    invalid = api.request("POST", api.create_path, json=api.body(), headers={"X-Klingkit-Fault": b'{"kind": "\xff"}'})
    assert (invalid.status_code, invalid.text[:17]) == (400, "X-Klingkit-Fault:")


def test_the_header_comes_before_configured_faults() -> None:
    api = Native.with_faults(Fault("html"))

    def status_with(fault_header: str) -> int:
        return api.request(
            "POST", api.create_path, json=api.body(), headers={"X-Klingkit-Fault": fault_header}
        ).status_code

    assert status_with('{"kind":"refuse","code":1303}') == 429
    assert status_with('{"kind":"refuse","code":1303,"prompt":"not in it"}') == 502


def test_a_fault_that_does_not_apply_to_the_api_is_refused() -> None:
    api = Kie.on_emulator()
    for fault_header, message_part in (
        ("callback-reordered", "api must be"),
        ('{"kind": "refuse", "code": 1303}', "code must be one that kie is known to use"),
    ):
        response = api.request("POST", api.create_path, json=api.body(), headers={"X-Klingkit-Fault": fault_header})
        assert (response.status_code, message_part in response.text) == (400, True)
    response = api.request("GET", "/api/v1/chat/credit", headers={"X-Klingkit-Fault": "drop"})
    assert (response.status_code, "goes with a creation, a query, an upload or a video" in response.text) == (400, True)


@pytest.mark.parametrize(
    ("fault_header", "message"),
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
def test_a_malformed_header_is_reported(fault_header: str, message: str) -> None:
    api = Native.on_emulator()
    response = api.request("POST", api.create_path, json=api.body(), headers={"X-Klingkit-Fault": fault_header})
    assert (response.status_code, response.headers["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert response.text.startswith("X-Klingkit-Fault: ")
    assert message in response.text
    assert len(api.emulator.tasks) == 0
