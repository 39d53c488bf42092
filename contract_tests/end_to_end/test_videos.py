"""Tests from a prompt to a playable video, over real HTTP: every model, option and ratio, all kinds of client."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from contract_tests.support.apis import KIE, NATIVE, RELAY, ApiCase
from contract_tests.support.clients import CLIENT_KINDS, EACH_CLIENT_KIND, open_client
from contract_tests.support.limits import overlong_text
from contract_tests.support.video_cases import VideoCase, representative_cases
from klingkit import (
    AuthenticationError,
    Fixed,
    InvalidRequest,
    NotFound,
    Task,
    TaskRef,
    WaitTimeout,
)
from klingkit.emulator import AfterQueries, AfterSeconds, Emulator, VirtualClock, read_label
from klingkit.kie import Job
from scripts.mp4 import VideoProperties, probe

pytestmark = pytest.mark.anyio

SHORT_POLLING = Fixed(0.01)
PROPERTIES_BY_PICTURES: dict[bytes, VideoProperties] = {}
API_CASES = {case.name: case for case in (KIE, NATIVE, RELAY)}
EACH_OFFICIAL_API = pytest.mark.parametrize("api_case", [NATIVE, RELAY], ids=["native", "relay"])


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with Emulator(seed=7, finish=AfterQueries(2), keys=["key-of-nobody", "key-of-another"]).serve() as url:
        yield url


def measure(path: Path) -> VideoProperties:
    """Measure a video; videos that differ only in the label at their end are decoded once."""
    pictures = path.read_bytes().rpartition(b"free{")[0]
    if pictures not in PROPERTIES_BY_PICTURES:
        PROPERTIES_BY_PICTURES[pictures] = probe(path)
    return PROPERTIES_BY_PICTURES[pictures]


CASES_WITH_CLIENTS = [
    pytest.param(*client_kind, case, id=f"{case}-{client_kind[0]}-{client_kind[1]}")
    for case, client_kind in zip(representative_cases(), cycle(CLIENT_KINDS))
]
"""Every case with one kind of client and runtime; each of them has cases of each API."""


@pytest.mark.parametrize(("kind", "anyio_backend", "case"), CASES_WITH_CLIENTS)
async def test_a_video_has_the_requested_format(kind: str, url: str, case: VideoCase, tmp_path):
    updates: list[Task] = []
    async with open_client(kind, API_CASES[case.api].make("key-of-nobody", url)) as client:
        task = await client.generate(case.request, timeout=30, polling=SHORT_POLLING, on_update=updates.append)
        path = await client.download(task, tmp_path / "video.mp4")
    assert measure(path) == case.video
    label = read_label(path)
    prompt = case.request.to_dict().get("prompt", "")
    assert (label.task_id, label.model, label.prompt) == (task.ref.id, case.model, prompt)
    assert updates[0].status in {"queued", "running"}
    assert updates[-1].status == "succeeded"
    assert task.created is not None
    assert task.completed is not None
    assert task.completed >= task.created


@EACH_CLIENT_KIND
async def test_a_stored_reference_works_in_another_client(kind: str, url: str, api_case: ApiCase):
    async with open_client(kind, api_case.make("key-of-nobody", url)) as client:
        stored = str(await client.submit(api_case.request))
    async with open_client(kind, api_case.make("key-of-nobody", url)) as client:
        assert (await client.wait(TaskRef.parse(stored), timeout=30, polling=SHORT_POLLING)).status == "succeeded"


@EACH_CLIENT_KIND
async def test_no_key_sees_the_tasks_of_another_key(kind: str, url: str, api_case: ApiCase):
    async with open_client(kind, api_case.make("key-of-nobody", url)) as client:
        ref = await client.submit(api_case.request)
    async with open_client(kind, api_case.make("key-of-another", url)) as client:
        with pytest.raises(NotFound):
            await client.get(ref)
    async with open_client(kind, api_case.make("key-of-a-stranger", url)) as client:
        with pytest.raises(AuthenticationError):
            await client.get(ref)
        with pytest.raises(AuthenticationError):
            await client.submit(api_case.request)


REJECTED_JOBS = {
    "kie": [
        Job(
            "kling-2.6/text-to-video",
            {
                "prompt": overlong_text("kling-2.6/text-to-video"),
                "sound": False,
                "aspect_ratio": "1:1",
                "duration": "5",
            },
        ),
        Job("kling-2.6/text-to-video", {"prompt": "x", "sound": "false", "aspect_ratio": "1:1", "duration": "5"}),
        Job("kling-2.6/text-to-video", {"prompt": "x"}),
        Job("kling/v2-1-pro", {"prompt": "x"}),
        Job("kling/v2-5-turbo-text-to-video-pro", {"prompt": "x", "cfg_scale": 1.5}),
        Job("kling/v9", {"prompt": "x"}),
    ],
    "native": [
        Job("kling-v1-6", {"prompt": overlong_text("kling-v1-6", api="native"), "mode": "pro"}),
        Job("kling-v1-6", {"prompt": "x"}),
        Job("kling-v1-6", {"prompt": "x", "mode": "pro", "aspect_ratio": "21:9"}),
        Job("kling-v1-6", {"prompt": "x", "mode": "pro", "duration": 7}),
        Job("kling-v1-6", {"prompt": "x", "mode": "pro", "cfg_scale": 1.5}),
    ],
    "relay": [
        Job("kling-v1", {"prompt": overlong_text("kling-v1", api="relay")}),
        Job("kling-v1", {"prompt": "x", "negative_prompt": overlong_text("kling-v1", "negative_prompt", "relay")}),
        Job("kling-v1", {"prompt": "x", "aspect_ratio": "4:3"}),
        Job("kling-v1", {"prompt": "x", "camera_control": {"type": "simple", "config": {"pan": 1}}}),
    ],
}


@EACH_CLIENT_KIND
async def test_a_request_that_the_service_rejects_is_an_invalid_request(kind: str, url: str, api_case: ApiCase):
    """The client does not check a `Job`, so the service does."""
    async with open_client(kind, api_case.make("key-of-nobody", url)) as client:
        for job in REJECTED_JOBS[api_case.name]:
            with pytest.raises(InvalidRequest) as caught:
                await client.submit(job)
            assert caught.value.http_status in {400, 422}
            assert caught.value.request is job


@EACH_CLIENT_KIND
async def test_a_job_makes_the_same_video(kind: str, url: str, tmp_path):
    job = Job("kling/v2-5-turbo-text-to-video-pro", {"prompt": "a cat"})
    async with open_client(kind, KIE.make("key-of-nobody", url)) as client:
        task = await client.generate(job, timeout=30, polling=SHORT_POLLING)
        path = await client.download(task, tmp_path / "video.mp4")
    assert measure(path) == VideoProperties(5.0, Fraction(16, 9), sound=False)


@EACH_OFFICIAL_API
@EACH_CLIENT_KIND
async def test_the_official_wire_format_makes_the_same_video(kind: str, url: str, api_case: ApiCase, tmp_path):
    """It writes requests as the official hosts expect them; for example, a duration is a string."""
    api = api_case.make("key-of-nobody", url, dialect="official")
    request: Any = type(api_case.request)(**{**api_case.request.to_dict(), "duration": 10, "aspect_ratio": "9:16"})
    async with open_client(kind, api) as client:
        task = await client.generate(request, timeout=30, polling=SHORT_POLLING)
        path = await client.download(task, tmp_path / "video.mp4")
    assert measure(path) == VideoProperties(10.0, Fraction(9, 16), sound=False)


@EACH_OFFICIAL_API
@EACH_CLIENT_KIND
async def test_a_task_is_found_by_an_external_id(kind: str, url: str, api_case: ApiCase):
    async with open_client(kind, api_case.make("key-of-nobody", url)) as client:
        external_id = f"order-{api_case.name}-{kind}-{id(client)}"
        ref = await client.submit(api_case.request, external_task_id=external_id)
        by_external_id = await client.get(TaskRef(api_case.name, "text2video", external_id))
        assert by_external_id.created == (await client.get(ref)).created


@EACH_CLIENT_KIND
async def test_waiting_ends_at_its_deadline_and_the_task_continues(kind: str, api_case: ApiCase):
    clock = VirtualClock()
    emulator = Emulator(clock=clock, finish=AfterSeconds(300))
    with emulator.serve() as url:
        async with open_client(kind, api_case.make("key-of-nobody", url)) as client:
            ref = await client.submit(api_case.request)
            with pytest.raises(WaitTimeout) as caught:
                await client.wait(ref, timeout=0.1, polling=SHORT_POLLING)
            clock.advance(300)
            assert caught.value.ref == ref
            assert (await client.wait(ref, timeout=30, polling=SHORT_POLLING)).status == "succeeded"
