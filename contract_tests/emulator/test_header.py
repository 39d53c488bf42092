"""Faults that a request brings in its header: for itself, or for what becomes of its task."""

import httpx
import pytest

from contract_tests.emulator.kit import Api, Kie, Native, every_api
from contract_tests.emulator.storms import stormy, tasks
from klingkit.emulator import Fault

Kind = type[Api]


@every_api
@pytest.mark.parametrize("told", ["html", '{"kind": "html"}', '{"kind":"html","status":502,"code":null}'])
def test_a_request_may_bring_its_fault(kind: Kind, told: str) -> None:
    api = kind.on()
    answer = api.ask("POST", api.create_path, json=api.body(), headers={"X-Klingkit-Fault": told})
    assert answer.status_code == 502
    assert api.create(api.body()).status_code == 200


@every_api
@pytest.mark.parametrize("told", ["callback-late", "slow"])
def test_a_query_brings_no_fault_for_later(kind: Kind, told: str) -> None:
    api = kind.on()
    answer = api.ask("GET", api.path_of(api.make()), headers={"X-Klingkit-Fault": told})
    assert (answer.status_code, "this request is query" in answer.text) == (400, True)


@every_api
def test_a_url_that_a_request_let_expire_stays_so(kind: Kind) -> None:
    api = kind.on()
    url = api.url(api.record(api.make())).removeprefix("http://emulator")
    told = {"X-Klingkit-Fault": "expire"}
    answers = [api.ask("GET", url, headers=headers).status_code for headers in ({}, told, {})]
    assert answers == [200, 403, 403]


@every_api
def test_a_creation_may_bring_a_fault_of_its_film(kind: Kind) -> None:
    api = kind.on()
    told = {"X-Klingkit-Fault": '{"kind": "truncate", "operation": "media"}'}
    task_id = api.id_in(api.ask("POST", api.create_path, json=api.body(), headers=told))
    other = api.make()
    with pytest.raises(httpx.RemoteProtocolError):
        api.film(task_id)
    assert [api.film(one).status_code for one in (task_id, other)] == [200, 200]
    assert [one.fault for one in api.emulator.requests if one.fault] == ["truncate"]


@every_api
def test_a_creation_may_bring_a_fault_of_its_callback(kind: Kind) -> None:
    bodies: list[bytes] = []

    def post(url: str, body: bytes) -> int:
        bodies.append(body)
        return 200

    api = kind.on(post=post)
    told = {"X-Klingkit-Fault": "callback-twice"}
    for headers in (told, {}):
        api.ask("POST", api.create_path, json=api.calling("http://receiver.example/"), headers=headers)
    api.emulator.wait_idle()
    faults = [one.fault for one in api.emulator.deliveries]
    assert sorted(faults, key=str) == [None] * (len(faults) - 2) + ["callback-twice"] * 2
    assert len(bodies) == (3 if kind is Kie else 5)


def test_a_fault_that_is_brought_is_utf8() -> None:
    api = Native.on()
    told = '{"kind": "refuse", "status": 400, "message": "没有猫", "prompt": "雨"}'
    answer = api.ask("POST", api.create_path, json=api.body(), headers={"X-Klingkit-Fault": told.encode()})
    assert answer.json()["message"] == "没有猫"
    odd = api.ask("POST", api.create_path, json=api.body(), headers={"X-Klingkit-Fault": b'{"kind": "\xff"}'})
    assert (odd.status_code, odd.text[:17]) == (400, "X-Klingkit-Fault:")


def test_a_fault_that_is_brought_comes_before_those_that_are_set() -> None:
    api = stormy(Native, Fault("html"))

    def asked(told: str) -> int:
        return api.ask("POST", api.create_path, json=api.body(), headers={"X-Klingkit-Fault": told}).status_code

    assert asked('{"kind":"refuse","code":1303}') == 429
    assert asked('{"kind":"refuse","code":1303,"prompt":"not in it"}') == 502


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("frogs", "kind must be one of refuse, drop"),
        ("refuse", "code is missing"),
        ("{", "Expecting"),
        ('{"code": 1303}', "kind is missing"),
        ('{"kind": "drop", "api": "native"}', "api goes with a fault for many requests"),
        ('{"kind": "drop", "times": 2}', "times goes with"),
        ('{"kind": "drop", "colour": 1}', "'colour' is unknown; known: kind, api"),
        ('{"kind": "drop", "operation": "query"}', "kind drop strikes query, this request is create"),
        (
            '{"kind": "refuse", "code": 433}',
            "code must be one that native is known to use, or come with a status",
        ),
    ],
)
def test_a_malformed_header_is_told_plainly(told: str, words: str) -> None:
    api = Native.on()
    answer = api.ask("POST", api.create_path, json=api.body(), headers={"X-Klingkit-Fault": told})
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert answer.text.startswith("X-Klingkit-Fault: ")
    assert words in answer.text
    assert tasks(api) == 0
