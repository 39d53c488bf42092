"""The first tests of a service: they need no key, cost nothing and stay on this machine."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi.testclient import TestClient

from examples.video_service.service import create_app
from klingkit import AsyncClient
from klingkit.callbacks import CallbackUrls
from klingkit.emulator import AfterSeconds, VirtualClock
from klingkit.kie import Kie
from klingkit.testing import Callbacks, Clients, Router

URLS = CallbackUrls("https://service.example/kling", "secret-of-nobody")
VIDEO = "https://media.example/cat"


@contextmanager
def running(client: AsyncClient[Any], folder: Path) -> Generator[httpx.Client]:
    """Start the service, and stop it at the end."""
    app = create_app(client, keys=["signing-key"], urls=URLS, folder=folder, pause=3600)
    with TestClient(app, base_url="https://service.example") as web:
        yield web


def test_an_order_is_delivered(
    klingkit_router: Router, klingkit_callbacks: Callable[..., Callbacks], tmp_path: Path
) -> None:
    """An order, its callback, its file. Each request to kie.ai is mocked, and checked against the spec."""
    klingkit_router.kie.create("t-1").query("success", video=VIDEO)
    klingkit_router.others.get(VIDEO).respond(200, content=b"video")
    callback = klingkit_callbacks("kie", "signing-key").signed(task_id="t-1")
    with running(AsyncClient(Kie("any-key")), tmp_path) as web:
        video = web.post("/videos", json={"prompt": "a cat"}).json()["id"]
        path = urlsplit(URLS.url(video)).path
        assert web.post(path, content=callback.body, headers=callback.headers).status_code == 200
        assert web.get(f"/videos/{video}/file").content == b"video"


def test_a_rejected_order_costs_nothing(klingkit_router: Router, tmp_path: Path) -> None:
    """kie.ai responds that the account has no credit."""
    klingkit_router.kie.refuse(402)
    with running(AsyncClient(Kie("any-key")), tmp_path) as web:
        response = web.post("/videos", json={"prompt": "a cat"})
    assert (response.status_code, response.json()["detail"]) == (502, "no video was ordered, and nothing paid")


def test_a_lost_response_is_not_paid_again(klingkit_router: Router, tmp_path: Path) -> None:
    """The order stays, as uncertain; one paid request was sent."""
    klingkit_router.kie.respond("create", httpx.ReadTimeout("no response"))
    with running(AsyncClient(Kie("any-key")), tmp_path) as web:
        assert web.post("/videos", json={"prompt": "a cat"}).json()["status"] == "uncertain"
    assert len(klingkit_router.exchanges) == 1


@pytest.mark.klingkit(finish=AfterSeconds(600))
def test_a_restart_forgets_nothing(klingkit_client: Clients, klingkit_clock: VirtualClock, tmp_path: Path) -> None:
    """On the emulator: the task ends while the service is down. The next one queries it at its start."""
    with running(klingkit_client.asynchronous("kie"), tmp_path) as web:
        video = web.post("/videos", json={"prompt": "a cat"}).json()["id"]
    klingkit_clock.advance(600)
    with running(klingkit_client.asynchronous("kie"), tmp_path) as web:
        end = time.monotonic() + 30
        while web.get(f"/videos/{video}").json()["status"] != "ready" and time.monotonic() < end:
            time.sleep(0.02)
        assert web.get(f"/videos/{video}/file").headers["content-type"] == "video/mp4"
