"""Tests of clients under faults, over real HTTP: nothing is paid for twice, and no task is lost."""

from __future__ import annotations

from typing import Any

import pytest

from contract_tests.support.apis import KIE, NATIVE, ApiCase
from contract_tests.support.clients import open_client
from klingkit import (
    DownloadError,
    Fixed,
    KlingkitError,
    NotFound,
    SubmissionUncertain,
    _submit,
    _tasks,
)
from klingkit._downloads import _download
from klingkit.emulator import AfterQueries, Emulator, Fault, read_label

pytestmark = pytest.mark.anyio

SHORT_POLLING = Fixed(0.01)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    """Shorten the pauses between attempts, searches and queries; the tests in flows/ check their length."""
    monkeypatch.setattr(_submit, "RETRY_PAUSES", (0.01, 0.01))
    monkeypatch.setattr(_submit, "SEARCH_PAUSES", (0.01, 0.1, 1.0))
    monkeypatch.setattr(_download, "PAUSE", 0.01)
    monkeypatch.setattr(_tasks, "MIN_PAUSE", 0.01)


EACH_KIND = pytest.mark.parametrize("kind", ["sync", "async"])
FAULTS_AFTER_CREATION = [
    Fault("drop", operation="create", after=True),
    Fault("truncate", operation="create", after=True),
    Fault("html", operation="create", after=True),
    Fault("refuse", operation="create", status=500, after=True),
]


@EACH_KIND
@pytest.mark.parametrize("fault", FAULTS_AFTER_CREATION, ids=lambda fault: fault.kind)
async def test_a_task_whose_response_is_lost_is_not_created_again(kind: str, api_case: ApiCase, fault: Fault):
    emulator = Emulator(faults=[fault])
    with emulator.serve() as url:
        async with open_client(kind, api_case.make("key-of-nobody", url)) as client:
            with pytest.raises(SubmissionUncertain):
                await client.submit(api_case.request, timeout=1)
    assert len(emulator.tasks) == 1


@EACH_KIND
@pytest.mark.parametrize("name", ["order-1", "shop/1%2F"])
async def test_a_lost_task_is_found_by_its_external_id(kind: str, name: str):
    emulator = Emulator(faults=[Fault("drop", operation="create", after=True)])
    with emulator.serve() as url:
        async with open_client(kind, NATIVE.make("key-of-nobody", url)) as client:
            ref = await client.submit(NATIVE.request, external_task_id=name)
            assert (await client.get(ref)).status == "succeeded"
    assert [task.external_task_id for task in emulator.tasks] == [name]


@EACH_KIND
async def test_a_temporary_error_is_retried(kind: str, api_case: ApiCase):
    emulator = Emulator(faults=[Fault("refuse", operation="create", status=429, times=1)])
    with emulator.serve() as url:
        async with open_client(kind, api_case.make("key-of-nobody", url)) as client:
            await client.submit(api_case.request)
    assert len(emulator.tasks) == 1


@EACH_KIND
async def test_faults_do_not_end_a_wait(kind: str, api_case: ApiCase):
    fault_kinds: list[Any] = ["drop", "truncate", "html"]
    faults = [Fault(fault_kind, operation="query", times=2) for fault_kind in fault_kinds]
    faults += [Fault("refuse", operation="query", status=500, times=2), Fault("html", operation="query", status=200)]
    emulator = Emulator(finish=AfterQueries(1), faults=faults)
    with emulator.serve() as url:
        async with open_client(kind, api_case.make("key-of-nobody", url)) as client:
            ref = await client.submit(api_case.request)
            with pytest.raises(KlingkitError):
                await client.wait(ref, timeout=1, polling=SHORT_POLLING)
            emulator.faults.clear()
            assert (await client.wait(ref, timeout=10, polling=SHORT_POLLING)).status == "succeeded"
    assert len(emulator.tasks) == 1


@EACH_KIND
async def test_a_video_is_downloaded_despite_faults(kind: str, api_case: ApiCase, tmp_path):
    fault_kinds: list[Any] = ["drop", "truncate", "html", "expire"]
    emulator = Emulator(faults=[Fault(fault_kind, operation="media", times=1) for fault_kind in fault_kinds])
    with emulator.serve() as url:
        async with open_client(kind, api_case.make("key-of-nobody", url)) as client:
            task = await client.generate(api_case.request, timeout=10, polling=SHORT_POLLING)
            path = await client.download(task, tmp_path / "video.mp4")
    assert read_label(path).task_id == task.ref.id


@EACH_KIND
@pytest.mark.parametrize("dialect", ["document", "official"])
async def test_an_expired_url_of_kie_is_replaced_by_a_link(kind: str, dialect: Any, tmp_path):
    """As observed at kie.ai, the record keeps the expired URL."""
    emulator = Emulator(dialect=dialect)
    with emulator.serve() as url:
        async with open_client(kind, KIE.make("key-of-nobody", url)) as client:
            task = await client.generate(KIE.request, timeout=10, polling=SHORT_POLLING)
            emulator.faults.add(Fault("expire", times=1))
            path = await client.download(task, tmp_path / "video.mp4")
            assert (await client.get(task.ref)).videos == task.videos
    assert read_label(path).task_id == task.ref.id
    paths = [exchange.path.rpartition("/")[2] for exchange in emulator.requests]
    video = f"{task.ref.id}.mp4"
    assert paths == ["createTask", "recordInfo", video, "recordInfo", "download-url", video, "recordInfo"]


@EACH_KIND
async def test_the_error_for_an_expired_url_has_the_reference(kind: str, api_case: ApiCase, tmp_path):
    emulator = Emulator(faults=[Fault("expire")])
    with emulator.serve() as url:
        async with open_client(kind, api_case.make("key-of-nobody", url)) as client:
            task = await client.generate(api_case.request, timeout=10, polling=SHORT_POLLING)
            with pytest.raises(DownloadError, match="403") as caught:
                await client.download(task, tmp_path / "video.mp4")
    assert caught.value.ref == task.ref
    assert list(tmp_path.glob("*.mp4")) == []


@EACH_KIND
async def test_kie_does_not_find_a_task_right_after_creation(kind: str):
    """As observed at kie.ai, a query just after the creation gets HTTP 200 with the code 422, for a short time."""
    not_found_once = Fault("refuse", operation="query", code=422, status=200, message="recordInfo is null", times=1)
    emulator = Emulator(faults=[not_found_once])
    with emulator.serve() as url:
        async with open_client(kind, KIE.make("key-of-nobody", url)) as client:
            ref = await client.submit(KIE.request)
            with pytest.raises(NotFound):
                await client.get(ref)
            assert (await client.get(ref)).status == "succeeded"
