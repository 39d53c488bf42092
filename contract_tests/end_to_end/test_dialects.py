"""Tests of clients with every dialect of the emulator, over real HTTP; and of the official dialect with the specs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import anyio.to_thread
import httpx
import pytest

from contract_tests.support.apis import KIE, NATIVE, RELAY, ApiCase
from contract_tests.support.clients import CLIENT_KINDS, EACH_CLIENT_KIND, open_client
from klingkit import (
    AuthenticationError,
    Fixed,
    InsufficientCredit,
    InvalidRequest,
    NotFound,
    RateLimited,
    SlotsFull,
    Task,
    TaskFailed,
    TaskRef,
    _submit,
    parse_callback,
)
from klingkit.emulator import AfterQueries, AfterSeconds, Emulator, Exchange, Fault, VirtualClock, read_label
from klingkit.kie import Job
from scripts.callback_server import CallbackServer, callback_server
from scripts.mp4 import VideoProperties, probe
from scripts.specs.files import load
from scripts.specs.spec import Spec, operations, resolved, validator

pytestmark = pytest.mark.anyio

SHORT_POLLING = Fixed(0.01)
API_KEY = "key-of-nobody"

DIALECT_CASES = [
    (dialect, case) for dialect in ("document", "official", "relay", "relay-flat") for case in (KIE, NATIVE, RELAY)
]
in_every_dialect = pytest.mark.parametrize(
    ("dialect", "api_case"), DIALECT_CASES, ids=[f"{dialect}-{case}" for dialect, case in DIALECT_CASES]
)
CLIENT_CASES = [
    pytest.param(*CLIENT_KINDS[(number + number // 3) % 3], *pair, id=f"{pair[0]}-{pair[1]}")
    for number, pair in enumerate(DIALECT_CASES)
]
in_every_dialect_with_one_client = pytest.mark.parametrize(
    ("kind", "anyio_backend", "dialect", "api_case"), CLIENT_CASES
)
"""Each pair of dialect and API runs with one kind of client; each kind has every API and every dialect."""
each_official_api = pytest.mark.parametrize("api_case", [NATIVE, RELAY], ids=str)


def adapter(dialect: str, api_case: ApiCase, url: str, key: str = API_KEY) -> Any:
    """Make an adapter for a dialect of the emulator."""
    return (
        api_case.make(key, url)
        if api_case is KIE or dialect == "document"
        else api_case.make(key, url, dialect="official")
    )


@pytest.fixture
def server() -> Iterator[CallbackServer]:
    with callback_server() as server:
        yield server


@in_every_dialect_with_one_client
async def test_a_video_is_generated_and_downloaded(kind: str, dialect: Any, api_case: ApiCase, tmp_path):
    updates: list[Task] = []
    emulator = Emulator(dialect=dialect, finish=AfterQueries(3), keys=[API_KEY])
    with emulator.serve() as url:
        async with open_client(kind, adapter(dialect, api_case, url)) as client:
            task = await client.generate(api_case.request, timeout=30, polling=SHORT_POLLING, on_update=updates.append)
            path = await client.download(task, tmp_path / "video.mp4")
    assert probe(path) == VideoProperties(5.0, Fraction(1 if api_case is KIE else Fraction(16, 9)), sound=False)
    assert read_label(path).task_id == task.ref.id
    statuses = [update.status for update in updates]
    assert statuses[-1] == "succeeded"
    assert {"queued", "running"} <= {*statuses} or (api_case is KIE and dialect != "official")


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["sync", "async"])
@each_official_api
async def test_the_tasks_of_the_account_are_listed(kind: str, api_case: ApiCase):
    with Emulator(dialect="official", keys=[API_KEY], finish=AfterQueries(1)).serve() as url:
        async with open_client(kind, adapter("official", api_case, url)) as client:
            refs = [await client.submit(api_case.request) for _ in range(3)]
            await client.wait(refs[1], timeout=30, polling=SHORT_POLLING)
            found: Any = client.client.tasks()
            listed = [task async for task in found] if kind == "async" else list(found)
    assert [task.ref for task in listed] == refs[::-1]
    assert [task.done for task in listed] == [False, True, False]
    assert listed[1].videos


@in_every_dialect_with_one_client
async def test_a_failed_task_has_its_reason(kind: str, dialect: Any, api_case: ApiCase):
    emulator = Emulator(dialect=dialect, clock=VirtualClock(), finish=AfterSeconds(60))
    with emulator.serve() as url:
        async with open_client(kind, adapter(dialect, api_case, url)) as client:
            ref = await client.submit(api_case.request)
            emulator.fail_task(ref.id, message="no cats today")
            with pytest.raises(TaskFailed, match="no cats today") as caught:
                await client.wait(ref, timeout=30, polling=SHORT_POLLING)
    assert caught.value.ref == ref


@in_every_dialect_with_one_client
async def test_a_callback_has_the_content_of_a_query(
    kind: str, dialect: Any, api_case: ApiCase, server: CallbackServer
):
    clock = VirtualClock()
    emulator = Emulator(dialect=dialect, clock=clock, finish=AfterSeconds(60))
    with emulator.serve() as url:
        api = adapter(dialect, api_case, url)
        async with open_client(kind, api) as client:
            ref = await client.submit(api_case.request, callback_url=server.url)
            clock.advance(60)
            await anyio.to_thread.run_sync(emulator.wait_idle)
            confirmed = await client.get(ref)
    callbacks = [server.callbacks.get_nowait() for _ in range(server.callbacks.qsize())]
    events = [parse_callback(api, callback.body, callback.headers) for callback in callbacks]
    assert [event.task.status for event in events] == (["succeeded"] if api_case is KIE else ["running", "succeeded"])
    assert {event.ref for event in events} == {ref}
    assert events[-1].task.videos[0].url == confirmed.videos[0].url


@in_every_dialect
async def test_errors_have_their_meaning(dialect: Any, api_case: ApiCase):
    emulator = Emulator(dialect=dialect, finish=AfterSeconds(60), clock=VirtualClock(), keys=[API_KEY])
    unknown_task = TaskRef(api_case.name, api_case.ref.route, "912345678901234567")
    invalid_job = Job("kling-2.6/text-to-video" if api_case is KIE else "kling-v1-6", {"prompt": "x", "duration": 7})
    with emulator.serve() as url:
        async with open_client("async", adapter(dialect, api_case, url)) as client:
            with pytest.raises(NotFound):
                await client.get(unknown_task)
            with pytest.raises(InvalidRequest):
                await client.submit(invalid_job)
        async with open_client("async", adapter(dialect, api_case, url, "key-of-a-stranger")) as client:
            with pytest.raises(AuthenticationError):
                await client.submit(api_case.request)


@in_every_dialect
async def test_limits_are_distinguished_where_the_api_does(dialect: Any, api_case: ApiCase, monkeypatch):
    monkeypatch.setattr(_submit, "RETRY_PAUSES", ())
    clock = VirtualClock()
    emulator = Emulator(dialect=dialect, finish=AfterSeconds(600), clock=clock, slots=2, rate=1)
    has_a_code_for_each_limit = (api_case is not KIE and dialect == "official") or (
        api_case is RELAY and dialect == "document"
    )
    with emulator.serve() as url:
        async with open_client("async", adapter(dialect, api_case, url), pacing=None) as client:
            await client.submit(api_case.request)
            with pytest.raises(RateLimited) as rate_limited:
                await client.submit(api_case.request)
            clock.advance(11)
            ref = await client.submit(api_case.request)
            clock.advance(11)
            with pytest.raises(SlotsFull if has_a_code_for_each_limit else RateLimited) as slots_full:
                await client.submit(api_case.request)
            emulator.finish_task(ref.id)
            clock.advance(11)
            assert await client.submit(api_case.request)
    if has_a_code_for_each_limit:
        assert (rate_limited.value.code, slots_full.value.code) == (1302, 1303)


# kie.ai as observed


@EACH_CLIENT_KIND
async def test_a_record_of_kie_fills_every_field_of_a_task(kind: str):
    clock = VirtualClock()
    emulator = Emulator(dialect="official", clock=clock, finish=AfterSeconds(60))
    progress_reports: list[tuple[Any, ...]] = []
    with emulator.serve() as url:
        async with open_client(kind, KIE.make(API_KEY, url)) as client:
            ref = await client.submit(KIE.request)
            for _ in range(5):
                task = await client.get(ref)
                progress_reports.append((task.vendor_status, task.status, task.progress))
                assert task.updated is not None
                await anyio.to_thread.run_sync(clock.advance, 15)
    assert progress_reports == [
        ("waiting", "queued", 0.0),
        ("queuing", "queued", 0.25),
        ("generating", "running", 0.5),
        ("generating", "running", 0.75),
        ("success", "succeeded", 1.0),
    ]
    assert task.completed == task.updated
    assert task.failure is None


@EACH_CLIENT_KIND
async def test_errors_of_kie_have_http_200(kind: str):
    emulator = Emulator(dialect="official", finish=AfterSeconds(60), clock=VirtualClock(), keys=[API_KEY])
    invalid_job = Job("kling-2.6/text-to-video", {"prompt": "x", "duration": 7})
    with emulator.serve() as url:
        async with open_client(kind, KIE.make(API_KEY, url)) as client:
            with pytest.raises(NotFound, match="recordInfo is null") as unknown_task:
                await client.get(KIE.ref)
            with pytest.raises(InvalidRequest) as invalid:
                await client.submit(invalid_job)
            emulator.faults.add(Fault("refuse", operation="create", code=402, times=1))
            with pytest.raises(InsufficientCredit) as no_credit:
                await client.submit(KIE.request)
            assert await client.submit(KIE.request)
    has_a_code_for_each_limit = [
        (error.value.code, error.value.http_status) for error in (unknown_task, invalid, no_credit)
    ]
    assert has_a_code_for_each_limit == [(422, 200), (422, 200), (402, 200)]
    assert len(emulator.tasks) == 1


@EACH_CLIENT_KIND
async def test_the_callback_of_a_failure_at_kie_has_its_own_code(kind: str, server: CallbackServer):
    emulator = Emulator(dialect="official", finish=AfterSeconds(60), clock=VirtualClock())
    with emulator.serve() as url:
        api = KIE.make(API_KEY, url)
        async with open_client(kind, api) as client:
            ref = await client.submit(KIE.request, callback_url=server.url)
            emulator.fail_task(ref.id, message="no cats today")
            await anyio.to_thread.run_sync(emulator.wait_idle)
            callback = server.callbacks.get_nowait()
            event = parse_callback(api, callback.body, callback.headers)
            assert json.loads(callback.body)["code"] == 501
            assert (event.ref, event.task.status) == (ref, "failed")
            with pytest.raises(TaskFailed, match="no cats today"):
                await client.wait(ref, timeout=30, polling=SHORT_POLLING)


# The official dialect against the specs


def response_problems(spec: Spec, exchange: Exchange) -> list[str]:
    """Return the problems of a response, by the schema of its operation."""
    for operation in operations(spec):
        address = re.sub(r"{\w+}", "[^/]+", operation.path)
        if operation.method.upper() == exchange.method and re.fullmatch(address, exchange.path):
            declared = resolved(spec, operation.node["responses"][str(exchange.status)])
            (schema,) = (body["schema"] for body in declared["content"].values())
            return [
                error.message for error in validator(spec, schema).iter_errors(json.loads(exchange.response.content))
            ]
    return [f"{exchange.method} {exchange.path} is not declared"]


def schema_validator(spec: Spec, name: str) -> Any:
    return validator(spec, {"$ref": f"#/components/schemas/{name}"})


@each_official_api
def test_all_responses_are_declared(api_case: ApiCase, server: CallbackServer):
    spec = load(api_case.name)
    clock = VirtualClock()
    emulator = Emulator(dialect="official", clock=clock, finish=AfterSeconds(60), keys=[API_KEY], slots=3, rate=4)
    path = api_case.create_path
    with emulator.serve() as url, httpx.Client(base_url=url, trust_env=False) as http:
        http.headers["Authorization"] = f"Bearer {API_KEY}"
        delivery_options = {"callback_url": server.url, "external_task_id": "ours"}
        bodies: list[dict[str, Any]] = [
            {"prompt": "a", **delivery_options},
            {"prompt": "a", "sound": "on", "mode": "pro", "duration": "10", "model_name": "kling-v2-6"},
            {"prompt": "a", "camera_control": {"type": "simple", "config": {"pan": 3}}},
            {"prompt": "a"},  # no slot
        ]
        responses = [http.post(path, json=body) for body in bodies]
        assert [response.json()["code"] for response in responses] == [0, 0, 0, 1303]
        ids = [response.json()["data"]["task_id"] for response in responses[:3]]
        clock.advance(30)
        http.get(f"{path}/{ids[0]}")
        emulator.fail_task(ids[1], message="no")
        clock.advance(30)
        records = [http.get(f"{path}/{task_id}").json()["data"] for task_id in (ids[0], ids[1], "ours")]
        http.get(f"{path}/unknown")
        http.post(path, json={"prompt": "a", "model_name": "kling-v9"})
        http.post(path, json={"prompt": "a", "duration": 5})
        http.post(path, content=b"{")
        http.post(path, json={"prompt": "a"}, headers={"Authorization": ""})
        task_list = http.get(path).json()
        emulator.wait_idle()
    exchanges = [exchange for exchange in emulator.requests if exchange.operation in {"create", "query"}]
    assert [problem for exchange in exchanges for problem in response_problems(spec, exchange)] == []
    assert {exchange.status for exchange in exchanges} == {200, 400, 401, 404, 429}
    assert [record["task_status"] for record in records] == ["succeed", "failed", "succeed"]
    callback_validator = schema_validator(spec, "TaskCallback")
    assert [record for record in [*records, *task_list["data"]] if not callback_validator.is_valid(record)] == []
    callbacks = [json.loads(server.callbacks.get_nowait().body) for _ in range(server.callbacks.qsize())]
    assert [callback["task_status"] for callback in callbacks] == ["processing", "succeed"]
    assert [callback for callback in callbacks if not callback_validator.is_valid(callback)] == []
