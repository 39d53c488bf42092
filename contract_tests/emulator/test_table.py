"""What a task goes through: its id, its states, the ways it ends, who may see it."""

import json
import math
import re
from random import Random
from typing import Any

import pytest

from contract_tests.emulator.kit import (
    APIS,
    KLING_21,
    KLING_25,
    KLING_26,
    Api,
    Kie,
    Native,
    Relay,
    both_dialects,
    every_api,
)
from klingkit.emulator import AfterQueries, AfterSeconds, AtOnce, Emulator, Finish, VirtualClock
from klingkit.emulator.tasks._sample_videos import Film
from klingkit.emulator.tasks._table import Order, State, Task, Tasks

Kind = type[Api]

BY_HAND = AfterSeconds(math.inf)
START = 1_764_547_200_000  # milliseconds, where a virtual clock starts

INFO: dict[str, dict[str, object]] = {"native": {}, "relay": {"task_info": {}}}

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def test_the_answer_to_kies_createtask_holds_the_id_and_nothing_else() -> None:
    assert Kie.data(Kie().create(Kie.body(KLING_26))).keys() == {"taskId"}


@both_dialects
@pytest.mark.parametrize("finish", [None, BY_HAND])
def test_the_others_answer_with_the_task_as_it_was_accepted(kind: Kind, finish: Finish | None) -> None:
    """Though it may have ended by then: the documents know one state in this answer."""
    data = kind.data(kind.on(finish).create(kind.body()))
    first = {"task_id": data["task_id"], "created_at": START, **INFO[kind.name]}
    assert data == first | {"task_status": "submitted", "updated_at": START}


KIE_WAITING = {
    "model": KLING_26,
    "state": "waiting",
    "resultJson": None,
    "failCode": None,
    "failMsg": None,
    "costTime": None,
    "completeTime": None,
    "createTime": START,
}


def test_kies_waiting_task_has_no_result_and_no_times_but_the_first() -> None:
    api = Kie.on(BY_HAND)
    body = Kie.body(KLING_26) | {"callBackUrl": ""}
    task_id = api.make(body)
    param = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    assert api.record(task_id) == {**KIE_WAITING, "taskId": task_id, "param": param}


@both_dialects
def test_a_task_of_the_others_tells_what_has_changed_and_when(kind: Kind) -> None:
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
    assert record == first | {"task_status": kind.words["succeeded"], "updated_at": START + 61_500}
    duration = 10 if kind is Native else "10"
    assert video == {
        "id": video["id"],
        "url": f"http://emulator/media/{task_id}.mp4",
        "duration": duration,
    }
    assert type(video["duration"]) is type(duration)
    assert video["id"]


def test_kies_task_that_succeeded_tells_its_file_and_how_long_it_took() -> None:
    api = Kie.on(AfterSeconds(61.5))
    task_id = api.make()
    api.emulator.clock.advance(1000)
    record = api.record(task_id)
    assert record.keys() == {*KIE_WAITING, "taskId", "param"}
    assert (record["state"], record["failCode"], record["failMsg"]) == ("success", None, None)
    assert json.loads(record["resultJson"]) == {"resultUrls": [f"http://emulator/media/{task_id}.mp4"]}
    assert (record["createTime"], record["completeTime"], record["costTime"]) == (START, START + 61_500, 61_500)


def test_kies_task_that_failed_tells_why_and_has_no_result_and_no_times() -> None:
    api = Kie.on(BY_HAND)
    task_id = api.make()
    api.emulator.fail_task(task_id, code="422", message="no cats, please")
    record = api.record(task_id)
    assert record.keys() == {*KIE_WAITING, "taskId", "param"}
    assert (record["state"], record["failCode"], record["failMsg"]) == ("fail", "422", "no cats, please")
    assert (record["resultJson"], record["completeTime"], record["costTime"]) == (None, None, None)


def test_kies_failure_without_a_reason_gets_the_documented_code() -> None:
    api = Kie.on(BY_HAND)
    api.emulator.fail_task(task_id := api.make())
    assert api.record(task_id)["failCode"] == "501"
    assert api.record(task_id)["failMsg"]


@both_dialects
def test_a_failed_task_of_the_others_tells_why_and_has_no_result(kind: Kind) -> None:
    api = kind.on(BY_HAND)
    told, untold = api.make(), api.make()
    api.emulator.clock.advance(7)
    api.emulator.fail_task(told, message="no cats, please")
    api.emulator.fail_task(untold)
    record = api.record(told)
    assert (record["task_status"], record["task_status_msg"]) == ("failed", "no cats, please")
    assert record["updated_at"] == START + 7_000
    assert "task_result" not in record
    assert api.record(untold)["task_status_msg"]


@every_api
def test_a_task_ended_by_hand_stays_as_it_is(kind: Kind) -> None:
    api = kind.on(AfterSeconds(10))
    api.emulator.fail_task(failed := api.make())
    api.emulator.finish_task(finished := api.make())
    api.emulator.clock.advance(20)
    assert api.states(failed, finished) == ["failed", "succeeded"]
    with pytest.raises(ValueError, match="has ended already"):
        api.emulator.finish_task(failed)
    with pytest.raises(ValueError, match="has ended already"):
        api.emulator.fail_task(finished)


def test_only_a_task_that_exists_can_be_ended() -> None:
    with pytest.raises(LookupError, match="no task 'x'"):
        Emulator().finish_task("x")
    with pytest.raises(LookupError, match="no task 'x'"):
        Emulator().fail_task("x")


@every_api
@pytest.mark.parametrize(
    ("finish", "states"),
    [
        (None, "s"),
        (AtOnce(), "s"),
        (AfterQueries(0), "s"),
        (AfterQueries(1), "ss"),
        (AfterQueries(2), "rss"),
        (AfterQueries(3), "arss"),
        (AfterQueries(5), "aarrss"),
        (AfterSeconds(0), "s"),
        (AfterSeconds(1), "aa"),
    ],
)
def test_queries_see_what_the_policy_says(kind: Kind, finish: Finish | None, states: str) -> None:
    api = kind.on(finish)
    task_id = api.make()
    words = [kind.words[{"a": "accepted", "r": "running", "s": "succeeded"}[state]] for state in states]
    assert [api.record(task_id)[kind.state] for _ in words] == words


@every_api
def test_queries_of_one_task_do_not_move_another(kind: Kind) -> None:
    api = kind.on(AfterQueries(2))
    one, other = api.make(), api.make()
    words = [kind.words[state] for state in ("running", "running", "succeeded")]
    assert [api.record(task_id)[kind.state] for task_id in (one, other, one)] == words


@every_api
def test_tasks_move_in_their_own_time(kind: Kind) -> None:
    api = kind.on(AfterSeconds(10))
    early = api.make()
    api.emulator.clock.advance(4)
    late = api.make()

    def words() -> list[str]:
        return [api.record(task_id)[kind.state] for task_id in (early, late)]

    assert words() == [kind.words["accepted"]] * 2
    api.emulator.clock.advance(1)
    assert words() == [kind.words["running"], kind.words["accepted"]]
    api.emulator.clock.advance(5)
    assert words() == [kind.words["succeeded"], kind.words["running"]]
    api.emulator.clock.advance(4)
    ended = api.record(late).get("updated_at") or api.record(late)["completeTime"]
    assert ended == START + 14_000


@every_api
def test_a_late_clock_still_shows_a_task_in_time(kind: Kind) -> None:
    """A query does not depend on whether the clock's own thread has come round to it yet."""

    class Stuck(VirtualClock):
        def _go_on(self, seconds: float) -> None:
            self._now += seconds

    api = kind.on(AfterSeconds(10), Stuck())
    task_id = api.make()
    api.emulator.clock.advance(5)
    assert api.record(task_id)[kind.state] == kind.words["running"]
    api.emulator.clock.advance(5)
    assert api.states(task_id) == ["succeeded"]


@every_api
@pytest.mark.parametrize("wrong", ["\ud83d", 7])
def test_a_failure_is_told_in_text_and_leaves_the_task_as_it_was_if_it_is_none(wrong: Any, kind: Kind) -> None:
    api = kind.on(AfterSeconds(60))
    task_id = api.make()
    with pytest.raises(ValueError, match="told in text"):
        api.emulator.fail_task(task_id, message=wrong)
    api.emulator.finish_task(task_id)


@every_api
def test_no_document_asks_with_head_and_it_counts_as_no_query(kind: Kind) -> None:
    api = kind.on(AfterQueries(3))
    task_id = api.make()
    assert api.ask("HEAD", api.path_of(task_id)).status_code == 405
    assert api.states(task_id, task_id, task_id)[-1] == "succeeded"
    assert api.query(task_id).status_code == 200


def test_a_count_of_queries_is_not_negative() -> None:
    with pytest.raises(ValueError, match="can't end after -1 queries"):
        AfterQueries(-1)


@pytest.mark.parametrize(
    ("kind", "model", "looks"),
    [
        (Kie, KLING_26, "[0-9a-f]{32}"),
        (Kie, KLING_21, "task_kling_[0-9]{13}"),
        (Kie, KLING_25, "task_kling_[0-9]{13}"),
        (Native, None, "[A-Za-z0-9_-]{22}"),
        (Relay, None, "[1-9][0-9]{17}"),
    ],
)
def test_ids_look_like_those_of_the_documents(kind: Kind, model: str | None, looks: str) -> None:
    api = kind()
    assert all(re.fullmatch(looks, api.make(kind.body(model))) for _ in range(50))


def test_every_exchange_with_the_relay_has_an_id_of_its_own_and_native_has_one_for_errors() -> None:
    relay, native = Relay(), Native()
    task_id = relay.make()
    answers = [relay.query(task_id), relay.query(task_id), relay.query("x"), relay.create({})]
    answers += [native.query("x"), native.create({})]
    ids = [answer.json()["request_id"] for answer in answers]
    assert len(set(ids)) == len(ids)
    assert all(UUID.fullmatch(one) for one in ids)


def some_answers(kind: Kind, seed: int) -> list[str]:
    api = kind.on(AfterSeconds(5), seed=seed)
    made = [api.make(kind.body(model)) for model in kind.models]
    api.emulator.clock.advance(7)
    return [api.query(task_id).text for task_id in (*made, "x")]


@every_api
def test_the_same_seed_and_requests_give_the_same_answers_to_the_byte(kind: Kind) -> None:
    assert some_answers(kind, 7) == some_answers(kind, 7)
    assert not set(some_answers(kind, 7)[:-1]) & set(some_answers(kind, 8)[:-1])


def order(owner: str = "a-key") -> Order:
    return Order("kie", owner, "model", "prompt", Film("1:1", 5), "{}", "http://emulator", None)


def test_an_id_is_given_once() -> None:
    changes: list[Task] = []

    class Seen:
        def keep(self, task: Task, *, changed: bool) -> Any:
            assert changed
            changes.append(task)
            return list

        def forget(self, task: Task) -> None:
            raise AssertionError(task)

        def clear(self) -> None:
            raise AssertionError

    tasks = Tasks(clock=VirtualClock(), finish=AtOnce(), seed=0, witness=Seen())
    ids = iter(["a", "a", "a", "b"])

    def draw(_: Random) -> str:
        return next(ids)

    assert [tasks.create(order(), draw).id for _ in range(2)] == ["a", "b"]
    states = [(task.id, task.state) for task in changes]
    assert states == [
        (task_id, state) for task_id in "ab" for state in (State.ACCEPTED, State.RUNNING, State.SUCCEEDED)
    ]


@every_api
def test_the_oldest_tasks_are_forgotten(kind: Kind) -> None:
    api = kind.on(AfterSeconds(5), kept=2)
    first, second, third = (api.make() for _ in range(3))
    api.emulator.clock.advance(5)
    assert api.message(api.query(first), "task")
    assert api.states(second, third) == ["succeeded", "succeeded"]


@every_api
def test_another_keys_task_is_as_good_as_none(kind: Kind) -> None:
    emulator = Emulator(keys={"ours", "theirs"}, clock=VirtualClock())
    ours, theirs = kind(emulator, "ours"), kind(emulator, "theirs")
    task_id = ours.make()
    refusal = theirs.message(theirs.query(task_id), "task")
    assert refusal == theirs.message(theirs.query("unknown"), "task")
    assert ours.states(task_id) == ["succeeded"]


@every_api
def test_another_keys_queries_do_not_count(kind: Kind) -> None:
    emulator = Emulator(finish=AfterQueries(2))
    task_id = kind(emulator, "ours").make()
    kind(emulator, "theirs").query(task_id)
    assert kind(emulator, "ours").record(task_id)[kind.state] == kind.words["running"]


@every_api
def test_another_apis_task_is_as_good_as_none(kind: Kind) -> None:
    here = kind()
    for other in APIS:
        task_id = other(here.emulator).make()
        assert other is kind or here.message(here.query(task_id), "task")


@pytest.mark.parametrize("query", ["", "?taskid=x", "?task_id=x", "?taskId=a&taskId=b"])
def test_kies_query_names_one_task(query: str) -> None:
    api = Kie()
    assert "taskId" in api.message(api.ask("GET", Kie.query_path + query), "value")


@every_api
@pytest.mark.parametrize("task_id", ["x", "281e5b0*********************f39b9", "\N{CAT FACE}", "%ff", "a b"])
def test_an_unknown_task_is_not_found(kind: Kind, task_id: str) -> None:
    api = kind()
    assert api.message(api.query(task_id), "task")


@pytest.mark.parametrize("task_id", ["", ".."])
def test_an_odd_id_is_not_found_by_kie_either(task_id: str) -> None:
    api = Kie()
    assert api.message(api.query(task_id), "task")


@every_api
def test_the_answers_are_utf_8_json(kind: Kind) -> None:
    api = kind()
    for answer in (api.create(kind.body()), api.query("x")):
        assert answer.headers["Content-Type"] == "application/json"
        parsed: dict[str, Any] = json.loads(answer.content.decode())
        assert parsed
