"""Tests of kie.ai's API: records as documented and as observed (dialect `official`), links, and credits."""

import json
import math
from typing import Any

import pytest

from contract_tests.emulator.dialects import OfficialKie
from contract_tests.emulator.kit import (
    KLING_26,
    Kie,
    callback_server,
)
from klingkit.emulator import AfterQueries, AfterSeconds, Fault

BY_HAND = AfterSeconds(math.inf)


START = 1_764_547_200_000  # the start of the virtual clock, in milliseconds


WAITING = {
    "model": KLING_26,
    "state": "waiting",
    "resultJson": None,
    "failCode": None,
    "failMsg": None,
    "costTime": None,
    "completeTime": None,
    "createTime": START,
}


def test_a_creation_returns_only_the_id() -> None:
    assert Kie.data(Kie().create(Kie.body(KLING_26))).keys() == {"taskId"}


def test_a_waiting_task_has_no_result_and_one_time() -> None:
    api = Kie.on_emulator(BY_HAND)
    body = Kie.body(KLING_26) | {"callBackUrl": ""}
    task_id = api.create_task(body)
    param = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    assert api.record(task_id) == {**WAITING, "taskId": task_id, "param": param}


def test_a_successful_task_has_a_url_and_times() -> None:
    api = Kie.on_emulator(AfterSeconds(61.5))
    task_id = api.create_task()
    api.emulator.clock.advance(1000)
    record = api.record(task_id)
    assert record.keys() == {*WAITING, "taskId", "param"}
    assert (record["state"], record["failCode"], record["failMsg"]) == ("success", None, None)
    assert json.loads(record["resultJson"]) == {"resultUrls": [f"http://emulator/media/{task_id}.mp4"]}
    assert (record["createTime"], record["completeTime"], record["costTime"]) == (START, START + 61_500, 61_500)


def test_a_failed_task_has_a_reason_no_result_and_no_times() -> None:
    api = Kie.on_emulator(BY_HAND)
    task_id = api.create_task()
    api.emulator.fail_task(task_id, code="422", message="no cats, please")
    record = api.record(task_id)
    assert record.keys() == {*WAITING, "taskId", "param"}
    assert (record["state"], record["failCode"], record["failMsg"]) == ("fail", "422", "no cats, please")
    assert (record["resultJson"], record["completeTime"], record["costTime"]) == (None, None, None)


def test_a_failure_has_the_documented_code_by_default() -> None:
    api = Kie.on_emulator(BY_HAND)
    api.emulator.fail_task(task_id := api.create_task())
    assert api.record(task_id)["failCode"] == "501"
    assert api.record(task_id)["failMsg"]


@pytest.mark.parametrize("query", ["", "?taskid=x", "?task_id=x", "?taskId=a&taskId=b"])
def test_a_query_needs_one_task_id(query: str) -> None:
    api = Kie()
    assert "taskId" in api.message(api.request("GET", Kie.query_path + query), "value")


@pytest.mark.parametrize("task_id", ["", ".."])
def test_an_odd_id_is_not_found(task_id: str) -> None:
    api = Kie()
    assert api.message(api.query(task_id), "task")


ApiClass = type[Kie]


LINK = "/api/v1/common/download-url"


CREDIT = "/api/v1/chat/credit"


both_kie_dialects = pytest.mark.parametrize("api_class", [Kie, OfficialKie], ids=["document", "official"])


def test_errors_have_http_200_and_a_code() -> None:
    api = OfficialKie.on_emulator(keys=["a-key"], finish=AfterSeconds(60), slots=1)
    for header, problem in (("", "no key"), ("Basic x", "odd key"), ("Bearer x", "unknown key")):
        assert api.message(api.request("GET", api.path_of("x"), headers={"Authorization": header}), problem)
    assert api.message(api.send_content(b"{"), "unreadable")
    assert api.message(api.create({}), "value") == "model is missing"
    assert api.message(api.create(api.body() | {"model": "kling-v9"}), "model")
    assert api.message(api.request("GET", api.query_path), "value")
    assert api.message(api.query("unknown"), "task") == "recordInfo is null"
    assert api.message(api.request("GET", "/api/v1/jobs/x"), "path")
    assert api.message(api.request("PUT", api.create_path), "method")
    api.create_task()
    full = api.create(api.body())
    assert (full.status_code, full.json()["code"]) == (200, 429)


def test_a_task_is_queued_before_it_is_generated() -> None:
    api = OfficialKie.on_emulator(AfterSeconds(60))
    task_id = api.create_task()
    seen = []
    for _ in range(5):
        record = api.record(task_id)
        seen.append((record["state"], record["progress"], record["updateTime"] - START))
        api.emulator.clock.advance(15)
    assert seen == [
        ("waiting", 0, 0),
        ("queuing", 25, 0),
        ("generating", 50, 30_000),
        ("generating", 75, 30_000),
        ("success", 100, 60_000),
    ]


def test_progress_may_depend_on_queries() -> None:
    api = OfficialKie.on_emulator(AfterQueries(5))
    task_id = api.create_task()
    seen = [api.record(task_id)["state"] for _ in range(6)]
    assert seen == ["waiting", "queuing", "generating", "generating", "success", "success"]


def test_a_success_has_the_newer_fields() -> None:
    api = OfficialKie.on_emulator(AfterSeconds(60))
    body = api.body(KLING_26, duration="10", sound=True)
    task_id = api.create_task(body)
    api.emulator.clock.advance(60)
    record = api.record(task_id)
    assert json.loads(record.pop("param")) == body
    assert record == {
        "taskId": task_id,
        "model": KLING_26,
        "state": "success",
        "resultJson": f'{{"resultUrls":["http://emulator/media/{task_id}.mp4"]}}',
        "failCode": "",
        "failMsg": "",
        "costTime": 60_000,
        "createTime": START,
        "updateTime": START + 60_000,
        "completeTime": START + 60_000,
        "progress": 100,
        "creditsConsumed": 200,
    }


def test_a_failure_costs_nothing() -> None:
    api = OfficialKie.on_emulator(AfterSeconds(60))
    task_id = api.create_task()
    api.emulator.fail_task(task_id, code="422", message="no cats")
    record = api.record(task_id)
    values = [record[name] for name in ("state", "failCode", "failMsg", "creditsConsumed", "resultJson")]
    assert values == ["fail", "422", "no cats", 0, None]


@pytest.mark.parametrize(("api_class", "code"), [(Kie, 200), (OfficialKie, 501)], ids=["document", "official"])
def test_the_callback_of_a_failure_has_the_code_of_its_dialect(api_class: ApiClass, code: int) -> None:
    """The documents define it as the response to a query; the servers send another code."""
    api = api_class.on_emulator(AfterSeconds(60))
    with callback_server() as receiver:
        for message in ("no cats", None):
            task_id = api.create_task(api.body_with_callback(receiver.url))
            api.emulator.fail_task(task_id, message=message)
            body = receiver.next().body
            record = api.record(task_id)
            assert (body["code"], body["data"]) == (code, record)
            assert body["msg"] == ("success" if code == 200 else record["failMsg"])
        done = api.create_task(api.body_with_callback(receiver.url))
        api.emulator.finish_task(done)
        assert receiver.next().body == {"code": 200, "msg": "success", "data": api.record(done)}


def test_a_fault_has_http_200_unless_it_has_a_status() -> None:
    api = OfficialKie.on_emulator(faults=[Fault("refuse", code=455, times=1), Fault("refuse", status=500, times=1)])
    assert [(response.status_code, response.json()["code"]) for response in (api.query("x"), api.query("x"))] == [
        (200, 455),
        (500, 500),
    ]


def link_to(api: Any, url: object) -> str:
    response = api.request("POST", LINK, json={"url": url})
    assert response.json().keys() == {"code", "msg", "data"}
    assert (response.status_code, response.json()["code"], response.json()["msg"]) == (200, 200, "success")
    return str(response.json()["data"])


def status_of(api: Any, url: str) -> int:
    return int(api.request("GET", url.removeprefix("http://emulator"), headers={"Authorization": ""}).status_code)


@both_kie_dialects
def test_a_link_is_valid_for_twenty_minutes(api_class: ApiClass) -> None:
    api = api_class.on_emulator()
    url = api.url(api.record(api.create_task()))
    link = link_to(api, url)
    assert link != url
    api.emulator.clock.advance(20 * 60 - 1)
    assert status_of(api, link) == 200
    api.emulator.clock.advance(1)
    assert [status_of(api, each) for each in (link, link_to(api, url), link_to(api, link), url)] == [403, 200, 200, 200]


@both_kie_dialects
@pytest.mark.parametrize("until", ["", "x", "-1", "1" * 5000, "9" * 12])
def test_an_invalid_time_in_a_link_is_ignored(api_class: ApiClass, until: str) -> None:
    api = api_class.on_emulator()
    assert status_of(api, f"{api.url(api.record(api.create_task()))}?until={until}") == 200


@both_kie_dialects
def test_a_record_keeps_its_url_and_a_link_replaces_an_expired_one(api_class: ApiClass) -> None:
    api = api_class.on_emulator(faults=[Fault("expire", times=2)])
    task_id = api.create_task()
    url = api.url(api.record(task_id))
    first = link_to(api, url)
    assert [status_of(api, url), status_of(api, first)] == [403, 403]
    assert api.url(api.record(task_id)) == url
    second = link_to(api, url)
    assert second not in {url, first}
    assert status_of(api, second) == 200
    exchange = api.emulator.requests[-2]
    assert (exchange.path, exchange.operation, exchange.task_id) == (LINK, "other", task_id)


@both_kie_dialects
def test_a_link_is_only_for_a_video_of_the_same_key(api_class: ApiClass) -> None:
    api = api_class.on_emulator(AfterSeconds(60))
    done, waiting, other = api.create_task(), api.create_task(), api_class(api.emulator, "their-key").create_task()
    api.emulator.finish_task(done)
    api.emulator.finish_task(other)
    videos = [f"http://emulator/media/{name}.mp4" for name in (waiting, other, "unknown", "")]
    for url in (*videos, f"http://emulator/media/{done}.avi", f"/media/{done}.mp4", done, "", "http://[x/media/a.mp4"):
        message = api.message(api.request("POST", LINK, json={"url": url}), "value")
        assert message.startswith("url must be that of a video of this key's, is '")
    assert api.message(api.request("POST", LINK, json={}), "value") == "url is missing"
    assert api.message(api.request("POST", LINK, json={"url": 5}), "value") == "url must be a string, is 5"
    assert api.message(api.request("POST", LINK, content=b"url"), "unreadable")
    assert api.message(api.request("POST", LINK, headers={"Authorization": ""}), "no key")
    assert link_to(api, f"https://elsewhere/media/{done}.mp4?renewed=1")


@both_kie_dialects
def test_each_success_takes_its_price_from_the_account(api_class: ApiClass, monkeypatch: pytest.MonkeyPatch) -> None:
    api = api_class.on_emulator(AfterSeconds(60))

    def remaining_credits(key: str = "a-key") -> int:
        response = api.request("GET", CREDIT, headers={"Authorization": f"Bearer {key}"}).json()
        assert (response["code"], response["msg"]) == (200, "success")
        return int(response["data"])

    first = remaining_credits()
    done, failed = api.create_task(api.body(KLING_26, sound=True)), api.create_task()
    api.emulator.fail_task(failed)
    assert remaining_credits() == first
    api.emulator.finish_task(done)
    assert (first - remaining_credits(), remaining_credits("their-key")) == (100, first)
    monkeypatch.setattr("klingkit.emulator.apis.kie._service.CREDITS", 99)
    assert remaining_credits() == 0
    assert api.message(api.request("GET", CREDIT, headers={"Authorization": ""}), "no key")
