"""`external_task_id` (a fact of the field): the id that a task's owner gives it, as good as the one that it got."""

import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from contract_tests.emulator.kit import Api, Native, Relay, both_dialects
from klingkit.emulator import AfterQueries, Fault

Kind = type[Api]


@both_dialects
def test_a_task_is_known_by_the_name_that_its_owner_gave_it(kind: Kind) -> None:
    api = kind.on(AfterQueries(2))
    answer = api.create(kind.body(external_task_id="订单 7"))
    assert kind.data(answer)["task_info"] == {"external_task_id": "订单 7"}
    by_name, by_id = api.record("订单 7"), api.record(kind.id_in(answer))
    assert by_name["task_id"] == by_id["task_id"] == kind.id_in(answer)
    assert by_name["task_info"] == by_id["task_info"] == {"external_task_id": "订单 7"}
    assert [by_name["task_status"], by_id["task_status"]] == ["processing", kind.words["succeeded"]]


@both_dialects
def test_a_name_is_given_once_by_one_key_to_one_api(kind: Kind) -> None:
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
def test_a_name_is_not_the_id_of_another_task_of_the_same_key(kind: Kind) -> None:
    api = kind()
    first = api.make()
    assert f"external_task_id '{first}'" in api.message(api.create(kind.body(external_task_id=first)), "value")
    theirs = kind(api.emulator, "their-key")
    task_id = theirs.make(external_task_id=first)
    assert [theirs.record(first)["task_id"], api.record(first)["task_id"]] == [task_id, first]


@both_dialects
@pytest.mark.parametrize("name", ["shop/7", "a/b/c", "/", "50%2F", "雨/a b"])
def test_a_name_may_have_a_slash_which_is_sent_escaped(kind: Kind, name: str) -> None:
    api = kind()
    task_id = api.make(external_task_id=name)
    answer = api.query(quote(name, safe=""))
    assert kind.data(answer)["task_id"] == task_id
    exchange = api.emulator.requests[-1]
    assert (exchange.operation, exchange.task_id) == ("query", task_id)
    if "/" in name:
        assert api.message(api.query(name), "path")


@both_dialects
def test_a_fault_meets_a_task_whose_name_has_a_slash(kind: Kind) -> None:
    api = kind.on(faults=[Fault("html", operation="query", prompt="cat")])
    api.make(external_task_id="shop/7", prompt="a cat")
    assert [api.query(path).status_code for path in ("shop%2F7", "shop/7")] == [502, 404]


@both_dialects
def test_without_a_name_many_tasks_are_nameless(kind: Kind) -> None:
    api = kind()
    made = [api.make(external_task_id=""), api.make(external_task_id=""), api.make(), api.make()]
    assert len(set(made)) == 4
    assert all(record.get("task_info", {}) == {} for record in map(api.record, made))


@both_dialects
def test_a_name_is_forgotten_with_its_task(kind: Kind) -> None:
    api = kind.on(kept=1)
    api.make(external_task_id="7")
    api.make()
    assert api.message(api.query("7"), "task")
    assert api.make(external_task_id="7")


@both_dialects
def test_of_many_at_once_one_gets_the_name(kind: Kind) -> None:
    api = kind()

    def create(_: int) -> int:
        barrier.wait(10)
        return api.create(kind.body(external_task_id="7")).status_code

    barrier = threading.Barrier(8)
    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(create, range(8))) == [200] + [400] * 7
