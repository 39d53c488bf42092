"""The requests that the control paths show: which are found, and what is told of one."""

import json

import httpx
import pytest

from contract_tests.emulator.kit import Api, Kie, Native, Relay
from contract_tests.emulator.steering import get, slow
from klingkit.emulator import Fault

Kind = type[Api]


def test_requests_are_found_by_what_is_in_them_and_what_became_of_them() -> None:
    api = Kie(slow())
    api.ask("GET", "/api/v1/other")
    task_id = api.make()
    api.emulator.faults.add(Fault("refuse", code=455, status=200, times=1))
    api.query(task_id)
    api.emulator.faults.add(Fault("drop", times=1))
    with pytest.raises(httpx.RemoteProtocolError):
        api.query(task_id)

    def ids(query: str) -> list[int]:
        return [one["id"] for one in get(api.emulator, f"requests?{query}")["requests"]]

    assert ids("only=") == [4, 3, 2, 1]
    assert ids("only=no-task") == [1]
    assert ids("only=error") == [4, 3, 1]
    assert ids("only=fault") == [4, 3]
    assert ids("text=455") == [3]
    assert ids("text=Dropped") == ids("text=drop&only=fault") == [4]
    assert ids("text=%20post%20/API") == [2]
    assert ids(f"text={task_id}") == [4, 3, 2]
    assert ids("text=INFO%3FtaskId=") == ids("text=query") == [4, 3]
    assert ids("text=kie&only=no-task") == [1]
    assert ids("text=none") == []
    assert ids("only=error&limit=1&before=4") == [3]


@pytest.mark.parametrize(
    ("kind", "dialect"),
    [
        (Kie, "document"),
        (Native, "document"),
        (Native, "official"),
        (Relay, "document"),
        (Relay, "relay"),
        (Relay, "relay-flat"),
    ],
)
def test_what_a_body_refuses_with_is_told(kind: Kind, dialect: str) -> None:
    api = kind.on(dialect=dialect)
    for status in (200, 500):
        api.emulator.faults.add(Fault("refuse", code=429, status=status, times=1))
        api.create(kind.body())
    api.create(kind.body())
    told = [one["error_code"] for one in get(api.emulator, "requests")["requests"]]
    words = dialect.startswith("relay") and kind is Relay
    assert told == [None, *(["429"] if words else [429]) * 2]


def test_an_answer_that_is_no_object_of_json_refuses_nothing() -> None:
    api = Kie(slow())
    api.emulator.faults.add(Fault("html", times=1))
    api.create(Kie.body())
    api.emulator.faults.add(Fault("truncate", times=1))
    with pytest.raises(httpx.RemoteProtocolError):
        api.create(Kie.body())
    assert [one["error_code"] for one in get(api.emulator, "requests")["requests"]] == [None, None]


def test_a_request_is_shown_side_by_side_with_its_answer() -> None:
    api = Kie()
    answer = api.create(Kie.body())
    shown = get(api.emulator, "requests/1")
    assert json.loads(shown["request"]["body"]) == Kie.body()
    assert (shown["response"]["body"], shown["status"]) == (answer.text, 200)
    assert (shown["verdict"], shown["no_verdict"]) == ({"request": [], "response": []}, None)
    assert "request" not in get(api.emulator, "requests")["requests"][0]


@pytest.mark.parametrize("name", ["a%23b", "a%3Fb", "a%0Ab", "a%2Fb", "a%25b", "a%C3%A9b"])
def test_a_request_is_shown_whatever_its_path_holds(name: str) -> None:
    api = Native(slow())
    api.ask("GET", f"/v1/videos/text2video/{name}")
    assert get(api.emulator, "requests/1")["verdict"] == {"request": [], "response": []}


def test_why_there_is_no_verdict_is_told() -> None:
    api = Native(slow(dialect="official"))
    api.ask("GET", "/media/x.mp4")
    api.create(Native.body())
    told = [get(api.emulator, f"requests/{number}") for number in (1, 2)]
    assert [one["verdict"] for one in told] == [None, None]
    assert [one["no_verdict"] for one in told] == [
        "only creations and queries are checked",
        "the dialect official has no spec",
    ]
