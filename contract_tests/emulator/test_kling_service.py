"""Kling's API as in 001 and 004: records, ids, and the owner's external ids."""

import math
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from contract_tests.emulator.kit import (
    Kind,
    Native,
    Relay,
    both_dialects,
)
from klingkit.emulator import AfterQueries, AfterSeconds, Finish

BY_HAND = AfterSeconds(math.inf)


START = 1_764_547_200_000  # milliseconds, where a virtual clock starts


INFO: dict[str, dict[str, object]] = {"native": {}, "relay": {"task_info": {}}}


UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@both_dialects
@pytest.mark.parametrize("finish", [None, BY_HAND])
def test_a_creation_returns_the_accepted_task(kind: Kind, finish: Finish | None) -> None:
    """Even if it has ended by then: the documents have one state in this response."""
    data = kind.data(kind.on(finish).create(kind.body()))
    first = {"task_id": data["task_id"], "created_at": START, **INFO[kind.name]}
    assert data == first | {"task_status": "submitted", "updated_at": START}


@both_dialects
def test_a_record_shows_states_and_times(kind: Kind) -> None:
    api = kind.on(AfterSeconds(61.5))
    task_id = api.make(duration=10)
    first = {"task_id": task_id, "created_at": START, **INFO[kind.name]}
    submitted = {"task_status": "submitted", "task_status_msg": "", "updated_at": START}
    assert api.record(task_id) == first | submitted
    api.emulator.clock.advance(40)
    processing = {"task_status": "processing", "task_status_msg": "", "updated_at": START + 30_750}
    assert api.record(task_id) == first | processing
    api.emulator.clock.advance(1000)
    record = api.record(task_id)
    (video,) = record.pop("task_result")["videos"]
    assert record.pop("task_status_msg") == ("The video is ready." if kind is Native else "")
    assert record == first | {"task_status": kind.vendor_states["succeeded"], "updated_at": START + 61_500}
    duration = 10 if kind is Native else "10"
    assert video == {
        "id": video["id"],
        "url": f"http://emulator/media/{task_id}.mp4",
        "duration": duration,
    }
    assert type(video["duration"]) is type(duration)
    assert video["id"]


@both_dialects
def test_a_failed_task_has_a_message_and_no_result(kind: Kind) -> None:
    api = kind.on(BY_HAND)
    with_message, without = api.make(), api.make()
    api.emulator.clock.advance(7)
    api.emulator.fail_task(with_message, message="no cats, please")
    api.emulator.fail_task(without)
    record = api.record(with_message)
    assert (record["task_status"], record["task_status_msg"]) == ("failed", "no cats, please")
    assert record["updated_at"] == START + 7_000
    assert "task_result" not in record
    assert api.record(without)["task_status_msg"]


def test_every_response_of_the_relay_and_every_error_has_a_request_id() -> None:
    relay, native = Relay(), Native()
    task_id = relay.make()
    responses = [relay.query(task_id), relay.query(task_id), relay.query("x"), relay.create({})]
    responses += [native.query("x"), native.create({})]
    ids = [response.json()["request_id"] for response in responses]
    assert len(set(ids)) == len(ids)
    assert all(UUID.fullmatch(one) for one in ids)


@both_dialects
def test_a_task_is_found_by_its_external_id(kind: Kind) -> None:
    api = kind.on(AfterQueries(2))
    response = api.create(kind.body(external_task_id="订单 7"))
    assert kind.data(response)["task_info"] == {"external_task_id": "订单 7"}
    by_name, by_id = api.record("订单 7"), api.record(kind.id_in(response))
    assert by_name["task_id"] == by_id["task_id"] == kind.id_in(response)
    assert by_name["task_info"] == by_id["task_info"] == {"external_task_id": "订单 7"}
    assert [by_name["task_status"], by_id["task_status"]] == ["processing", kind.vendor_states["succeeded"]]


@both_dialects
def test_an_external_id_is_unique_for_a_key_and_an_api(kind: Kind) -> None:
    api = kind()
    body = kind.body(external_task_id="7")
    first = api.make(body)
    assert "external_task_id '7'" in api.message(api.create(body), "value")
    assert api.record("7")["task_id"] == first
    theirs = kind(api.emulator, "their-key")
    elsewhere = (Relay if kind is Native else Native)(api.emulator)
    for other in (theirs, elsewhere):
        task_id = other.make(external_task_id="7")
        assert other.record("7")["task_id"] == task_id != first


@both_dialects
def test_an_external_id_is_not_the_id_of_another_task_of_the_key(kind: Kind) -> None:
    api = kind()
    first = api.make()
    assert f"external_task_id '{first}'" in api.message(api.create(kind.body(external_task_id=first)), "value")
    theirs = kind(api.emulator, "their-key")
    task_id = theirs.make(external_task_id=first)
    assert [theirs.record(first)["task_id"], api.record(first)["task_id"]] == [task_id, first]


@both_dialects
@pytest.mark.parametrize("name", ["shop/7", "a/b/c", "/", "50%2F", "雨/a b"])
def test_an_external_id_may_contain_an_escaped_slash(kind: Kind, name: str) -> None:
    api = kind()
    task_id = api.make(external_task_id=name)
    response = api.query(quote(name, safe=""))
    assert kind.data(response)["task_id"] == task_id
    exchange = api.emulator.requests[-1]
    assert (exchange.operation, exchange.task_id) == ("query", task_id)
    if "/" in name:
        assert api.message(api.query(name), "path")


@both_dialects
def test_an_empty_external_id_is_none(kind: Kind) -> None:
    api = kind()
    made = [api.make(external_task_id=""), api.make(external_task_id=""), api.make(), api.make()]
    assert len(set(made)) == 4
    assert all(record.get("task_info", {}) == {} for record in map(api.record, made))


@both_dialects
def test_an_external_id_is_dropped_with_its_task(kind: Kind) -> None:
    api = kind.on(kept=1)
    api.make(external_task_id="7")
    api.make()
    assert api.message(api.query("7"), "task")
    assert api.make(external_task_id="7")


@both_dialects
def test_of_many_threads_one_gets_the_external_id(kind: Kind) -> None:
    api = kind()

    def create(_: int) -> int:
        barrier.wait(10)
        return api.create(kind.body(external_task_id="7")).status_code

    barrier = threading.Barrier(8)
    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(create, range(8))) == [200] + [400] * 7
