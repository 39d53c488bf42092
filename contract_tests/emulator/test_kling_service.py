"""Tests of Kling's API as in the documents 001 (native) and 004 (relay): records, ids, and external ids."""

import math
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from contract_tests.emulator.kit import (
    ApiClass,
    Native,
    Relay,
    native_and_relay,
)
from klingkit.emulator import AfterQueries, AfterSeconds, Finish

BY_HAND = AfterSeconds(math.inf)


START = 1_764_547_200_000  # the start of the virtual clock, in milliseconds


EXTRA_FIELDS: dict[str, dict[str, object]] = {"native": {}, "relay": {"task_info": {}}}


UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@native_and_relay
@pytest.mark.parametrize("finish", [None, BY_HAND])
def test_a_creation_returns_the_accepted_task(api_class: ApiClass, finish: Finish | None) -> None:
    """It is reported as accepted even if it has ended already: the documents have only this state in this response."""
    data = api_class.data(api_class.on_emulator(finish).create(api_class.body()))
    common_fields = {"task_id": data["task_id"], "created_at": START, **EXTRA_FIELDS[api_class.name]}
    assert data == common_fields | {"task_status": "submitted", "updated_at": START}


@native_and_relay
def test_a_record_shows_states_and_times(api_class: ApiClass) -> None:
    api = api_class.on_emulator(AfterSeconds(61.5))
    task_id = api.create_task(duration=10)
    common_fields = {"task_id": task_id, "created_at": START, **EXTRA_FIELDS[api_class.name]}
    submitted = {"task_status": "submitted", "task_status_msg": "", "updated_at": START}
    assert api.record(task_id) == common_fields | submitted
    api.emulator.clock.advance(40)
    processing = {"task_status": "processing", "task_status_msg": "", "updated_at": START + 30_750}
    assert api.record(task_id) == common_fields | processing
    api.emulator.clock.advance(1000)
    record = api.record(task_id)
    (video,) = record.pop("task_result")["videos"]
    assert record.pop("task_status_msg") == ("The video is ready." if api_class is Native else "")
    assert record == common_fields | {"task_status": api_class.vendor_states["succeeded"], "updated_at": START + 61_500}
    duration = 10 if api_class is Native else "10"
    assert video == {
        "id": video["id"],
        "url": f"http://emulator/media/{task_id}.mp4",
        "duration": duration,
    }
    assert type(video["duration"]) is type(duration)
    assert video["id"]


@native_and_relay
def test_a_failed_task_has_a_message_and_no_result(api_class: ApiClass) -> None:
    api = api_class.on_emulator(BY_HAND)
    with_message, without = api.create_task(), api.create_task()
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
    task_id = relay.create_task()
    responses = [relay.query(task_id), relay.query(task_id), relay.query("x"), relay.create({})]
    responses += [native.query("x"), native.create({})]
    ids = [response.json()["request_id"] for response in responses]
    assert len(set(ids)) == len(ids)
    assert all(UUID.fullmatch(request_id) for request_id in ids)


@native_and_relay
def test_a_task_is_found_by_its_external_id(api_class: ApiClass) -> None:
    api = api_class.on_emulator(AfterQueries(2))
    response = api.create(api_class.body(external_task_id="订单 7"))
    assert api_class.data(response)["task_info"] == {"external_task_id": "订单 7"}
    by_name, by_id = api.record("订单 7"), api.record(api_class.id_in(response))
    assert by_name["task_id"] == by_id["task_id"] == api_class.id_in(response)
    assert by_name["task_info"] == by_id["task_info"] == {"external_task_id": "订单 7"}
    assert [by_name["task_status"], by_id["task_status"]] == ["processing", api_class.vendor_states["succeeded"]]


@native_and_relay
def test_an_external_id_is_unique_for_a_key_and_an_api(api_class: ApiClass) -> None:
    api = api_class()
    body = api_class.body(external_task_id="7")
    common_fields = api.create_task(body)
    assert "external_task_id '7'" in api.message(api.create(body), "value")
    assert api.record("7")["task_id"] == common_fields
    other_owner = api_class(api.emulator, "their-key")
    other_api = (Relay if api_class is Native else Native)(api.emulator)
    for other in (other_owner, other_api):
        task_id = other.create_task(external_task_id="7")
        assert other.record("7")["task_id"] == task_id != common_fields


@native_and_relay
def test_an_external_id_is_not_the_id_of_another_task_of_the_key(api_class: ApiClass) -> None:
    api = api_class()
    common_fields = api.create_task()
    assert f"external_task_id '{common_fields}'" in api.message(
        api.create(api_class.body(external_task_id=common_fields)), "value"
    )
    other_owner = api_class(api.emulator, "their-key")
    task_id = other_owner.create_task(external_task_id=common_fields)
    assert [other_owner.record(common_fields)["task_id"], api.record(common_fields)["task_id"]] == [
        task_id,
        common_fields,
    ]


@native_and_relay
@pytest.mark.parametrize("name", ["shop/7", "a/b/c", "/", "50%2F", "雨/a b"])
def test_an_external_id_may_contain_an_escaped_slash(api_class: ApiClass, name: str) -> None:
    api = api_class()
    task_id = api.create_task(external_task_id=name)
    response = api.query(quote(name, safe=""))
    assert api_class.data(response)["task_id"] == task_id
    exchange = api.emulator.requests[-1]
    assert (exchange.operation, exchange.task_id) == ("query", task_id)
    if "/" in name:
        assert api.message(api.query(name), "path")


@native_and_relay
def test_an_empty_external_id_is_none(api_class: ApiClass) -> None:
    api = api_class()
    task_ids = [
        api.create_task(external_task_id=""),
        api.create_task(external_task_id=""),
        api.create_task(),
        api.create_task(),
    ]
    assert len(set(task_ids)) == 4
    assert all(record.get("task_info", {}) == {} for record in map(api.record, task_ids))


@native_and_relay
def test_an_external_id_is_dropped_with_its_task(api_class: ApiClass) -> None:
    api = api_class.on_emulator(kept=1)
    api.create_task(external_task_id="7")
    api.create_task()
    assert api.message(api.query("7"), "task")
    assert api.create_task(external_task_id="7")


@native_and_relay
def test_only_one_of_many_threads_gets_the_external_id(api_class: ApiClass) -> None:
    api = api_class()

    def create(_: int) -> int:
        barrier.wait(10)
        return api.create(api_class.body(external_task_id="7")).status_code

    barrier = threading.Barrier(8)
    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(create, range(8))) == [200] + [400] * 7
