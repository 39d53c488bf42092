"""Kling's own API in the dialects of the field: what they have in common, and relays with shapes of their own."""

import json
from typing import Any

import pytest

from contract_tests.emulator.dialects import DIALECTS, Flat, Official, Spoken, Wrapped
from contract_tests.emulator.kit import Kie, Native, Relay, receiving
from klingkit.emulator import AfterSeconds, Emulator, Fault, VirtualClock, read_label

Kind = type[Spoken]

NEW_YEAR = 1_764_547_200_000  # what the virtual clock shows at first, in milliseconds

every_dialect = pytest.mark.parametrize("kind", DIALECTS, ids=lambda kind: kind.__name__)


# What all have in common


@every_dialect
def test_a_task_goes_from_state_to_state_to_a_film(kind: Kind) -> None:
    api = kind.on(AfterSeconds(60))
    created = api.create(api.body(prompt="a cat"))
    assert kind.data(created)[api.state] == kind.words["accepted"]
    task_id = api.id_in(created)
    api.emulator.clock.advance(30)
    assert api.record(task_id)[api.state] == kind.words["running"]
    api.emulator.clock.advance(30)
    record = api.record(task_id)
    assert record[api.state] == kind.words["succeeded"]
    label = read_label(api.film(task_id).content)
    assert (label.task_id, label.prompt) == (task_id, "a cat")


@every_dialect
def test_each_refusal_is_in_its_words(kind: Kind) -> None:
    api = kind.on(keys=["a-key"])
    post, path = api.create_path, api.path_of("x")
    assert api.message(api.ask("GET", path, headers={"Authorization": ""}), "no key")
    assert api.message(api.ask("GET", path, headers={"Authorization": "Basic x"}), "odd key")
    assert api.message(api.ask("GET", path, headers={"Authorization": "Bearer x"}), "unknown key")
    assert api.message(api.send(b"{"), "unreadable")
    assert api.message(api.create(api.body(prompt=5)), "value") == "prompt must be a string, is 5"
    assert "kling-v9" in api.message(api.create(api.body("kling-v9")), "model")
    assert api.message(api.query("x"), "task")
    assert api.message(api.ask("GET", post + "/x/y"), "path")
    assert api.message(api.ask("PUT", post), "method")


@every_dialect
def test_callbacks_tell_what_a_query_tells(kind: Kind) -> None:
    api = kind.on(AfterSeconds(60))
    with receiving() as receiver:
        task_id = api.make(api.calling(receiver.url))
        api.emulator.clock.advance(60)
        api.emulator.wait_idle()
        bodies = [receiver.next().body for _ in range(2)]
    assert [body[api.state] for body in bodies] == [kind.words["running"], kind.words["succeeded"]]
    record = api.record(task_id)
    assert bodies[1] == json.loads(json.dumps(record)) | (
        {"data": bodies[1]["data"]} if kind is Wrapped else {}
    )  # the wrapped answer has an id of its own each time
    assert api.url(bodies[1]) == api.url(record)


@every_dialect
def test_limits_are_told_as_the_dialect_does(kind: Kind) -> None:
    slots = (429, 1303) if issubclass(kind, Official) else (429, "too_many_tasks")
    pace = (429, 1302) if issubclass(kind, Official) else (429, "rate_limit_exceeded")
    api = kind.on(AfterSeconds(60), slots=1)
    task_id = api.make()
    full = api.create(api.body())
    assert (full.status_code, full.json()["code"]) == slots
    assert "not finished" in full.json()["message"]
    api.emulator.finish_task(task_id)
    assert api.make()
    api = kind.on(AfterSeconds(60), rate=2)
    assert [api.create(api.body()).status_code for _ in range(3)] == [200, 200, 429]
    fast = api.create(api.body())
    assert (fast.status_code, fast.json()["code"]) == pace
    api.emulator.clock.advance(10)
    assert api.make()


@pytest.mark.parametrize(
    ("kind", "pace", "slots"),
    [(Kie, 429, 429), (Native, 429, 429), (Relay, 1302, 1303)],
    ids=["kie", "native", "relay"],
)
def test_limits_are_told_as_the_documents_would(kind: Any, pace: int, slots: int) -> None:
    for options, code in (({"rate": 1}, pace), ({"slots": 1}, slots)):
        api = kind.on(AfterSeconds(60), **options)
        api.make()
        answer = api.create(api.body())
        assert (answer.status_code, answer.json()["code"]) == (429, code)


@every_dialect
def test_a_fault_is_told_as_the_dialect_does(kind: Kind) -> None:
    code = 1303 if issubclass(kind, Official) else "1303"
    api = kind.on(faults=[Fault("refuse", code=1303, times=1), Fault("refuse", status=429)])
    assert [api.create(api.body()).json()["code"], api.query("x").json()["code"]] == [
        code,
        1302 if issubclass(kind, Official) else "rate_limit_exceeded",
    ]


@pytest.mark.parametrize("dialect", ["relay", "relay-flat"])
def test_a_relays_shape_is_nobody_elses(dialect: Any) -> None:
    for kind in (Kie, Native):
        api = kind(Emulator(clock=VirtualClock(), dialect=dialect))
        assert api.states(api.make()) == ["succeeded"]
        assert api.message(api.query("x"), "task")


def test_a_dialect_that_nobody_speaks_is_refused() -> None:
    with pytest.raises(ValueError, match="dialect must be one of documents, official, relay, relay-flat, is 'klingon'"):
        Emulator(dialect="klingon")  # type: ignore[arg-type]  # a wrong one, on purpose


# Relays of other shapes


def test_a_wrapping_relay_tells_more_the_longer_it_is_asked() -> None:
    api = Wrapped.on(AfterSeconds(60))
    task_id = api.make()
    assert task_id.startswith("task_")
    assert [api.record(task_id)["status"] for _ in range(3)] == ["SUBMITTED", "QUEUED", "QUEUED"]
    assert api.record(task_id)["progress"] == "0%"
    api.emulator.clock.advance(30)
    assert (api.record(task_id)["progress"], api.record(task_id)["start_time"]) == ("50%", NEW_YEAR // 1000 + 30)
    api.emulator.clock.advance(30)
    record = api.record(task_id)
    inner = record.pop("data")
    assert record == {
        "task_id": task_id,
        "action": "textGenerate",
        "status": "SUCCESS",
        "fail_reason": "",
        "submit_time": NEW_YEAR // 1000,
        "start_time": NEW_YEAR // 1000 + 30,
        "finish_time": NEW_YEAR // 1000 + 60,
        "progress": "100%",
    }
    assert (inner["code"], inner["message"], inner["data"]["task_status"]) == (0, "SUCCEED", "succeed")
    assert inner["data"]["task_result"]["videos"][0]["duration"] == "5"


def test_a_wrapping_relay_tells_why_a_task_failed() -> None:
    api = Wrapped.on(AfterSeconds(60))
    first, second = api.make(), api.make()
    api.emulator.fail_task(first, message="no cats")
    api.emulator.fail_task(second)
    record = api.record(first)
    assert (record["status"], record["fail_reason"], record["progress"]) == ("FAILURE", "no cats", "100%")
    assert record["data"]["data"]["task_status_msg"] == "no cats"
    assert api.record(second)["fail_reason"]


def test_a_flat_relay_tells_little() -> None:
    api = Flat.on(AfterSeconds(60))
    first, second, third = api.make(), api.make(), api.make()
    waiting: dict[str, Any] = {"url": "", "format": "", "metadata": {}, "error": None}
    assert api.record(first) == {"task_id": first, "status": "queued", **waiting}
    api.emulator.finish_task(first)
    assert api.record(first) == {
        "task_id": first,
        "status": "completed",
        "url": f"http://emulator/media/{first}.mp4",
        "format": "mp4",
        "metadata": {"duration": 5, "model": Flat.models[-1]},
        "error": None,
    }
    api.emulator.fail_task(second, code="1301", message="no cats")
    api.emulator.fail_task(third)
    assert api.record(second) | waiting == {"task_id": second, "status": "failed", **waiting}
    assert api.record(second)["error"] == {"code": "1301", "message": "no cats"}
    assert api.record(third)["error"]["message"]
