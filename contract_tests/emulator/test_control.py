"""The control paths: what they show and change, what they refuse, and whom they answer."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

import klingkit.emulator
from contract_tests.emulator.kit import APIS, Api, Kie, Native, every_api
from klingkit.emulator import AfterSeconds, Emulator, Fault, SystemClock, VirtualClock
from klingkit.emulator._page import KINDS

Kind = type[Api]

ALLOWED = {"Host": "localhost", "X-Klingkit-Emulator": "1"}
URL = "http://receiver.example/"


def ask(
    emulator: Emulator, method: str, path: str, headers: Mapping[str, str] = ALLOWED, **more: Any
) -> httpx.Response:
    async def exchange() -> httpx.Response:
        transport = httpx.ASGITransport(emulator.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(method, path, headers=dict(headers), **more)

    return asyncio.run(exchange())


def get(emulator: Emulator, path: str) -> Any:
    answer = ask(emulator, "GET", f"/_emulator/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def post(emulator: Emulator, path: str, body: object = None) -> Any:
    more: dict[str, Any] = {} if body is None else {"json": body}
    answer = ask(emulator, "POST", f"/_emulator/{path}", **more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(emulator: Emulator, method: str, path: str, status: int, **more: Any) -> str:
    answer = ask(emulator, method, f"/_emulator/{path}", **more)
    assert (answer.status_code, list(answer.json())) == (status, ["error"])
    return str(answer.json()["error"])


def slow(**options: Any) -> Emulator:
    return Emulator(clock=VirtualClock(), finish=AfterSeconds(60), post=lambda url, body: 204, **options)


def test_the_state_is_that_of_the_whole() -> None:
    emulator = slow(faults=[Fault("drop", api="kie")], signing={"kie": "k"}, dialect="official")
    Native(emulator).create(Native.body())
    assert get(emulator, "state") == {
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
def test_a_task_is_shown_with_all_that_belongs_to_it(kind: Kind) -> None:
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


def test_pages_stay_right_while_tasks_come_and_go() -> None:
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
    assert get(emulator, "tasks?state=succeeded")["tasks"][0]["video"] == f"/media/{made['kie']}.mp4"


def test_requests_and_deliveries_come_in_pages_and_by_task() -> None:
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


def test_a_request_is_shown_side_by_side_with_its_answer() -> None:
    api = Kie()
    answer = api.create(Kie.body())
    shown = get(api.emulator, "requests/1")
    assert json.loads(shown["request"]["body"]) == Kie.body()
    assert (shown["answer"]["body"], shown["status"]) == (answer.text, 200)
    assert shown["verdict"] == {"request": [], "answer": []}
    assert "request" not in get(api.emulator, "requests")["requests"][0]


def test_a_task_is_ended_by_hand_once() -> None:
    emulator = slow()
    good, bad = Kie(emulator).make(), Kie(emulator).make()
    assert post(emulator, f"tasks/{good}/finish")["state"] == "succeeded"
    failed = post(emulator, f"tasks/{bad}/fail", {"code": "422", "message": None})
    assert (failed["state"], failed["failure"]) == ("failed", {"code": "422", "message": None})
    assert "has ended already" in refused(emulator, "POST", f"tasks/{good}/fail", 409)
    assert "has ended already" in refused(emulator, "POST", f"tasks/{bad}/finish", 409)
    assert "no task 'x'" in refused(emulator, "POST", "tasks/x/finish", 404)
    assert "no task 'x'" in refused(emulator, "GET", "tasks/x", 404)


def test_time_is_put_forward() -> None:
    emulator = slow()
    task_id = Kie(emulator).make()
    assert post(emulator, "clock/advance", {"seconds": 60}) == {"now": 1_764_547_260.0}
    assert emulator.task(task_id).state == "succeeded"


def test_faults_are_set_and_taken_away() -> None:
    emulator = slow(faults=[Fault("html", api="relay")])
    drop = post(emulator, "faults", {"kind": "refuse", "api": "kie", "code": 429, "times": 2})
    assert drop == {"kind": "refuse", "api": "kie", "code": 429, "times": 2, "id": 2, "struck": 0}
    Kie(emulator).create(Kie.body())
    faults = get(emulator, "faults")["faults"]
    assert [(one["id"], one["kind"], one["struck"]) for one in faults] == [(1, "html", 0), (2, "refuse", 1)]
    assert get(emulator, "requests")["requests"][0]["fault"] == "refuse"
    answer = ask(emulator, "DELETE", "/_emulator/faults/2").json()
    assert [one["id"] for one in answer["faults"]] == [1]
    assert "no fault 2" in refused(emulator, "DELETE", "faults/2", 404)
    assert ask(emulator, "DELETE", "/_emulator/faults").json() == {"faults": []}
    assert Kie(emulator).make()


def test_a_callback_is_sent_once_more() -> None:
    emulator = slow()
    task_id = Kie(emulator).make(Kie.calling(URL))
    emulator.finish_task(task_id)
    assert post(emulator, "wait-idle", {"timeout": 5}) == {"idle": True}
    assert post(emulator, "deliveries/1/resend") == {"queued": True}
    assert post(emulator, "wait-idle") == {"idle": True}
    again, first = get(emulator, "deliveries")["deliveries"]
    assert (first["attempt"], again["attempt"], again["status"]) == (1, 2, 204)
    assert again["body"] == first["body"]


def test_waiting_for_what_does_not_end_is_told() -> None:
    free = asyncio.Event()
    emulator: Emulator

    def wait(url: str, body: bytes) -> int:
        while not free.is_set():
            pass
        return 200

    emulator = Emulator(post=wait)
    Kie(emulator).make(Kie.calling(URL))
    assert "under way after 0.01 seconds" in refused(emulator, "POST", "wait-idle", 504, json={"timeout": 0.01})
    free.set()
    emulator.wait_idle()


def test_after_a_reset_all_is_as_at_the_beginning_but_the_time() -> None:
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


@pytest.mark.parametrize(
    ("method", "path", "status", "body", "told"),
    [
        ("GET", "tasks?limit=0", 400, None, "limit must be a whole number from 1 to 500, is '0'"),
        ("GET", "tasks?limit=501", 400, None, "limit must be"),
        ("GET", "tasks?limit=x", 400, None, "is 'x'"),
        ("GET", "tasks?before=-1", 400, None, "before must be"),
        ("GET", "tasks?state=lost", 400, None, "state must be one of accepted, running, succeeded, failed, is 'lost'"),
        ("GET", "tasks?api=veo", 400, None, "api must be one of kie, native, relay, is 'veo'"),
        ("GET", "requests/7", 404, None, "no request 7"),
        ("GET", "requests/x", 404, None, "id must be a number, is 'x'"),
        ("GET", "nothing", 404, None, "Not Found"),
        ("PUT", "state", 405, None, "Method Not Allowed"),
        ("POST", "deliveries/7/resend", 404, None, "no delivery 7"),
        ("POST", "clock/advance", 400, None, "seconds is missing"),
        ("POST", "clock/advance", 400, {"seconds": "60"}, "seconds must be a number from 0 to 1e+300, is '60'"),
        ("POST", "clock/advance", 400, {"seconds": -1}, "seconds must be a number from 0 to 1e+300, is -1"),
        ("POST", "clock/advance", 400, {"seconds": 10**400}, "seconds must be a number from 0 to 1e+300, is 1000"),
        ("POST", "clock/advance", 400, {"seconds": 1e300}, "years 1970 to 9999"),
        ("POST", "clock/advance", 400, {"minutes": 1}, "'minutes' is unknown; known: seconds"),
        ("POST", "clock/advance", 400, [], "the body is no JSON object"),
        ("POST", "wait-idle", 400, {"timeout": 601}, "timeout must be a number from 0 to 600, is 601"),
        ("POST", "faults", 400, {}, "kind is missing"),
        ("POST", "faults", 400, {"kind": "drop", "times": -1}, "times"),
        ("POST", "faults", 400, {"kind": "drop", "x" * 70_000: 1}, "the body has more than 65536 bytes"),
    ],
)
def test_what_can_not_be_meant_is_named(method: str, path: str, status: int, body: object, told: str) -> None:
    more = {} if body is None else {"content": json.dumps(body)}
    assert told in refused(Emulator(), method, path, status, **more)


def test_a_failure_is_told_in_text() -> None:
    emulator = slow()
    task_id = Kie(emulator).make()
    assert "code must be a string, is 7" in refused(emulator, "POST", f"tasks/{task_id}/fail", 400, json={"code": 7})
    assert emulator.task(task_id).state == "accepted"


HOSTS = [
    "localhost",
    "LOCALHOST.:8900",
    "a.localhost",
    "127.0.0.1:1",
    "127.1.2.3",
    "[::1]",
    "[::1]:8900",
    "cats.example",
]


@pytest.mark.parametrize("host", HOSTS, ids=range(len(HOSTS)))
def test_it_answers_to_names_of_this_machine_and_those_that_are_allowed(host: str) -> None:
    emulator = Emulator(allow_hosts=["Cats.Example"])
    assert ask(emulator, "GET", "/_emulator/state", {"Host": host}).status_code == 200


OTHERS = ["cats.example", "localhost.cats.example", "192.0.2.1", "0.0.0.0:8900", "[::2]", "", "notlocalhost"]


@pytest.mark.parametrize("host", OTHERS, ids=range(len(OTHERS)))
@pytest.mark.parametrize("path", ["/", "/_emulator/state", "/_emulator/page/app.js", "/_emulator"])
def test_it_does_not_answer_to_other_names(host: str, path: str) -> None:
    """A page of elsewhere can have its own name lead to this machine, and would be as if it were from here."""
    answer = ask(Emulator(), "GET", path, {"Host": host})
    assert (answer.status_code, answer.headers["Content-Type"]) == (421, "text/plain; charset=utf-8")
    assert f"Host is {host}" in answer.text


def test_the_apis_answer_to_any_name() -> None:
    answer = ask(Emulator(), "GET", Kie.query_path, {"Host": "cats.example"})
    assert answer.status_code == 401


def test_a_request_with_no_name_or_two_is_not_answered() -> None:
    for hosts in ([], [(b"host", b"localhost"), (b"host", b"cats.example")]):
        sent: list[Any] = []
        scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": hosts}

        async def receive() -> Any:
            return {"type": "http.disconnect"}

        async def send(message: Any, sent: list[Any] = sent) -> None:
            sent.append(message)

        asyncio.run(Emulator().app(scope, receive, send))
        assert sent[0]["status"] == 421


def test_a_server_that_asks_is_told_that_there_is_nothing_to_begin_with() -> None:
    asked = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    told: list[Any] = []

    async def receive() -> Any:
        return asked[len(told)]

    async def send(message: Any) -> None:
        told.append(message)

    asyncio.run(Emulator().app({"type": "lifespan"}, receive, send))
    assert told == [{"type": "lifespan.startup.complete"}, {"type": "lifespan.shutdown.complete"}]


def test_it_speaks_no_other_protocol() -> None:
    async def never(*_: Any) -> Any:
        raise AssertionError

    asyncio.run(Emulator().app({"type": "websocket"}, never, never))


@pytest.mark.parametrize("headers", [{}, {"X-Klingkit-Emulator": " "}], ids=["none", "empty"])
@pytest.mark.parametrize("method", ["POST", "DELETE", "OPTIONS"])
def test_what_changes_something_needs_a_header_that_no_other_page_can_send(
    method: str, headers: dict[str, str]
) -> None:
    emulator = slow(faults=[Fault("drop")])
    answer = ask(emulator, method, "/_emulator/faults", {"Host": "localhost"} | headers)
    assert answer.status_code == 403
    assert "X-Klingkit-Emulator" in answer.json()["error"]
    assert "access-control-allow-origin" not in answer.headers
    assert len(emulator.faults) == 1


def test_the_page_and_its_parts_are_there_and_load_nothing_from_elsewhere() -> None:
    folder = Path(klingkit.emulator.__file__).with_name("page")
    parts = [f"/_emulator/page/{file.name}" for file in folder.iterdir() if file.is_file()]
    assert len(parts) > 2
    for path in ("/", *parts):
        answer = ask(Emulator(), "GET", path)
        assert answer.status_code == 200, path
        suffix = path.rpartition(".")[2] if path != "/" else "html"
        assert answer.headers["Content-Type"] == f"{KINDS[suffix]}; charset=utf-8"
        policy = answer.headers["Content-Security-Policy"].split("; ")
        assert {"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"} <= {*policy}
        assert (answer.headers["X-Content-Type-Options"], answer.headers["Referrer-Policy"]) == (
            "nosniff",
            "no-referrer",
        )


@pytest.mark.parametrize("name", ["nothing.js", "..__init__.py", "app.exe", "%00.js", "APP.JS"])
def test_the_page_has_no_other_parts(name: str) -> None:
    assert "the page has no file" in refused(Emulator(), "GET", f"page/{name}", 404)


def test_control_requests_are_not_among_those_that_are_kept() -> None:
    emulator = slow()
    get(emulator, "state")
    assert emulator.requests == ()


def test_what_it_shows_in_code_is_the_same() -> None:
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
