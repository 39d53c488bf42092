"""How a service is tested with klingkit's fixtures: no key, no money, no network."""

from collections.abc import Callable, Iterator

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings

from examples.video_service.service import create_app
from klingkit import AsyncClient
from klingkit.emulator import AfterSeconds, VirtualClock
from klingkit.kie import Kie
from klingkit.testing import Callback, Callbacks, Clients, InProcess, Router, callbacks

PUBLIC = "https://studio.example"
VIDEO = "https://media.example/cat.mp4"


@pytest.fixture
def news(klingkit_callbacks: Callable[..., Callbacks]) -> Callbacks:
    """The vendor's callbacks, signed with a key of nobody."""
    return klingkit_callbacks("kie")


def customer(app: FastAPI) -> httpx.Client:
    """Who uses the service, without a socket."""
    return httpx.Client(transport=InProcess(app), base_url=PUBLIC)


@pytest.fixture
def web(news: Callbacks) -> Iterator[httpx.Client]:
    """A customer of the service, and the vendor who calls back."""
    with customer(create_app(AsyncClient(Kie("key-of-nobody")), [news.key], PUBLIC)) as client:
        yield client


def deliver(web: httpx.Client, callback: Callback) -> httpx.Response:
    """POST a callback as the vendor does."""
    return web.post("/kling/", content=callback.body, headers=callback.headers)


def test_a_video_from_the_order_to_the_end(klingkit_router: Router, web: httpx.Client, news: Callbacks) -> None:
    """Mocked: each request is held against the spec on its way."""
    klingkit_router.kie.create(task_id="t-1").query(video=VIDEO)
    assert web.post("/videos", json={"prompt": "a cat", "portrait": True}).status_code == 202
    assert web.get("/videos/t-1").json()["status"] == "queued"
    assert deliver(web, news.signed(task_id="t-1", video=VIDEO)).status_code == 200
    assert web.get("/videos/t-1").json() == {"id": "t-1", "status": "succeeded", "url": VIDEO, "reason": None}


def test_a_failure_has_its_reason(klingkit_router: Router, web: httpx.Client, news: Callbacks) -> None:
    """What the API says of it reaches the customer."""
    klingkit_router.kie.create(task_id="t-1").query("fail", reason="too many cats")
    web.post("/videos", json={"prompt": "cats"})
    deliver(web, news.signed("fail", task_id="t-1"))
    assert web.get("/videos/t-1").json()["reason"] == "too many cats"


def test_no_credit_is_no_business_of_the_customer(klingkit_router: Router, web: httpx.Client) -> None:
    """What the API says of the account does not."""
    klingkit_router.kie.refuse(402, message="your credits are used up")
    answer = web.post("/videos", json={"prompt": "a cat"})
    assert (answer.status_code, answer.json()) == (502, {"detail": "no video could be ordered"})


def test_a_prompt_that_is_too_long_is_never_sent(klingkit_router: Router, web: httpx.Client) -> None:
    """Nothing passes the router."""
    assert web.post("/videos", json={"prompt": "x" * 2501}).status_code == 422
    assert klingkit_router.exchanges == []


def test_forged_and_late_callbacks_change_nothing(klingkit_router: Router, web: httpx.Client, news: Callbacks) -> None:
    """Nobody but the vendor ends a video."""
    klingkit_router.kie.create(task_id="t-1").query(video=VIDEO)
    web.post("/videos", json={"prompt": "a cat"})
    for callback in (news.forged(task_id="t-1"), news.late(task_id="t-1"), news.unsigned(task_id="t-1")):
        assert deliver(web, callback).status_code == 400
    assert web.get("/videos/t-1").json()["status"] == "queued"


def test_the_order_of_callbacks_does_not_matter(klingkit_router: Router, web: httpx.Client, news: Callbacks) -> None:
    """A late word that it was accepted does not undo its end: the API is asked."""
    klingkit_router.kie.create(task_id="t-1").query(video=VIDEO)
    web.post("/videos", json={"prompt": "a cat"})
    for callback in (*news.reordered("t-1", VIDEO), *news.duplicate(task_id="t-1")):
        assert deliver(web, callback).status_code == 200
    assert web.get("/videos/t-1").json()["status"] == "succeeded"


def test_no_callback_that_the_spec_allows_breaks_it(
    klingkit_router: Router, web: httpx.Client, news: Callbacks
) -> None:
    """Unknown words, nulls, missing fields: it answers, and never with a 500."""
    klingkit_router.kie.query()

    @settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(callbacks("kie"))
    def each(body: bytes) -> None:
        assert deliver(web, news.sign(body)).status_code in {200, 400}

    each()


@pytest.mark.klingkit(finish=AfterSeconds(90))
def test_against_the_emulator(klingkit_client: Clients, klingkit_clock: VirtualClock, news: Callbacks) -> None:
    """The whole API in process; its time is ours."""
    app = create_app(klingkit_client.asynchronous("kie"), [news.key], PUBLIC)
    with customer(app) as web:
        video = web.post("/videos", json={"prompt": "a cat"}).json()["id"]
        klingkit_clock.advance(90)
        assert deliver(web, news.signed(task_id=video)).status_code == 200
        shown = web.get(f"/videos/{video}").json()
    assert shown["status"] == "succeeded"
    assert shown["url"].startswith("http://localhost/")
