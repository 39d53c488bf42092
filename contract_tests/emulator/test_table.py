"""Tests of the table of tasks: ids, endings, visibility, and which are kept."""

import threading
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import pytest

from contract_tests.emulator.kit import (
    APIS,
    ApiClass,
    Kie,
    every_api,
)
from klingkit.emulator import AfterQueries, AfterSeconds, AtOnce, Emulator, VirtualClock
from klingkit.emulator.tasks._sample_videos import SampleVideo
from klingkit.emulator.tasks._table import RETRY_SECONDS, Tasks
from klingkit.emulator.tasks._task import NotKept, State, Task, TaskRequest


@every_api
def test_a_task_ended_by_hand_stays_as_it_is(api_class: ApiClass) -> None:
    api = api_class.on_emulator(AfterSeconds(10))
    api.emulator.fail_task(failed := api.create_task())
    api.emulator.finish_task(finished := api.create_task())
    api.emulator.clock.advance(20)
    assert api.states(failed, finished) == ["failed", "succeeded"]
    with pytest.raises(ValueError, match="has ended already"):
        api.emulator.finish_task(failed)
    with pytest.raises(ValueError, match="has ended already"):
        api.emulator.fail_task(finished)


def test_only_an_existing_task_can_be_ended() -> None:
    with pytest.raises(LookupError, match="no task 'x'"):
        Emulator().finish_task("x")
    with pytest.raises(LookupError, match="no task 'x'"):
        Emulator().fail_task("x")


@every_api
@pytest.mark.parametrize("message", ["\ud83d", 7])
def test_an_invalid_failure_leaves_the_task_as_it_was(message: Any, api_class: ApiClass) -> None:
    api = api_class.on_emulator(AfterSeconds(60))
    task_id = api.create_task()
    with pytest.raises(ValueError, match="must be text"):
        api.emulator.fail_task(task_id, message=message)
    api.emulator.finish_task(task_id)


def responses_with_seed(api_class: ApiClass, seed: int) -> list[str]:
    api = api_class.on_emulator(AfterSeconds(5), seed=seed)
    task_ids = [api.create_task(api_class.body(model)) for model in api_class.models]
    api.emulator.clock.advance(7)
    return [api.query(task_id).text for task_id in (*task_ids, "x")]


@every_api
def test_the_same_seed_and_requests_give_identical_responses(api_class: ApiClass) -> None:
    assert responses_with_seed(api_class, 7) == responses_with_seed(api_class, 7)
    assert not set(responses_with_seed(api_class, 7)[:-1]) & set(responses_with_seed(api_class, 8)[:-1])


def task_request(owner: str = "a-key") -> TaskRequest:
    return TaskRequest("kie", owner, "model", "prompt", SampleVideo("1:1", 5), "{}", "http://emulator", None)


def test_an_id_is_used_once_and_the_observer_sees_all_changes() -> None:
    changes: list[Task] = []

    class RecordingObserver:
        def before_change(self, task: Task, *, state_changed: bool) -> Any:
            assert state_changed
            changes.append(task)
            return list

        def forget(self, task: Task) -> None:
            raise AssertionError(task)

        def clear(self) -> None:
            raise AssertionError

    tasks = Tasks(clock=VirtualClock(), finish=AtOnce(), seed=0, observer=RecordingObserver())
    ids = iter(["a", "a", "a", "b"])

    def draw(_: Random) -> str:
        return next(ids)

    assert [tasks.create(task_request(), draw).id for _ in range(2)] == ["a", "b"]
    states = [(task.id, task.state) for task in changes]
    assert states == [
        (task_id, state) for task_id in "ab" for state in (State.ACCEPTED, State.RUNNING, State.SUCCEEDED)
    ]


def test_a_task_whose_end_can_not_be_kept_ends_later() -> None:
    class FailingObserver:
        """An observer that fails to store the second and third change."""

        calls = 0

        def before_change(self, task: Task, *, state_changed: bool) -> Any:
            self.calls += 1
            if self.calls in {2, 3}:
                raise NotKept("full")
            return list

        def forget(self, task: Task) -> None:
            raise AssertionError(task)

        def clear(self) -> None:
            raise AssertionError

    clock = VirtualClock()
    tasks = Tasks(clock=clock, finish=AtOnce(), seed=0, observer=FailingObserver())
    states = [tasks.create(task_request(), lambda _: "a").state]
    for _ in range(2):
        clock.advance(RETRY_SECONDS)
        states += [task.state for task in tasks.newest(api="kie")]
    assert states == [State.ACCEPTED, State.ACCEPTED, State.SUCCEEDED]


@every_api
def test_the_oldest_tasks_are_dropped(api_class: ApiClass) -> None:
    api = api_class.on_emulator(AfterSeconds(5), kept=2)
    first, second, third = (api.create_task() for _ in range(3))
    api.emulator.clock.advance(5)
    assert api.message(api.query(first), "task")
    assert api.states(second, third) == ["succeeded", "succeeded"]


@every_api
def test_a_task_of_another_key_is_not_found(api_class: ApiClass) -> None:
    emulator = Emulator(keys={"ours", "theirs"}, clock=VirtualClock())
    owner, other_owner = api_class(emulator, "ours"), api_class(emulator, "theirs")
    task_id = owner.create_task()
    message = other_owner.message(other_owner.query(task_id), "task")
    assert message == other_owner.message(other_owner.query("unknown"), "task")
    assert owner.states(task_id) == ["succeeded"]


@every_api
def test_queries_of_another_key_do_not_count(api_class: ApiClass) -> None:
    emulator = Emulator(finish=AfterQueries(2))
    task_id = api_class(emulator, "ours").create_task()
    api_class(emulator, "theirs").query(task_id)
    assert api_class(emulator, "ours").record(task_id)[api_class.state] == api_class.vendor_states["running"]


@every_api
def test_a_task_of_another_api_is_not_found(api_class: ApiClass) -> None:
    api = api_class()
    for other in APIS:
        task_id = other(api.emulator).create_task()
        assert other is api_class or api.message(api.query(task_id), "task")


@every_api
@pytest.mark.parametrize("task_id", ["x", "281e5b0*********************f39b9", "\N{CAT FACE}", "%ff", "a b"])
def test_an_unknown_task_is_not_found(api_class: ApiClass, task_id: str) -> None:
    api = api_class()
    assert api.message(api.query(task_id), "task")


def test_only_one_of_many_threads_ends_a_task() -> None:
    emulator = Emulator(finish=AfterQueries(99))
    task_id = Kie(emulator).create_task()
    barrier = threading.Barrier(8)

    def end(_: int) -> bool:
        barrier.wait(10)
        try:
            emulator.finish_task(task_id)
        except ValueError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(end, range(8))) == 1
