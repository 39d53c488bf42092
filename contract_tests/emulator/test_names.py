"""`external_task_id` (a fact of the field): the id that a task's owner gives it, as good as the one that it got."""

import threading
from concurrent.futures import ThreadPoolExecutor

from contract_tests.emulator.kit import Api, Native, Relay, both_dialects
from klingkit.emulator import AfterQueries

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
