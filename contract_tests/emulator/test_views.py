"""Tests of the views of requests and faults: search, error codes, and texts."""

import json

import httpx
import pytest

from contract_tests.emulator.control_client import get, slow_emulator
from contract_tests.emulator.kit import ApiClass, Kie, Native, Relay
from klingkit.emulator import Emulator, Fault


def test_requests_are_found_by_content_and_outcome() -> None:
    api = Kie(slow_emulator())
    api.request("GET", "/api/v1/other")
    task_id = api.create_task()
    api.emulator.faults.add(Fault("refuse", code=455, status=200, times=1))
    api.query(task_id)
    api.emulator.faults.add(Fault("drop", times=1))
    with pytest.raises(httpx.RemoteProtocolError):
        api.query(task_id)

    def ids(query: str) -> list[int]:
        return [item["id"] for item in get(api.emulator, f"requests?{query}")["requests"]]

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
    ("api_class", "dialect"),
    [
        (Kie, "document"),
        (Native, "document"),
        (Native, "official"),
        (Relay, "document"),
        (Relay, "relay"),
        (Relay, "relay-flat"),
    ],
)
def test_the_error_code_in_a_body_is_shown(api_class: ApiClass, dialect: str) -> None:
    api = api_class.on_emulator(dialect=dialect)
    for status in (200, 500):
        api.emulator.faults.add(Fault("refuse", code=429, status=status, times=1))
        api.create(api_class.body())
    api.create(api_class.body())
    codes = [item["error_code"] for item in get(api.emulator, "requests")["requests"]]
    codes_are_words = dialect.startswith("relay") and api_class is Relay
    assert codes == [None, *(["429"] if codes_are_words else [429]) * 2]


def test_a_body_that_is_no_json_object_has_no_error_code() -> None:
    api = Kie(slow_emulator())
    api.emulator.faults.add(Fault("html", times=1))
    api.create(Kie.body())
    api.emulator.faults.add(Fault("truncate", times=1))
    with pytest.raises(httpx.RemoteProtocolError):
        api.create(Kie.body())
    assert [item["error_code"] for item in get(api.emulator, "requests")["requests"]] == [None, None]


def test_a_request_is_shown_with_its_response() -> None:
    api = Kie()
    response = api.create(Kie.body())
    shown = get(api.emulator, "requests/1")
    assert json.loads(shown["request"]["body"]) == Kie.body()
    assert (shown["response"]["body"], shown["status"]) == (response.text, 200)
    assert (shown["verdict"], shown["no_verdict"]) == ({"request": [], "response": []}, None)
    assert "request" not in get(api.emulator, "requests")["requests"][0]


def test_a_rule_has_a_text() -> None:
    texts = {
        "any API": Fault("drop"),
        "any API · code 455": Fault("refuse", code=455),
        "kie · query · once · HTTP 503 · query": Fault(
            "refuse", api="kie", operation="query", times=1, status=503, message="query"
        ),
        "any API · prompt has a|b · 3 times · probability 0.25 · 0 s": Fault(
            "stall", prompt="a|b", times=3, probability=0.25, seconds=0
        ),
        "relay · create · after the task is made": Fault("drop", api="relay", operation="create", after=True),
        "native · 12345.678 s": Fault("callback-late", api="native", seconds=12345.678),
    }
    faults = get(Emulator(faults=[*texts.values()]), "faults")["faults"]
    assert [item["rule"] for item in faults] == [*texts]
