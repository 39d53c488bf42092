"""Tests of Kling's API as observed at the official hosts, and at relays that pass it on."""

from itertools import product
from typing import Any

import pytest

from contract_tests.emulator.dialects import AXES, MOVES, Official, OfficialNative, OfficialRelay
from klingkit.emulator import AfterQueries, AfterSeconds, read_label

OfficialApiClass = type[Official]


NEW_YEAR = 1_764_547_200_000  # the start of the virtual clock, in milliseconds


each_official_api = pytest.mark.parametrize(
    "api_class", [OfficialNative, OfficialRelay], ids=lambda api_class: api_class.name
)


@each_official_api
def test_only_the_prompt_is_required(api_class: OfficialApiClass) -> None:
    api = api_class.on_emulator()
    task_id = api.create_task({"prompt": "a cat"})
    assert read_label(api.video(task_id).content).model == "kling-v1"
    assert api.message(api.create({}), "value") == "prompt is missing"
    assert api.create_task({"prompt": "a cat", "negative_prompt": None, "camera_control": None, "callback_url": None})


VALID_CHANGES: list[dict[str, Any]] = [
    {"prompt": "x" * 2500},
    {"negative_prompt": "x" * 2500},
    *({"duration": duration} for duration in ("5", "10")),
    *({"aspect_ratio": ratio} for ratio in ("16:9", "9:16", "1:1")),
    *({"mode": mode} for mode in ("std", "pro")),
    *({"sound": sound} for sound in ("on", "off")),
    *({"cfg_scale": scale} for scale in (0, 0.25, 1)),
    *({"camera_control": {"type": move}} for move in MOVES),
    {"camera_control": {"type": MOVES[0], "config": None}},
    {"camera_control": {"type": MOVES[0], "config": dict.fromkeys(AXES)}},
    *({"camera_control": {"type": "simple", "config": {axis: value}}} for axis in AXES for value in (-10, 0.5, 10)),
    {"camera_control": {"type": "simple", "config": {**dict.fromkeys(AXES), "roll": 1}}},
    {"camera_control": {"type": "simple", "config": {**dict.fromkeys(AXES, 0), "roll": 1}}},
    {"camera_control": {"type": MOVES[0]}, "model_name": "kling-v1-5", "mode": "pro", "duration": "5"},
    {"camera_control": None, "model_name": "kling-v1-6", "mode": "pro", "duration": "10"},
    {"sound": "on", "model_name": "kling-v2-6", "mode": "pro"},
    {"sound": "off", "model_name": "kling-v2-6"},
    *({"watermark_info": info} for info in ({"enabled": False}, {"enabled": True, "new": 1}, {}, None)),
]


MOVE = {"type": MOVES[0]}
MODELS = (*Official.models, "kling-v2-6")
INVALID_CHANGES: list[tuple[dict[str, Any], str]] = [
    ({"prompt": "x" * 2501}, "prompt has 2501 characters, may have 2500"),
    *(
        (
            {"camera_control": {"type": MOVES[0]}, "model_name": model, "mode": mode, "duration": seconds},
            "camera_control goes with",
        )
        for model, mode, seconds in product(MODELS, ("std", "pro"), ("5", "10"))
        if (model, mode, seconds) not in {("kling-v1", "std", "5"), ("kling-v1-5", "pro", "5")}
    ),
    ({"camera_control": {"type": MOVES[0]}, "duration": "10"}, "not with kling-v1/std/10"),
    ({"sound": "on", "model_name": "kling-v2-6"}, "sound does not go with model/mode kling-v2-6/std"),
    ({"negative_prompt": "x" * 2501}, "negative_prompt has 2501 characters, may have 2500"),
    ({"duration": 5}, "duration must be one of 5, 10 (a string), is 5"),
    ({"duration": "7"}, "duration must be one of 5, 10 (a string), is '7'"),
    ({"aspect_ratio": "4:3"}, "aspect_ratio must be one of"),
    ({"mode": "fast"}, "mode must be one of std, pro"),
    ({"sound": True}, "sound must be one of on, off"),
    ({"watermark_info": True}, "watermark_info must be an object, is True"),
    ({"watermark_info": {"enabled": "yes"}}, "watermark_info.enabled must be true or false, is 'yes'"),
    ({"cfg_scale": 1.1}, "cfg_scale must be 1 at most, is 1.1"),
    ({"cfg_scale": "1"}, "cfg_scale must be a number"),
    ({"callback_url": 1}, "callback_url must be a string"),
    ({"external_task_id": 1}, "external_task_id must be a string"),
    ({"camera_control": "simple"}, "camera_control must be an object"),
    ({"camera_control": {}}, "camera_control.type is missing"),
    ({"camera_control": {"type": "zoom"}}, "camera_control.type must be one of simple, down_back"),
    ({"camera_control": {"type": "simple"}}, "camera_control.config is missing"),
    ({"camera_control": {"type": "simple", "config": {}}}, "config must have one axis that is not zero, has 0"),
    ({"camera_control": {"type": "simple", "config": dict.fromkeys(AXES)}}, "one axis that is not zero, has 0"),
    ({"camera_control": {"type": "simple", "config": 5}}, "camera_control.config must be an object, is 5"),
    ({"camera_control": {"type": "simple", "config": {"pan": 1, "tilt": 1}}}, "one axis that is not zero, has 2"),
    ({"camera_control": {"type": "simple", "config": {"pan": 11}}}, "camera_control.config.pan must be 10 at most"),
    ({"camera_control": {"type": "simple", "config": {"pan": -11}}}, "pan must be -10 at least"),
    ({"camera_control": {"type": "simple", "config": {"pan": "1"}}}, "pan must be a number"),
    ({"camera_control": {"type": "down_back", "config": {"pan": 1}}}, "config goes with the type simple, not with"),
]


@each_official_api
def test_valid_fields_are_accepted(api_class: OfficialApiClass) -> None:
    api = api_class.on_emulator()
    for change in VALID_CHANGES:
        assert api.create(api.body(**change)).status_code == 200, change
    for model in (*api_class.models, "kling-v2-6"):
        assert api.create_task(api.body(model))


@each_official_api
@pytest.mark.parametrize(("change", "message"), INVALID_CHANGES)
def test_invalid_fields_are_rejected(api_class: OfficialApiClass, change: dict[str, Any], message: str) -> None:
    api = api_class.on_emulator()
    assert message in api.message(api.create(api.body(**change)), "value")


@each_official_api
def test_a_record_has_all_fields(api_class: OfficialApiClass) -> None:
    api = api_class.on_emulator(AfterQueries(2))
    task_id = api.create_task(external_task_id="ours", mode="pro", duration="10", sound="on")
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
    assert b"mp4a" in api.video(task_id).content  # a sound track
    duplicate = api.create(api.body(external_task_id="ours"))
    assert "'ours' is another task's" in api.message(duplicate, "value")


@each_official_api
def test_a_copy_with_a_watermark_exists_if_requested(api_class: OfficialApiClass) -> None:
    api = api_class.on_emulator()
    marked, plain = (
        api.create_task(watermark_info={"enabled": True}),
        api.create_task(watermark_info={"enabled": False}),
    )
    (video,) = api.record(marked)["task_result"]["videos"]
    assert video["watermark_url"] != video["url"]
    copy = api.request("GET", video["watermark_url"].removeprefix("http://emulator"))
    assert read_label(copy.content).task_id == marked
    (video,) = api.record(plain)["task_result"]["videos"]
    assert "watermark_url" not in video


@each_official_api
def test_a_wrong_method_is_reported_with_both_methods(api_class: OfficialApiClass) -> None:
    api = api_class.on_emulator()
    response = api.request("PUT", api.create_path)
    listed = f"it has POST and GET {api.create_path}, GET {api.create_path}/{{task_id}}, GET {api_class.costs_path}"
    assert api.message(response, "method") == f"the emulator has no PUT {api.create_path}; {listed}"
    assert set(response.headers["Allow"].split(", ")) == {"POST", "GET"}


@each_official_api
def test_a_failed_task_is_no_error(api_class: OfficialApiClass) -> None:
    api = api_class.on_emulator(AfterSeconds(60))
    task_id = api.create_task()
    api.emulator.fail_task(task_id, message="no cats")
    record = api.record(task_id)
    assert (record["task_status"], record["task_status_msg"]) == ("failed", "no cats")
    assert "task_result" not in record
    assert "final_unit_deduction" not in record


@each_official_api
def test_a_list_has_the_tasks_of_the_key_newest_first(api_class: OfficialApiClass) -> None:
    api = api_class.on_emulator(AfterQueries(1))
    ids = [api.create_task() for _ in range(35)]
    api_class(api.emulator, "another-key").create_task()

    def listed(query: str = "") -> list[Any]:
        return [task["task_id"] for task in api_class.data(api.request("GET", api.create_path + query))]  # type: ignore[index]  # a list in this response

    assert listed() == ids[:4:-1]
    assert listed("?pageNum=2&pageSize=30") == ids[4::-1]
    assert listed("?pageNum=1&pageSize=500") == ids[::-1]
    assert listed("?pageNum=1000&pageSize=500") == []
    states = {task["task_status"] for task in api.request("GET", api.create_path).json()["data"]}
    assert states == {"submitted"}, "a list does not count as a query"


@each_official_api
@pytest.mark.parametrize("query", ["pageNum=0", "pageNum=1001", "pageSize=0", "pageSize=501", "pageNum=x", "pageNum="])
def test_an_invalid_page_is_rejected(api_class: OfficialApiClass, query: str) -> None:
    api = api_class.on_emulator()
    response = api.request("GET", f"{api.create_path}?{query}")
    assert "must be a whole number from 1 to" in api.message(response, "value")


@each_official_api
def test_the_account_shows_the_remaining_units(api_class: OfficialApiClass) -> None:
    api = api_class.on_emulator()

    def pack() -> dict[str, Any]:
        data = api_class.data(api.request("GET", f"{api_class.costs_path}?start_time=0&end_time={NEW_YEAR}"))
        (pack,) = data["resource_pack_subscribe_infos"]
        return dict(pack)

    def named(name: str) -> list[str]:
        params = {"start_time": "0", "end_time": str(NEW_YEAR), "resource_pack_name": name}
        data = api_class.data(api.request("GET", api_class.costs_path, params=params))
        return [pack["resource_pack_name"] for pack in data["resource_pack_subscribe_infos"]]

    assert (pack()["total_quantity"], pack()["remaining_quantity"], pack()["status"]) == (1000, 1000, "online")
    assert named(pack()["resource_pack_name"]) == named("") == [pack()["resource_pack_name"]]
    assert named("Another") == []
    api.create_task()
    api.create_task(mode="pro", duration="10")
    assert pack()["remaining_quantity"] == 1000 - 1 - 7
    assert pack()["effective_time"] < NEW_YEAR < pack()["invalid_time"]
    for _ in range(142):  # 7 units each: more than are left
        api.create_task(mode="pro", duration="10")
    assert (pack()["remaining_quantity"], pack()["status"]) == (0, "runOut")


@each_official_api
@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "start_time is missing"),
        ("?start_time=0", "end_time is missing"),
        ("?start_time=a&end_time=1", "start_time must be a whole number from 0 to"),
        ("?start_time=2&end_time=1", "start_time must not be after end_time, 1, is 2"),
    ],
)
def test_the_account_needs_a_time_range(api_class: OfficialApiClass, query: str, message: str) -> None:
    api = api_class.on_emulator()
    assert message in api.message(api.request("GET", api_class.costs_path + query), "value")
