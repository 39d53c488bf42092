"""Tests of the control paths: what they show, change, and reject."""

import threading

import pytest

from contract_tests.emulator.control_client import error_of, get, post, send_request, slow_emulator
from contract_tests.emulator.kit import APIS, ApiClass, Kie, Native, every_api
from klingkit.emulator import Emulator, Fault, SystemClock, read_label
from klingkit.emulator.faults._fault import KINDS
from klingkit.emulator.profiles import APIS as NAMES

URL = "http://receiver.example/"


def test_the_state_of_the_emulator() -> None:
    emulator = slow_emulator(faults=[Fault("drop", api="kie")], signing={"kie": "k"}, dialect="official")
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
def test_a_task_is_shown_with_its_exchanges_and_deliveries(api_class: ApiClass) -> None:
    emulator = slow_emulator()
    api = api_class(emulator)
    external_id = {} if api_class is Kie else {"external_task_id": "mine"}
    body = api_class.body_with_callback(URL) | external_id
    task_id = api.create_task(body)
    emulator.clock.advance(30)
    emulator.fail_task(task_id, code="7", message="no cats, please")
    emulator.wait_idle()
    api.query(task_id)
    (task,) = get(emulator, "tasks")["tasks"]
    start = 1_764_547_200.0
    assert task == {
        "id": task_id,
        "number": 1,
        "api": api_class.name,
        "model": api_class.models[-1],
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
        "external_task_id": external_id.get("external_task_id"),
    }
    details = get(emulator, f"tasks/{task_id}")
    assert details.items() >= task.items()
    assert details["request"] == body
    assert [item["operation"] for item in details["exchanges"]] == ["query", "create"]
    assert [item["task_id"] for item in details["deliveries"]] == [task_id] * (1 if api_class is Kie else 2)
    assert get(emulator, "deliveries")["deliveries"] == details["deliveries"]
    assert get(emulator, "requests")["requests"] == details["exchanges"]
    assert details["kept"] == {"deliveries": len(details["deliveries"]), "exchanges": 2}


def test_of_many_exchanges_the_newest_are_shown_and_the_creation() -> None:
    api = Kie(slow_emulator())
    task_id = api.create_task()
    for _ in range(60):
        api.query(task_id)
    details = get(api.emulator, f"tasks/{task_id}")
    assert [item["id"] for item in details["exchanges"]] == [*range(61, 11, -1), 1]
    assert details["kept"] == {"deliveries": 0, "exchanges": 61}


def test_pages_are_stable_while_tasks_are_added_and_dropped() -> None:
    emulator = slow_emulator(kept=6)
    task_ids = [Kie(emulator).create_task() for _ in range(5)]
    first = get(emulator, "tasks?limit=2")
    task_ids += [Kie(emulator).create_task() for _ in range(3)]  # the first two are dropped
    second = get(emulator, f"tasks?limit=2&before={first['next']}")
    third = get(emulator, f"tasks?limit=2&before={second['next']}") if second["next"] else {"tasks": [], "next": None}
    shown = [task["id"] for page in (first, second, third) for task in page["tasks"]]
    assert shown == task_ids[2:5][::-1]
    assert third["next"] is None


def test_tasks_are_found_by_state_and_api() -> None:
    emulator = slow_emulator()
    task_ids = {api.name: api(emulator).create_task() for api in APIS}
    emulator.finish_task(task_ids["kie"])

    def ids(query: str) -> list[str]:
        return [task["id"] for task in get(emulator, f"tasks?{query}")["tasks"]]

    assert ids("state=succeeded") == [task_ids["kie"]]
    assert ids("api=native&state=accepted") == [task_ids["native"]]
    assert ids("api=&state=") == [*task_ids.values()][::-1]


def test_tasks_are_found_by_text() -> None:
    emulator = slow_emulator()
    fox = Kie(emulator).create_task(prompt="A red FOX")
    owl = Native(emulator).create_task(prompt="an owl", external_task_id="Mine")
    Kie(emulator).create_task(prompt="a cat")
    expected = {"fox": [fox], "%20OWL%20": [owl], "mine": [owl], "MASTER": [owl], fox: [fox], "nothing": []}
    for text, ids in expected.items():
        assert [task["id"] for task in get(emulator, f"tasks?text={text}")["tasks"]] == ids
    first = get(emulator, "tasks?text=a&limit=2")
    rest = get(emulator, f"tasks?text=a&limit=2&before={first['next']}")
    assert [task["id"] for task in rest["tasks"]] == [fox]
    assert rest["next"] is None


def test_a_video_is_shown_without_faults_and_journal() -> None:
    emulator = slow_emulator(faults=[Fault("drop", operation="media")])
    task_id = Kie(emulator).create_task()
    assert f"task '{task_id}' has no video" in error_of(emulator, "GET", f"tasks/{task_id}/video", 404)
    emulator.finish_task(task_id)
    path = get(emulator, f"tasks/{task_id}")["video"]
    assert path == f"/_emulator/tasks/{task_id}/video"
    whole = send_request(emulator, "GET", path)
    assert (whole.status_code, whole.headers["Content-Type"]) == (200, "video/mp4")
    assert read_label(whole.content).task_id == task_id
    part = send_request(emulator, "GET", path, {"Host": "localhost", "Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")
    beyond = send_request(emulator, "GET", path, {"Host": "localhost", "Range": "bytes=99999999-"})
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{len(whole.content)}")
    assert [exchange.operation for exchange in emulator.requests] == ["create"]
    assert emulator.faults.injected(1) == 0


def test_requests_and_deliveries_have_pages_and_a_task_filter() -> None:
    emulator = slow_emulator()
    first, other = (Native(emulator).create_task(Native.body_with_callback(URL)) for _ in range(2))
    emulator.clock.advance(60)
    emulator.wait_idle()
    for what in ("requests", "deliveries"):
        all_items = get(emulator, what)[what]
        page = get(emulator, f"{what}?limit=1")
        rest = get(emulator, f"{what}?before={page['next']}")
        assert page[what] + rest[what] == all_items
        assert rest["next"] is None
        assert {row["task_id"] for row in get(emulator, f"{what}?task={first}")[what]} == {first}
        assert {row["task_id"] for row in all_items} == {first, other}


def test_a_task_is_ended_by_hand_once() -> None:
    emulator = slow_emulator()
    finished, failed_id = Kie(emulator).create_task(), Kie(emulator).create_task()
    assert post(emulator, f"tasks/{finished}/finish")["state"] == "succeeded"
    failed = post(emulator, f"tasks/{failed_id}/fail", {"code": "422", "message": None})
    assert (failed["state"], failed["failure"]) == ("failed", {"code": "422", "message": None})
    assert "has ended already" in error_of(emulator, "POST", f"tasks/{finished}/fail", 409)
    assert "has ended already" in error_of(emulator, "POST", f"tasks/{failed_id}/finish", 409)
    assert "no task 'x'" in error_of(emulator, "POST", "tasks/x/finish", 404)
    assert "no task 'x'" in error_of(emulator, "GET", "tasks/x", 404)


def test_the_clock_is_advanced() -> None:
    emulator = slow_emulator()
    task_id = Kie(emulator).create_task()
    assert post(emulator, "clock/advance", {"seconds": 60}) == {"now": 1_764_547_260.0}
    assert emulator.task(task_id).state == "succeeded"


def test_faults_are_added_and_removed() -> None:
    emulator = slow_emulator(faults=[Fault("html", api="relay")])
    drop = post(emulator, "faults", {"kind": "refuse", "api": "kie", "code": 429, "times": 2})
    fault = {"kind": "refuse", "api": "kie", "code": 429, "times": 2}
    assert drop == {**fault, "id": 2, "injected": 0, "rule": "kie · 2 times · code 429"}
    Kie(emulator).create(Kie.body())
    faults = get(emulator, "faults")["faults"]
    assert [(item["id"], item["kind"], item["injected"]) for item in faults] == [(1, "html", 0), (2, "refuse", 1)]
    assert get(emulator, "requests")["requests"][0]["fault"] == "refuse"
    response = send_request(emulator, "DELETE", "/_emulator/faults/2").json()
    assert [item["id"] for item in response["faults"]] == [1]
    assert "no fault 2" in error_of(emulator, "DELETE", "faults/2", 404)
    assert send_request(emulator, "DELETE", "/_emulator/faults").json() == {"faults": []}
    assert Kie(emulator).create_task()


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
    emulator = slow_emulator()
    task_id = Kie(emulator).create_task(Kie.body_with_callback(URL))
    emulator.finish_task(task_id)
    assert post(emulator, "wait-idle", {"timeout": 5}) == {"idle": True}
    assert post(emulator, "deliveries/1/resend") == {"queued": True}
    assert post(emulator, "wait-idle") == {"idle": True}
    again, first = get(emulator, "deliveries")["deliveries"]
    assert (first["attempt"], again["attempt"], again["status"]) == (1, 2, 204)
    assert again["body"] == first["body"]


def test_waiting_for_callbacks_times_out() -> None:
    may_respond = threading.Event()

    def wait(url: str, body: bytes) -> int:
        may_respond.wait()
        return 200

    emulator = Emulator(post=wait)
    Kie(emulator).create_task(Kie.body_with_callback(URL))
    assert "under way after 0.01 seconds" in error_of(emulator, "POST", "wait-idle", 504, json={"timeout": 0.01})
    may_respond.set()
    emulator.wait_idle()


def test_a_reset_restores_all_but_the_time() -> None:
    emulator = slow_emulator(faults=[Fault("html", api="relay")])

    def create_tasks() -> list[str]:
        task_ids = [api(emulator).create_task() for api in (Kie, Native)]
        return [*task_ids, Native(emulator).query("x").json()["request_id"]]

    first = create_tasks()
    post(emulator, "faults", {"kind": "slow"})
    emulator.clock.advance(7)
    assert post(emulator, "reset") == {"now": 1_764_547_207.0}
    state = get(emulator, "state")
    assert (state["tasks"], state["faults"]) == (0, 1)
    assert get(emulator, "requests") == {"requests": [], "next": None}
    assert create_tasks() == first
    emulator.clock.advance(55)  # when the tasks before the reset would have ended
    assert {task.state for task in emulator.tasks} == {"running"}


def test_tasks_are_shown_in_code_too() -> None:
    emulator = slow_emulator()
    task_ids = [Kie(emulator).create_task() for _ in range(2)]
    assert [task.id for task in emulator.tasks] == task_ids
    task = emulator.task(task_ids[0])
    assert (task.api, task.state, task.video, task.request["model"]) == ("kie", "accepted", None, Kie.models[-1])
    emulator.finish_task(task_ids[0])
    assert emulator.task(task_ids[0]).video == f"/media/{task_ids[0]}.mp4"
    assert task.state == "accepted"  # a snapshot, which does not change
    with pytest.raises(LookupError, match="no task 'x'"):
        emulator.task("x")
