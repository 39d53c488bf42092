"""From a prompt to a playable film over real HTTP: every model, option and ratio, both clients, all three worlds."""

import json
import queue
import threading
from collections.abc import Iterator
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from contract_tests.support.both import EVERYWHERE, opened
from klingkit import (
    AuthenticationError,
    Fixed,
    InvalidRequest,
    NotFound,
    Task,
    TaskFailed,
    TaskRef,
    WaitTimeout,
)
from klingkit.emulator import AfterQueries, AfterSeconds, Emulator, VirtualClock, read_label
from klingkit.kie import Job, Kie, Kling21Pro, Kling25TurboPro, Kling26TextToVideo
from scripts.mp4 import Film, probe

pytestmark = pytest.mark.anyio

FAST = Fixed(0.01)
IMAGE = "https://studio.example/boat.png"


def wishes() -> Iterator[tuple[str, Any, Film]]:
    """Every model with every ratio, duration and sound that its document offers."""
    for ratio in ("1:1", "16:9", "9:16"):
        shape = Fraction(*map(int, ratio.split(":")))
        for duration in ("5", "10"):
            for sound in (True, False):
                request: Any = Kling26TextToVideo(
                    prompt="雨中的猫",
                    sound=sound,
                    aspect_ratio=ratio,
                    duration=duration,  # type: ignore[arg-type]
                )
                yield "kling-2.6/text-to-video", request, Film(float(duration), shape, sound)
            request = Kling25TurboPro(prompt="a garden", aspect_ratio=ratio, duration=duration)  # type: ignore[arg-type]
            yield "kling/v2-5-turbo-text-to-video-pro", request, Film(float(duration), shape, sound=False)
    for duration in ("5", "10"):
        request = Kling21Pro(prompt="a boat", image_url=IMAGE, tail_image_url="", duration=duration)  # type: ignore[arg-type]
        yield "kling/v2-1-pro", request, Film(float(duration), Fraction(16, 9), sound=False)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with Emulator(seed=7, finish=AfterQueries(2), keys=["key-of-nobody", "key-of-another"]).serve() as url:
        yield url


@pytest.fixture
def api(url: str) -> Kie:
    return Kie("key-of-nobody", url)


@EVERYWHERE
@pytest.mark.parametrize(("model", "request_", "film"), [*wishes()])
async def test_a_film_is_what_was_asked_for(kind: str, api: Kie, model: str, request_, film: Film, tmp_path):
    updates: list[Task] = []
    async with opened(kind, api) as client:
        task = await client.generate(request_, timeout=30, polling=FAST, on_update=updates.append)
        path = await client.download(task, tmp_path / "film.mp4")
    assert probe(path) == film
    label = read_label(path)
    assert (label.task_id, label.model, label.prompt) == (task.ref.id, model, request_.prompt)
    assert [update.status for update in updates] == ["queued", "succeeded"]
    assert task.created is not None
    assert task.completed is not None
    assert task.completed >= task.created


@EVERYWHERE
async def test_a_reference_is_good_in_another_process(kind: str, api: Kie):
    async with opened(kind, api) as client:
        stored = str(await client.submit(Kling26TextToVideo(prompt="a cat")))
    async with opened(kind, api) as client:
        assert (await client.wait(TaskRef.parse(stored), timeout=30, polling=FAST)).status == "succeeded"


@EVERYWHERE
async def test_no_key_sees_the_tasks_of_another(kind: str, api: Kie, url: str):
    async with opened(kind, api) as client:
        ref = await client.submit(Kling26TextToVideo(prompt="a cat"))
    async with opened(kind, Kie("key-of-another", url)) as client:
        with pytest.raises(NotFound):
            await client.get(ref)
    async with opened(kind, Kie("key-of-a-stranger", url)) as client:
        with pytest.raises(AuthenticationError):
            await client.get(ref)
        with pytest.raises(AuthenticationError):
            await client.submit(Kling26TextToVideo(prompt="a cat"))


@EVERYWHERE
@pytest.mark.parametrize(
    ("job", "code"),
    [
        (
            Job(
                "kling-2.6/text-to-video",
                {"prompt": "x" * 1001, "sound": False, "aspect_ratio": "1:1", "duration": "5"},
            ),
            422,
        ),
        (
            Job("kling-2.6/text-to-video", {"prompt": "x", "sound": "false", "aspect_ratio": "1:1", "duration": "5"}),
            422,
        ),
        (Job("kling-2.6/text-to-video", {"prompt": "x"}), 422),
        (Job("kling/v2-1-pro", {"prompt": "x"}), 422),
        (Job("kling/v2-5-turbo-text-to-video-pro", {"prompt": "x", "cfg_scale": 1.5}), 422),
        (Job("kling/v9", {"prompt": "x"}), 422),
    ],
)
async def test_what_the_service_refuses_is_an_invalid_request(kind: str, api: Kie, job: Job, code: int):
    """`Job` is unchecked here, so that the service's own checks are seen."""
    async with opened(kind, api) as client:
        with pytest.raises(InvalidRequest) as caught:
            await client.submit(job)
    assert (caught.value.code, caught.value.http_status, caught.value.request) == (code, code, job)


@EVERYWHERE
async def test_a_job_makes_the_same_film_unchecked(kind: str, api: Kie, tmp_path):
    job = Job("kling/v2-5-turbo-text-to-video-pro", {"prompt": "a cat"})
    async with opened(kind, api) as client:
        task = await client.generate(job, timeout=30, polling=FAST)
        path = await client.download(task, tmp_path / "film.mp4")
    assert probe(path) == Film(5.0, Fraction(16, 9), sound=False)


@EVERYWHERE
async def test_a_failed_task_tells_its_reason(kind: str):
    emulator = Emulator(clock=VirtualClock(), finish=AfterSeconds(60))
    with emulator.serve() as url:
        async with opened(kind, Kie("key-of-nobody", url)) as client:
            ref = await client.submit(Kling26TextToVideo(prompt="a cat"))
            emulator.fail_task(ref.id, code="501", message="no cats today")
            with pytest.raises(TaskFailed, match="no cats today") as caught:
                await client.wait(ref, timeout=5, polling=FAST)
    assert (caught.value.ref, caught.value.code) == (ref, "501")


@EVERYWHERE
async def test_waiting_ends_at_its_deadline_and_the_task_goes_on(kind: str):
    clock = VirtualClock()
    emulator = Emulator(clock=clock, finish=AfterSeconds(300))
    with emulator.serve() as url:
        async with opened(kind, Kie("key-of-nobody", url)) as client:
            ref = await client.submit(Kling26TextToVideo(prompt="a cat"))
            with pytest.raises(WaitTimeout) as caught:
                await client.wait(ref, timeout=0.1, polling=FAST)
            clock.advance(300)
            assert caught.value.ref == ref
            assert (await client.wait(ref, timeout=5, polling=FAST)).status == "succeeded"


@pytest.fixture
def mailbox() -> Iterator[tuple[str, "queue.Queue[dict[str, Any]]"]]:
    """An address on loopback and what is POSTed there."""
    arrived: queue.Queue[dict[str, Any]] = queue.Queue()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            arrived.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/done", arrived
        server.shutdown()


@EVERYWHERE
async def test_the_end_is_told_to_the_callback(kind: str, api: Kie, mailbox):
    """000: the body of the callback reads like the answer to a query."""
    address, arrived = mailbox
    async with opened(kind, api) as client:
        ref = await client.submit(Kling26TextToVideo(prompt="a cat"), callback_url=address)
        await client.wait(ref, timeout=30, polling=FAST)
        told = arrived.get(timeout=10)
        assert told == (await client.get(ref)).raw
