"""The control paths: what they show, change, and reject."""

import threading

import pytest

from contract_tests.emulator.control_client import ask, error_of, get, post, slow
from contract_tests.emulator.kit import APIS, Kie, Kind, Native, every_api
from klingkit.emulator import Emulator, Fault, SystemClock, read_label
from klingkit.emulator.faults._fault import KINDS
from klingkit.emulator.profiles import APIS as NAMES

URL = "http://receiver.example/"


def test_the_state_of_the_emulator() -> None:
    emulator = slow(faults=[Fault("drop", api="kie")], signing={"kie": "k"}, dialect="official")
    Native(emulator).create(Native.body())
    assert get(emulator, "state") == {
        "name": emulator._engine.broadcast.name,
        "now": 1_764_547_200.0,
        "dialect": "official",
        "virtual": True,
        "finish": "AfterSeconds(seconds=60)",
        "tasks": 1,
        "faults": 1,
        "signing": ["kie"],
    }
    assert get(Emulator(clock=SystemClock()), "state")["virtual"] is False


@every_api
def test_a_task_is_shown_with_its_exchanges_and_deliveries(kind: Kind) -> None:
    emulator = slow()
    api = kind(emulator)
    named = {} if kind is Kie else {"external_task_id": "mine"}
    body = kind.calling(URL) | named
    task_id = api.make(body)
    emulator.clock.advance(30)
    emulator.fail_task(task_id, code="7", message="no cats, please")
    emulator.wait_idle()
    api.query(task_id)
    (task,) = get(emulator, "tasks")["tasks"]
    start = 1_764_547_200.0
    assert task == {
        "id": task_id,
        "number": 1,
        "api": kind.name,
        "model": kind.models[-1],
        "prompt": "雨中的猫",
        "state": "failed",
        "created": start,
        "history": [
            {"state": "accepted", "at": start},
            {"state": "running", "at": start + 30},
            {"state": "failed", "at": start + 30},
        ],
        "queries": 1,
        "failure": {"code": "7", "message": "no cats, please"},
        "video": None,
        "callback_url": URL,
        "external_task_id": named.get("external_task_id"),
    }
    whole = get(emulator, f"tasks/{task_id}")
    assert whole.items() >= task.items()
    assert whole["request"] == body
    assert [one["operation"] for one in whole["exchanges"]] == ["query", "create"]
    assert [one["task_id"] for one in whole["deliveries"]] == [task_id] * (1 if kind is Kie else 2)
    assert get(emulator, "deliveries")["deliveries"] == whole["deliveries"]
    assert get(emulator, "requests")["requests"] == whole["exchanges"]
    assert whole["kept"] == {"deliveries": len(whole["deliveries"]), "exchanges": 2}


def test_of_many_exchanges_the_newest_are_shown_and_the_creation() -> None:
    api = Kie(slow())
    task_id = api.make()
    for _ in range(60):
        api.query(task_id)
    whole = get(api.emulator, f"tasks/{task_id}")
    assert [one["id"] for one in whole["exchanges"]] == [*range(61, 11, -1), 1]
    assert whole["kept"] == {"deliveries": 0, "exchanges": 61}


def test_pages_are_stable_while_tasks_are_added_and_dropped() -> None:
    emulator = slow(kept=6)
    made = [Kie(emulator).make() for _ in range(5)]
    first = get(emulator, "tasks?limit=2")
    made += [Kie(emulator).make() for _ in range(3)]  # the first two are forgotten
    second = get(emulator, f"tasks?limit=2&before={first['next']}")
    third = get(emulator, f"tasks?limit=2&before={second['next']}") if second["next"] else {"tasks": [], "next": None}
    shown = [task["id"] for page in (first, second, third) for task in page["tasks"]]
    assert shown == made[2:5][::-1]
    assert third["next"] is None


def test_tasks_are_found_by_state_and_api() -> None:
    emulator = slow()
    made = {api.name: api(emulator).make() for api in APIS}
    emulator.finish_task(made["kie"])

    def ids(query: str) -> list[str]:
        return [task["id"] for task in get(emulator, f"tasks?{query}")["tasks"]]

    assert ids("state=succeeded") == [made["kie"]]
    assert ids("api=native&state=accepted") == [made["native"]]
    assert ids("api=&state=") == [*made.values()][::-1]


def test_tasks_are_found_by_text() -> None:
    emulator = slow()
    fox = Kie(emulator).make(prompt="A red FOX")
    owl = Native(emulator).make(prompt="an owl", external_task_id="Mine")
    Kie(emulator).make(prompt="a cat")
    expected = {"fox": [fox], "%20OWL%20": [owl], "mine": [owl], "MASTER": [owl], fox: [fox], "nothing": []}
    for text, ids in expected.items():
        assert [task["id"] for task in get(emulator, f"tasks?text={text}")["tasks"]] == ids
    first = get(emulator, "tasks?text=a&limit=2")
    rest = get(emulator, f"tasks?text=a&limit=2&before={first['next']}")
    assert [task["id"] for task in rest["tasks"]] == [fox]
    assert rest["next"] is None


def test_a_video_is_shown_without_faults_and_journal() -> None:
    emulator = slow(faults=[Fault("drop", operation="media")])
    task_id = Kie(emulator).make()
    assert f"task '{task_id}' has no video" in error_of(emulator, "GET", f"tasks/{task_id}/video", 404)
    emulator.finish_task(task_id)
    path = get(emulator, f"tasks/{task_id}")["video"]
    assert path == f"/_emulator/tasks/{task_id}/video"
    whole = ask(emulator, "GET", path)
    assert (whole.status_code, whole.headers["Content-Type"]) == (200, "video/mp4")
    assert read_label(whole.content).task_id == task_id
    part = ask(emulator, "GET", path, {"Host": "localhost", "Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")
    beyond = ask(emulator, "GET", path, {"Host": "localhost", "Range": "bytes=99999999-"})
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{len(whole.content)}")
    assert [one.operation for one in emulator.requests] == ["create"]
    assert emulator.faults.injected(1) == 0


def test_requests_and_deliveries_have_pages_and_a_task_filter() -> None:
    emulator = slow()
    one, other = (Native(emulator).make(Native.calling(URL)) for _ in range(2))
    emulator.clock.advance(60)
    emulator.wait_idle()
    for kind in ("requests", "deliveries"):
        whole = get(emulator, kind)[kind]
        page = get(emulator, f"{kind}?limit=1")
        rest = get(emulator, f"{kind}?before={page['next']}")
        assert page[kind] + rest[kind] == whole
        assert rest["next"] is None
        assert {row["task_id"] for row in get(emulator, f"{kind}?task={one}")[kind]} == {one}
        assert {row["task_id"] for row in whole} == {one, other}


def test_a_task_is_ended_by_hand_once() -> None:
    emulator = slow()
    good, bad = Kie(emulator).make(), Kie(emulator).make()
    assert post(emulator, f"tasks/{good}/finish")["state"] == "succeeded"
    failed = post(emulator, f"tasks/{bad}/fail", {"code": "422", "message": None})
    assert (failed["state"], failed["failure"]) == ("failed", {"code": "422", "message": None})
    assert "has ended already" in error_of(emulator, "POST", f"tasks/{good}/fail", 409)
    assert "has ended already" in error_of(emulator, "POST", f"tasks/{bad}/finish", 409)
    assert "no task 'x'" in error_of(emulator, "POST", "tasks/x/finish", 404)
    assert "no task 'x'" in error_of(emulator, "GET", "tasks/x", 404)


def test_the_clock_is_advanced() -> None:
    emulator = slow()
    task_id = Kie(emulator).make()
    assert post(emulator, "clock/advance", {"seconds": 60}) == {"now": 1_764_547_260.0}
    assert emulator.task(task_id).state == "succeeded"


def test_faults_are_added_and_removed() -> None:
    emulator = slow(faults=[Fault("html", api="relay")])
    drop = post(emulator, "faults", {"kind": "refuse", "api": "kie", "code": 429, "times": 2})
    given = {"kind": "refuse", "api": "kie", "code": 429, "times": 2}
    assert drop == {**given, "id": 2, "injected": 0, "rule": "kie · 2 times · code 429"}
    Kie(emulator).create(Kie.body())
    faults = get(emulator, "faults")["faults"]
    assert [(one["id"], one["kind"], one["injected"]) for one in faults] == [(1, "html", 0), (2, "refuse", 1)]
    assert get(emulator, "requests")["requests"][0]["fault"] == "refuse"
    response = ask(emulator, "DELETE", "/_emulator/faults/2").json()
    assert [one["id"] for one in response["faults"]] == [1]
    assert "no fault 2" in error_of(emulator, "DELETE", "faults/2", 404)
    assert ask(emulator, "DELETE", "/_emulator/faults").json() == {"faults": []}
    assert Kie(emulator).make()


def test_the_kinds_of_faults_are_listed() -> None:
    kinds = get(Emulator(), "faults")["kinds"]
    assert tuple(kinds) == KINDS
    assert kinds["refuse"] == {
        "apis": list(NAMES),
        "operations": ["create", "query", "upload"],
        "options": ["code", "status", "message", "after"],
    }
    assert kinds["callback-late"]["options"] == ["seconds"]
    assert kinds["callback-reordered"]["apis"] == [api for api in NAMES if api != "kie"]


def test_a_callback_is_resent() -> None:
    emulator = slow()
    task_id = Kie(emulator).make(Kie.calling(URL))
    emulator.finish_task(task_id)
    assert post(emulator, "wait-idle", {"timeout": 5}) == {"idle": True}
    assert post(emulator, "deliveries/1/resend") == {"queued": True}
    assert post(emulator, "wait-idle") == {"idle": True}
    again, first = get(emulator, "deliveries")["deliveries"]
    assert (first["attempt"], again["attempt"], again["status"]) == (1, 2, 204)
    assert again["body"] == first["body"]


def test_waiting_for_callbacks_times_out() -> None:
    free = threading.Event()

    def wait(url: str, body: bytes) -> int:
        free.wait()
        return 200

    emulator = Emulator(post=wait)
    Kie(emulator).make(Kie.calling(URL))
    assert "under way after 0.01 seconds" in error_of(emulator, "POST", "wait-idle", 504, json={"timeout": 0.01})
    free.set()
    emulator.wait_idle()


def test_a_reset_restores_all_but_the_time() -> None:
    emulator = slow(faults=[Fault("html", api="relay")])

    def play() -> list[str]:
        made = [api(emulator).make() for api in (Kie, Native)]
        return [*made, Native(emulator).query("x").json()["request_id"]]

    first = play()
    post(emulator, "faults", {"kind": "slow"})
    emulator.clock.advance(7)
    assert post(emulator, "reset") == {"now": 1_764_547_207.0}
    state = get(emulator, "state")
    assert (state["tasks"], state["faults"]) == (0, 1)
    assert get(emulator, "requests") == {"requests": [], "next": None}
    assert play() == first
    emulator.clock.advance(55)  # when those of before would have ended
    assert {task.state for task in emulator.tasks} == {"running"}


def test_tasks_are_shown_in_code_too() -> None:
    emulator = slow()
    made = [Kie(emulator).make() for _ in range(2)]
    assert [task.id for task in emulator.tasks] == made
    task = emulator.task(made[0])
    assert (task.api, task.state, task.video, task.request["model"]) == ("kie", "accepted", None, Kie.models[-1])
    emulator.finish_task(made[0])
    assert emulator.task(made[0]).video == f"/media/{made[0]}.mp4"
    assert task.state == "accepted"  # it was, when it was looked at
    with pytest.raises(LookupError, match="no task 'x'"):
        emulator.task("x")
