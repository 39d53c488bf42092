"""kie.ai as its servers are known to speak (dialect `official`), and what the field knows beside the documents."""

import json
from typing import Any

import pytest

from contract_tests.emulator.dialects import OfficialKie
from contract_tests.emulator.kit import KLING_26, Kie, receiving
from klingkit.emulator import AfterQueries, AfterSeconds, Fault

Kind = type[Kie]

NEW_YEAR = 1_764_547_200_000  # what the virtual clock shows at first, in milliseconds
LINK = "/api/v1/common/download-url"
CREDIT = "/api/v1/chat/credit"

both = pytest.mark.parametrize("kind", [Kie, OfficialKie], ids=["documents", "official"])


# Dialect official


def test_refusals_come_with_http_200_and_a_code() -> None:
    api = OfficialKie.on(keys=["a-key"], finish=AfterSeconds(60), slots=1)
    for header, problem in (("", "no key"), ("Basic x", "odd key"), ("Bearer x", "unknown key")):
        assert api.message(api.ask("GET", api.path_of("x"), headers={"Authorization": header}), problem)
    assert api.message(api.send(b"{"), "unreadable")
    assert api.message(api.create({}), "value") == "model is missing"
    assert api.message(api.create(api.body() | {"model": "kling-v9"}), "model")
    assert api.message(api.ask("GET", api.query_path), "value")
    api.make()
    full = api.create(api.body())
    assert (full.status_code, full.json()["code"]) == (200, 429)


def test_an_unknown_task_has_no_record() -> None:
    answer = OfficialKie.on().query("nobodys")
    assert (answer.status_code, answer.json()) == (200, {"code": 422, "msg": "recordInfo is null", "data": None})


def test_what_is_no_operation_keeps_its_http_status() -> None:
    api = OfficialKie.on()
    assert api.message(api.ask("GET", "/api/v1/jobs/x"), "path")
    assert api.message(api.ask("PUT", api.create_path), "method")


def test_a_task_waits_in_a_queue_before_it_is_generated() -> None:
    api = OfficialKie.on(AfterSeconds(60))
    task_id = api.make()
    seen = []
    for _ in range(5):
        record = api.record(task_id)
        seen.append((record["state"], record["progress"], record["updateTime"] - NEW_YEAR))
        api.emulator.clock.advance(15)
    assert seen == [
        ("waiting", 0, 0),
        ("queuing", 25, 0),
        ("generating", 50, 30_000),
        ("generating", 75, 30_000),
        ("success", 100, 60_000),
    ]


def test_the_way_may_be_one_of_queries() -> None:
    api = OfficialKie.on(AfterQueries(5))
    task_id = api.make()
    seen = [api.record(task_id)["state"] for _ in range(6)]
    assert seen == ["waiting", "queuing", "generating", "generating", "success", "success"]


def test_a_success_is_told_with_the_newer_fields() -> None:
    api = OfficialKie.on(AfterSeconds(60))
    body = api.body(KLING_26, duration="10", sound=True)
    task_id = api.make(body)
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
        "createTime": NEW_YEAR,
        "updateTime": NEW_YEAR + 60_000,
        "completeTime": NEW_YEAR + 60_000,
        "progress": 100,
        "creditsConsumed": 200,
    }


def test_a_failure_costs_nothing() -> None:
    api = OfficialKie.on(AfterSeconds(60))
    task_id = api.make()
    api.emulator.fail_task(task_id, code="422", message="no cats")
    record = api.record(task_id)
    told = [record[name] for name in ("state", "failCode", "failMsg", "creditsConsumed", "resultJson")]
    assert told == ["fail", "422", "no cats", 0, None]


@pytest.mark.parametrize(("kind", "code"), [(Kie, 200), (OfficialKie, 501)], ids=["documents", "official"])
def test_the_callback_of_a_failure(kind: Kind, code: int) -> None:
    """The documents say that it is what a query answers; the servers have a code for it."""
    api = kind.on(AfterSeconds(60))
    with receiving() as receiver:
        for message in ("no cats", None):
            task_id = api.make(api.calling(receiver.url))
            api.emulator.fail_task(task_id, message=message)
            body = receiver.next().body
            record = api.record(task_id)
            assert (body["code"], body["data"]) == (code, record)
            assert body["msg"] == ("success" if code == 200 else record["failMsg"])
        done = api.make(api.calling(receiver.url))
        api.emulator.finish_task(done)
        assert receiver.next().body == {"code": 200, "msg": "success", "data": api.record(done)}


def test_a_fault_is_told_as_its_servers_would_unless_it_has_a_status() -> None:
    api = OfficialKie.on(faults=[Fault("refuse", code=455, times=1), Fault("refuse", status=500, times=1)])
    assert [(it.status_code, it.json()["code"]) for it in (api.query("x"), api.query("x"))] == [(200, 455), (500, 500)]


# Links to films


def linked(api: Any, url: object) -> str:
    answer = api.ask("POST", LINK, json={"url": url})
    assert answer.json().keys() == {"code", "msg", "data"}
    assert (answer.status_code, answer.json()["code"], answer.json()["msg"]) == (200, 200, "success")
    return str(answer.json()["data"])


def fetched(api: Any, url: str) -> int:
    return int(api.ask("GET", url.removeprefix("http://emulator"), headers={"Authorization": ""}).status_code)


@both
def test_a_link_is_good_for_twenty_minutes(kind: Kind) -> None:
    api = kind.on()
    url = api.url(api.record(api.make()))
    link = linked(api, url)
    assert link != url
    api.emulator.clock.advance(20 * 60 - 1)
    assert fetched(api, link) == 200
    api.emulator.clock.advance(1)
    assert [fetched(api, it) for it in (link, linked(api, url), linked(api, link), url)] == [403, 200, 200, 200]


@both
@pytest.mark.parametrize("until", ["", "x", "-1", "1" * 5000, "9" * 12])
def test_a_link_that_nobody_gave_ends_when_it_says(kind: Kind, until: str) -> None:
    api = kind.on()
    assert fetched(api, f"{api.url(api.record(api.make()))}?until={until}") == 200


@both
def test_a_record_keeps_its_url_and_a_link_leads_to_what_has_expired(kind: Kind) -> None:
    api = kind.on(faults=[Fault("expire", times=2)])
    task_id = api.make()
    url = api.url(api.record(task_id))
    first = linked(api, url)
    assert [fetched(api, url), fetched(api, first)] == [403, 403]
    assert api.url(api.record(task_id)) == url
    second = linked(api, url)
    assert second not in {url, first}
    assert fetched(api, second) == 200
    asked = api.emulator.requests[-2]
    assert (asked.path, asked.operation, asked.task_id) == (LINK, "other", task_id)


@both
def test_a_link_is_for_a_film_of_ones_own(kind: Kind) -> None:
    api = kind.on(AfterSeconds(60))
    done, waiting, other = api.make(), api.make(), kind(api.emulator, "their-key").make()
    api.emulator.finish_task(done)
    api.emulator.finish_task(other)
    films = [f"http://emulator/media/{it}.mp4" for it in (waiting, other, "nobodys", "")]
    for url in (*films, f"http://emulator/media/{done}.avi", f"/media/{done}.mp4", done, "", "http://[x/media/a.mp4"):
        told = api.message(api.ask("POST", LINK, json={"url": url}), "value")
        assert told.startswith("url must be that of a film of this key's, is '")
    assert api.message(api.ask("POST", LINK, json={}), "value") == "url is missing"
    assert api.message(api.ask("POST", LINK, json={"url": 5}), "value") == "url must be a string, is 5"
    assert api.message(api.ask("POST", LINK, content=b"url"), "unreadable")
    assert api.message(api.ask("POST", LINK, headers={"Authorization": ""}), "no key")
    assert linked(api, f"https://elsewhere/media/{done}.mp4?renewed=1")


# Credits


@both
def test_each_film_takes_its_price_from_the_account(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    api = kind.on(AfterSeconds(60))

    def left(key: str = "a-key") -> int:
        answer = api.ask("GET", CREDIT, headers={"Authorization": f"Bearer {key}"}).json()
        assert (answer["code"], answer["msg"]) == (200, "success")
        return int(answer["data"])

    first = left()
    done, failed = api.make(api.body(KLING_26, sound=True)), api.make()
    api.emulator.fail_task(failed)
    assert left() == first
    api.emulator.finish_task(done)
    assert (first - left(), left("their-key")) == (100, first)
    monkeypatch.setattr("klingkit.emulator.apis.kie._service.CREDITS", 99)
    assert left() == 0
    assert api.message(api.ask("GET", CREDIT, headers={"Authorization": ""}), "no key")
