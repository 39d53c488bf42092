"""The dialects of the field: the official API, natively and relayed, and relays with shapes of their own."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import httpx
import pytest

from contract_tests.emulator.dialects import AXES, DIALECTS, MOVES, Flat, Official, OfficialNative, Spoken, Wrapped
from contract_tests.emulator.dialects import OfficialRelay as Relayed
from contract_tests.emulator.kit import Kie, Native, Relay, receiving
from klingkit.emulator import AfterQueries, AfterSeconds, Emulator, Fault, VirtualClock, read_label

Kind = type[Spoken]
OfficialKind = type[Official]

NEW_YEAR = 1_764_547_200_000  # what the virtual clock shows at first, in milliseconds

every_dialect = pytest.mark.parametrize("kind", DIALECTS, ids=lambda kind: kind.__name__)
official = pytest.mark.parametrize("kind", [OfficialNative, Relayed], ids=lambda kind: kind.name)


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


@pytest.mark.parametrize("dialect", ["official", "relay", "relay-flat"])
def test_kie_is_the_same_in_all_dialects(dialect: Any) -> None:
    assert Kie(Emulator(clock=VirtualClock(), dialect=dialect)).make()


@pytest.mark.parametrize("dialect", ["relay", "relay-flat"])
def test_a_relays_shape_is_not_the_native_one(dialect: Any) -> None:
    assert Native(Emulator(clock=VirtualClock(), dialect=dialect)).make()


def test_a_dialect_that_nobody_speaks_is_refused() -> None:
    with pytest.raises(ValueError, match="dialect must be one of documents, official, relay, relay-flat, is 'klingon'"):
        Emulator(dialect="klingon")  # type: ignore[arg-type]


# The official one


@official
def test_the_prompt_alone_is_required(kind: OfficialKind) -> None:
    api = kind.on()
    task_id = api.make({"prompt": "a cat"})
    assert read_label(api.film(task_id).content).model == "kling-v1"
    assert api.message(api.create({}), "value") == "prompt is missing"
    assert api.make({"prompt": "a cat", "negative_prompt": None, "camera_control": None, "callback_url": None})


RIGHT: list[dict[str, Any]] = [
    {"prompt": "x" * 2500},
    {"negative_prompt": "x" * 2500},
    *({"duration": duration} for duration in ("5", "10")),
    *({"aspect_ratio": ratio} for ratio in ("16:9", "9:16", "1:1")),
    *({"mode": mode} for mode in ("std", "pro")),
    *({"sound": sound} for sound in ("on", "off")),
    *({"cfg_scale": scale} for scale in (0, 0.25, 1)),
    *({"camera_control": {"type": move}} for move in MOVES),
    {"camera_control": {"type": MOVES[0], "config": None}},
    *({"camera_control": {"type": "simple", "config": {axis: value}}} for axis in AXES for value in (-10, 0.5, 10)),
    {"camera_control": {"type": "simple", "config": {**dict.fromkeys(AXES, 0), "roll": 1}}},
    {"watermark_info": {"enabled": False}},
]
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"prompt": "x" * 2501}, "prompt has 2501 characters, may have 2500"),
    ({"negative_prompt": "x" * 2501}, "negative_prompt has 2501 characters, may have 2500"),
    ({"duration": 5}, "duration must be one of 5, 10 (a string), is 5"),
    ({"duration": "7"}, "duration must be one of 5, 10 (a string), is '7'"),
    ({"aspect_ratio": "4:3"}, "aspect_ratio must be one of"),
    ({"mode": "fast"}, "mode must be one of std, pro"),
    ({"sound": True}, "sound must be one of on, off"),
    ({"cfg_scale": 1.1}, "cfg_scale must be 1 at most, is 1.1"),
    ({"cfg_scale": "1"}, "cfg_scale must be a number"),
    ({"callback_url": 1}, "callback_url must be a string"),
    ({"external_task_id": 1}, "external_task_id must be a string"),
    ({"camera_control": "simple"}, "camera_control must be an object"),
    ({"camera_control": {}}, "camera_control.type is missing"),
    ({"camera_control": {"type": "zoom"}}, "camera_control.type must be one of simple, down_back"),
    ({"camera_control": {"type": "simple"}}, "camera_control.config is missing"),
    ({"camera_control": {"type": "simple", "config": {}}}, "config must have one axis that is not zero, has 0"),
    ({"camera_control": {"type": "simple", "config": {"pan": 1, "tilt": 1}}}, "one axis that is not zero, has 2"),
    ({"camera_control": {"type": "simple", "config": {"pan": 11}}}, "camera_control.config.pan must be 10 at most"),
    ({"camera_control": {"type": "simple", "config": {"pan": -11}}}, "pan must be -10 at least"),
    ({"camera_control": {"type": "simple", "config": {"pan": "1"}}}, "pan must be a number"),
    ({"camera_control": {"type": "down_back", "config": {"pan": 1}}}, "config goes with the type simple, not with"),
]


@official
def test_what_the_official_documents_allow_is_taken(kind: OfficialKind) -> None:
    api = kind.on()
    for change in RIGHT:
        assert api.create(api.body(**change)).status_code == 200, change
    for model in (*kind.models, "kling-v2-6"):
        assert api.make(api.body(model))


@official
@pytest.mark.parametrize(("change", "words"), WRONG)
def test_what_they_do_not_is_refused(kind: OfficialKind, change: dict[str, Any], words: str) -> None:
    api = kind.on()
    assert words in api.message(api.create(api.body(**change)), "value")


@official
def test_a_record_is_whole(kind: OfficialKind) -> None:
    api = kind.on(AfterQueries(2))
    task_id = api.make(external_task_id="ours", mode="pro", duration="10", sound="on")
    assert api.record("ours") == {
        "task_id": task_id,
        "task_status": "processing",
        "task_status_msg": "",
        "task_info": {"external_task_id": "ours"},
        "created_at": NEW_YEAR,
        "updated_at": NEW_YEAR,
    }
    url = f"http://emulator/media/{task_id}.mp4"
    assert api.record(task_id) == {
        "task_id": task_id,
        "task_status": "succeed",
        "task_status_msg": "",
        "task_info": {"external_task_id": "ours"},
        "task_result": {"videos": [{"id": f"video_{task_id}", "url": url, "duration": "10"}]},
        "created_at": NEW_YEAR,
        "updated_at": NEW_YEAR,
        "final_unit_deduction": "7",
    }
    assert b"mp4a" in api.film(task_id).content  # a sound track
    taken = api.create(api.body(external_task_id="ours"))
    assert "'ours' is another task's" in api.message(taken, "value")


@official
def test_a_failed_task_is_no_error(kind: OfficialKind) -> None:
    api = kind.on(AfterSeconds(60))
    task_id = api.make()
    api.emulator.fail_task(task_id, message="no cats")
    record = api.record(task_id)
    assert (record["task_status"], record["task_status_msg"]) == ("failed", "no cats")
    assert "task_result" not in record
    assert "final_unit_deduction" not in record


@official
def test_the_list_is_of_ones_own_tasks_the_newest_first(kind: OfficialKind) -> None:
    api = kind.on(AfterQueries(1))
    ids = [api.make() for _ in range(35)]
    kind(api.emulator, "another-key").make()

    def listed(query: str = "") -> list[Any]:
        return [task["task_id"] for task in kind.data(api.ask("GET", api.create_path + query))]  # type: ignore[index]

    assert listed() == ids[:4:-1]
    assert listed("?pageNum=2&pageSize=30") == ids[4::-1]
    assert listed("?pageNum=1&pageSize=500") == ids[::-1]
    assert listed("?pageNum=1000&pageSize=500") == []
    states = {task["task_status"] for task in api.ask("GET", api.create_path).json()["data"]}
    assert states == {"submitted"}, "a list is no query"


@official
@pytest.mark.parametrize("query", ["pageNum=0", "pageNum=1001", "pageSize=0", "pageSize=501", "pageNum=x", "pageNum="])
def test_a_page_that_can_not_be_is_refused(kind: OfficialKind, query: str) -> None:
    api = kind.on()
    answer = api.ask("GET", f"{api.create_path}?{query}")
    assert "must be a whole number from 1 to" in api.message(answer, "value")


@official
def test_the_account_tells_what_is_left(kind: OfficialKind) -> None:
    api = kind.on()

    def pack() -> dict[str, Any]:
        data = kind.data(api.ask("GET", f"{kind.costs}?start_time=0&end_time={NEW_YEAR}"))
        (pack,) = data["resource_pack_subscribe_infos"]
        return dict(pack)

    assert (pack()["total_quantity"], pack()["remaining_quantity"], pack()["status"]) == (1000, 1000, "online")
    api.make()
    api.make(mode="pro", duration="10")
    assert pack()["remaining_quantity"] == 1000 - 1 - 7
    assert pack()["effective_time"] < NEW_YEAR < pack()["invalid_time"]
    for _ in range(142):
        api.make(mode="pro", duration="10")
    assert (pack()["remaining_quantity"], pack()["status"]) == (0, "runOut")


@official
@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "start_time is missing"),
        ("?start_time=0", "end_time is missing"),
        ("?start_time=a&end_time=1", "start_time must be a whole number from 0 to"),
        ("?start_time=2&end_time=1", "start_time must not be after end_time, 1, is 2"),
    ],
)
def test_the_account_is_asked_for_a_time(kind: OfficialKind, query: str, words: str) -> None:
    api = kind.on()
    assert words in api.message(api.ask("GET", kind.costs + query), "value")


def signed(access_key: str, secret: str) -> str:
    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).decode().rstrip("=")

    now = int(time.time())
    claims = {"iss": access_key, "exp": now + 1800, "nbf": now - 5}
    text = f"{part(json.dumps({'alg': 'HS256', 'typ': 'JWT'}).encode())}.{part(json.dumps(claims).encode())}"
    return f"{text}.{part(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())}"


def test_a_client_written_for_the_official_hosts_alone_gets_its_film() -> None:
    """As its users write them: a token minted for each request, one word for success, the first video of the result."""
    emulator = Emulator(dialect="official", finish=AfterQueries(3), access_keys={"AK": "SK"})
    with emulator.serve() as url, httpx.Client(base_url=url, trust_env=False) as http:

        def call(method: str, path: str, body: Any = None) -> Any:
            answer = http.request(method, path, json=body, headers={"Authorization": f"Bearer {signed('AK', 'SK')}"})
            assert answer.raise_for_status().json()["code"] == 0
            return answer.json()["data"]

        body = {"model_name": "kling-v1-6", "mode": "std", "prompt": "a cat", "duration": "5", "cfg_scale": 0.5}
        task = call("POST", "/v1/videos/text2video", body)
        while task["task_status"] in {"submitted", "processing"}:
            task = call("GET", f"/v1/videos/text2video/{task['task_id']}")
        assert task["task_status"] == "succeed"
        film = http.get(task["task_result"]["videos"][0]["url"])
    assert read_label(film.content).prompt == "a cat"


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
