"""What a task goes through: its id, its states, the ways it ends, who may see it."""

import json
import math
import threading
from random import Random

import pytest

from contract_tests.emulator.kit import KLING_21, KLING_25, KLING_26, QUERY, Api, request_for
from klingkit.emulator import AfterQueries, AfterSeconds, AtOnce, Clock, Emulator, Finish, SystemClock, VirtualClock
from klingkit.emulator import _tasks as tasks_module
from klingkit.emulator._films import Film
from klingkit.emulator._tasks import Order, Task, Tasks

BY_HAND = AfterSeconds(math.inf)
START = 1_764_547_200_000  # milliseconds, where a virtual clock starts

FIELDS = {
    "taskId",
    "model",
    "state",
    "param",
    "resultJson",
    "failCode",
    "failMsg",
    "costTime",
    "completeTime",
    "createTime",
}


def api(finish: Finish | None = None, clock: Clock | None = None) -> Api:
    return Api(Emulator(finish=finish, clock=clock or VirtualClock()))


def test_the_answer_to_createtask_holds_the_id_and_nothing_else() -> None:
    answer = api().create(request_for(KLING_26))
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == {"code": 200, "msg": "success", "data": {"taskId": answer.json()["data"]["taskId"]}}


def test_a_waiting_task_has_no_result_and_no_times_but_the_first() -> None:
    kie = api(BY_HAND)
    body = request_for(KLING_26) | {"callBackUrl": ""}
    task_id = kie.make(body)
    assert kie.query(task_id).json() == {
        "code": 200,
        "msg": "success",
        "data": {
            "taskId": task_id,
            "model": KLING_26,
            "state": "waiting",
            "param": json.dumps(body, ensure_ascii=False, separators=(",", ":")),
            "resultJson": None,
            "failCode": None,
            "failMsg": None,
            "costTime": None,
            "completeTime": None,
            "createTime": START,
        },
    }


def test_a_task_that_succeeded_tells_its_file_and_how_long_it_took() -> None:
    kie = api(AfterSeconds(61.5))
    task_id = kie.make()
    kie.emulator.clock.advance(1000)
    record = kie.record(task_id)
    assert record.keys() == FIELDS
    assert (record["state"], record["failCode"], record["failMsg"]) == ("success", None, None)
    assert json.loads(record["resultJson"]) == {"resultUrls": [f"http://emulator/media/{task_id}.mp4"]}
    assert (record["createTime"], record["completeTime"], record["costTime"]) == (START, START + 61_500, 61_500)


def test_a_task_that_failed_tells_why_and_has_no_result_and_no_times() -> None:
    kie = api(BY_HAND)
    task_id = kie.make()
    kie.emulator.fail_task(task_id, code="422", message="no cats, please")
    record = kie.record(task_id)
    assert record.keys() == FIELDS
    assert (record["state"], record["failCode"], record["failMsg"]) == ("fail", "422", "no cats, please")
    assert (record["resultJson"], record["completeTime"], record["costTime"]) == (None, None, None)


def test_a_failure_without_a_reason_gets_the_documented_code() -> None:
    kie = api(BY_HAND)
    kie.emulator.fail_task(task_id := kie.make())
    assert kie.record(task_id)["failCode"] == "501"
    assert kie.record(task_id)["failMsg"]


def test_a_task_ended_by_hand_stays_as_it_is() -> None:
    kie = api(AfterSeconds(10))
    kie.emulator.fail_task(failed := kie.make())
    kie.emulator.finish_task(finished := kie.make())
    kie.emulator.clock.advance(20)
    assert [kie.record(task_id)["state"] for task_id in (failed, finished)] == ["fail", "success"]
    with pytest.raises(ValueError, match="has ended already"):
        kie.emulator.finish_task(failed)
    with pytest.raises(ValueError, match="has ended already"):
        kie.emulator.fail_task(finished)


def test_only_a_task_that_exists_can_be_ended() -> None:
    with pytest.raises(LookupError, match="no task 'x'"):
        Emulator().finish_task("x")
    with pytest.raises(LookupError, match="no task 'x'"):
        Emulator().fail_task("x")


@pytest.mark.parametrize(
    ("finish", "states"),
    [
        (None, ["success"]),
        (AtOnce(), ["success"]),
        (AfterQueries(0), ["success"]),
        (AfterQueries(1), ["success", "success"]),
        (AfterQueries(3), ["waiting", "waiting", "success", "success"]),
        (AfterSeconds(0), ["success"]),
        (AfterSeconds(1), ["waiting", "waiting"]),
    ],
)
def test_queries_see_what_the_policy_says(finish: Finish | None, states: list[str]) -> None:
    kie = api(finish)
    task_id = kie.make()
    assert [kie.record(task_id)["state"] for _ in states] == states


def test_queries_of_one_task_do_not_end_another() -> None:
    kie = api(AfterQueries(2))
    one, other = kie.make(), kie.make()
    assert [kie.record(task_id)["state"] for task_id in (one, other, one)] == ["waiting", "waiting", "success"]


def test_tasks_end_in_their_own_time() -> None:
    kie = api(AfterSeconds(10))
    early = kie.make()
    kie.emulator.clock.advance(4)
    late = kie.make()
    kie.emulator.clock.advance(6)
    assert [kie.record(task_id)["state"] for task_id in (early, late)] == ["success", "waiting"]
    kie.emulator.clock.advance(4)
    assert kie.record(late)["completeTime"] == START + 14_000


def test_a_late_clock_still_shows_a_task_in_time() -> None:
    """A query does not depend on whether the clock's own thread has come round to it yet."""

    class Stuck(VirtualClock):
        def advance(self, seconds: float) -> None:
            self._now += seconds

    kie = api(AfterSeconds(10), Stuck())
    task_id = kie.make()
    kie.emulator.clock.advance(10)
    assert kie.record(task_id)["state"] == "success"


@pytest.mark.parametrize("wrong", [-1, -0.1, math.nan])
def test_time_goes_forward_only(wrong: float) -> None:
    with pytest.raises(ValueError, match="can't end after"):
        AfterSeconds(wrong)
    for clock in (SystemClock(), VirtualClock()):
        with pytest.raises(ValueError, match="goes forward only"):
            clock.advance(wrong)


def test_a_count_of_queries_is_not_negative() -> None:
    with pytest.raises(ValueError, match="can't end after -1 queries"):
        AfterQueries(-1)


def test_the_system_clock_ends_tasks_by_itself_and_its_thread_goes_home() -> None:
    clock = SystemClock()
    done: list[str] = []
    threads: list[threading.Thread] = []
    over = threading.Event()

    def last() -> None:
        done.append("second")
        threads.append(threading.current_thread())
        over.set()

    clock.at(clock.now() + 0.04, last)
    clock.at(clock.now() + 0.01, lambda: done.append("first"))
    assert over.wait(10)
    assert done == ["first", "second"]
    threads[0].join(10)
    assert not threads[0].is_alive()
    over.clear()
    clock.at(clock.now() - 1, over.set)
    assert over.wait(10)


def test_the_system_clock_can_be_put_forward() -> None:
    kie = api(AfterSeconds(3600), SystemClock())
    task_id = kie.make()
    assert kie.record(task_id)["state"] == "waiting"
    kie.emulator.clock.advance(3600)
    record = kie.record(task_id)
    assert record["state"] == "success"
    assert 3_600_000 <= record["costTime"] < 3_660_000


def test_ids_look_like_those_of_the_documents() -> None:
    kie = api()
    hexadecimal = kie.make(request_for(KLING_26))
    assert len(hexadecimal) == 32
    assert int(hexadecimal, 16)
    for model in (KLING_21, KLING_25):
        prefix, _, digits = kie.make(request_for(model)).rpartition("_")
        assert (prefix, len(digits), digits.isdecimal()) == ("task_kling", 13, True)


def some_answers(seed: int) -> list[str]:
    kie = Api(Emulator(seed=seed, finish=AfterSeconds(5), clock=VirtualClock()))
    made = [kie.make(request_for(model)) for model in (KLING_26, KLING_25, KLING_21, KLING_26)]
    kie.emulator.clock.advance(7)
    return [kie.query(task_id).text for task_id in made]


def test_the_same_seed_and_requests_give_the_same_answers_to_the_byte() -> None:
    assert some_answers(7) == some_answers(7)
    assert not set(some_answers(7)) & set(some_answers(8))


def order(owner: str = "a-key") -> Order:
    return Order("kie", owner, "model", "prompt", Film("1:1", 5), "{}", "http://emulator", None)


def test_an_id_is_given_once() -> None:
    ended: list[Task] = []
    tasks = Tasks(clock=VirtualClock(), finish=AtOnce(), seed=0, on_end=ended.append)
    ids = iter(["a", "a", "a", "b"])

    def draw(_: Random) -> str:
        return next(ids)

    assert [tasks.create(order(), draw).id for _ in range(2)] == ["a", "b"]
    assert [task.id for task in ended] == ["a", "b"]


def test_the_oldest_tasks_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks_module, "KEPT", 2)
    kie = api(AfterSeconds(5))
    first, second, third = (kie.make() for _ in range(3))
    kie.emulator.clock.advance(5)
    assert kie.query(first).json()["code"] == 404
    assert [kie.record(task_id)["state"] for task_id in (second, third)] == ["success", "success"]


def test_another_keys_task_is_as_good_as_none() -> None:
    emulator = Emulator(keys={"ours", "theirs"})
    ours, theirs = Api(emulator, "ours"), Api(emulator, "theirs")
    task_id = ours.make()
    answer = theirs.query(task_id)
    assert (answer.status_code, answer.json()) == (404, theirs.query("unknown").json())
    assert ours.record(task_id)["state"] == "success"


def test_another_keys_queries_do_not_count() -> None:
    emulator = Emulator(finish=AfterQueries(2))
    task_id = Api(emulator, "ours").make()
    Api(emulator, "theirs").query(task_id)
    assert Api(emulator, "ours").record(task_id)["state"] == "waiting"


@pytest.mark.parametrize("query", ["", "?taskid=x", "?task_id=x", "?taskId=a&taskId=b"])
def test_a_query_names_one_task(query: str) -> None:
    answer = api().ask("GET", QUERY + query)
    assert (answer.status_code, answer.json()["code"]) == (422, 422)
    assert "taskId" in answer.json()["msg"]


@pytest.mark.parametrize("task_id", ["", "x", "..", "281e5b0*********************f39b9", "\N{CAT FACE}", "%ff", "a b"])
def test_an_unknown_task_is_not_found(task_id: str) -> None:
    answer = api().query(task_id)
    assert (answer.status_code, answer.json()["code"], answer.json()["data"]) == (404, 404, None)
