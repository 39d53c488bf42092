"""How a service is tested with klingkit's fixtures: without a key, without money, on this machine alone."""

import socket
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings

from examples.video_service.service import create_app
from klingkit import AsyncClient, Client, KlingkitError
from klingkit.callbacks import CallbackUrls
from klingkit.emulator import AfterSeconds, Emulator, Fault, VirtualClock, read_label
from klingkit.kie import Job, Kie
from klingkit.testing import Callback, Callbacks, Clients, Router, Server, callbacks

PUBLIC = "http://127.0.0.1:9"  # nothing listens there: tests deliver the callbacks, but for those to a port
HERE = "http://localhost"  # the mocked vendor's host: one on the internet would refuse callback URLs on this machine
URLS = CallbackUrls(f"{PUBLIC}/kling", "secret-of-nobody")
SIGNED_WITH = "signing-key-of-nobody"
VIDEO = "https://media.example/cat"
NEVER, OFTEN = 3600.0, 0.02


@pytest.fixture
def deliveries(klingkit_callbacks: Callable[..., Callbacks]) -> Callbacks:
    """Makes the vendor's callbacks."""
    return klingkit_callbacks("kie", SIGNED_WITH)


@contextmanager
def customer(client: AsyncClient[Any], folder: Path, pause: float = NEVER) -> Generator[httpx.Client]:
    """Start the service and make a client of it, without a socket; leaving shuts the service down."""
    app = create_app(client, keys=[SIGNED_WITH], urls=URLS, folder=folder, pause=pause)
    with TestClient(app, base_url=PUBLIC) as web:
        yield web


@pytest.fixture
def web(klingkit_router: Router, tmp_path: Path) -> Iterator[httpx.Client]:
    """A client of the service whose vendor is mocked; the service ends before the router does."""
    klingkit_router.others.get(VIDEO).respond(200, content=b"video")
    with customer(AsyncClient(Kie("key-of-nobody", HERE)), tmp_path) as web:
        yield web


def order(web: httpx.Client, prompt: str = "a cat", status: str = "making") -> str:
    """Order a video."""
    response = web.post("/videos", json={"prompt": prompt})
    assert (response.status_code, response.json()["status"]) == (202, status)
    video: str = response.json()["id"]
    return video


def deliver(web: httpx.Client, video: str, callback: Callback) -> int:
    """POST a callback as the vendor does."""
    path = urlsplit(URLS.url(video)).path
    return web.post(path, content=callback.body, headers=callback.headers).status_code


def state(web: httpx.Client, video: str) -> tuple[str, str | None]:
    """Query an order: its status, and the reason of a failure."""
    found = web.get(f"/videos/{video}").json()
    return found["status"], found["reason"]


def wait(web: httpx.Client, video: str) -> str:
    """Query an order until it has ended; return its status."""
    end = time.monotonic() + 30
    while (status := state(web, video)[0]) in {"making", "uncertain"} and time.monotonic() < end:
        time.sleep(OFTEN)
    return status


# A mocked vendor: each request is checked against the spec.


def test_a_video_is_ordered_made_and_stored(klingkit_router: Router, web: httpx.Client, deliveries: Callbacks) -> None:
    """The service keeps the video, because the vendor's URL expires."""
    klingkit_router.kie.create("t-1").query(video=VIDEO)
    video = order(web)
    assert web.get(f"/videos/{video}/file").status_code == 404
    assert deliver(web, video, deliveries.signed(task_id="t-1", video=VIDEO)) == 200
    assert state(web, video) == ("ready", None)
    assert web.get(f"/videos/{video}/file").content == b"video"


def test_a_failure_reports_its_reason(klingkit_router: Router, web: httpx.Client, deliveries: Callbacks) -> None:
    """The API's reason reaches the customer, not the callback's."""
    klingkit_router.kie.create("t-1").query("fail", reason="too many cats")
    video = order(web, "cats")
    assert deliver(web, video, deliveries.signed("fail", task_id="t-1", reason="another reason")) == 200
    assert state(web, video) == ("failed", "too many cats")


@pytest.mark.parametrize(
    ("word", "record"), [("success", {}), ("fail", {"reason": "The prompt violates our content policy."})]
)
def test_an_order_without_a_video_ends(
    klingkit_router: Router, web: httpx.Client, deliveries: Callbacks, word: str, record: dict[str, str]
) -> None:
    """The task succeeded and names no video, or its content was refused: the order does not stay in the making."""
    klingkit_router.kie.create("t-1").query(word, reason=record.get("reason"))
    video = order(web)
    assert deliver(web, video, deliveries.signed(word, task_id="t-1")) == 200
    assert state(web, video)[0] == "failed"


@pytest.mark.parametrize(
    ("order_", "text"),
    [({"prompt": " "}, "prompt: a text that is not blank"), ({"prompt": "a cat"}, "this order is refused")],
)
def test_an_invalid_order_shows_no_callback_url(
    order_: dict[str, str], text: str, klingkit_router: Router, tmp_path: Path
) -> None:
    """Here the URL itself is refused: a private address, to which a vendor on the internet cannot call back."""
    with customer(AsyncClient(Kie("key-of-nobody")), tmp_path) as web:
        response = web.post("/videos", json=order_)
    assert (response.status_code, response.json()["detail"][: len(text)]) == (422, text)
    assert PUBLIC not in response.text
    assert klingkit_router.exchanges == []


@pytest.mark.parametrize(("code", "status", "text"), [(402, 502, "nothing paid"), (455, 503, "try again later")])
def test_a_rejected_order_costs_nothing(
    klingkit_router: Router, web: httpx.Client, code: int, status: int, text: str
) -> None:
    """The API's message about the account does not reach the customer."""
    klingkit_router.kie.refuse(code, message="for the owner's eyes")
    response = web.post("/videos", json={"prompt": "a cat"})
    assert response.status_code == status
    assert text in response.text
    assert "owner" not in response.text


def test_an_uncertain_order_is_neither_rejected_nor_paid_again(
    klingkit_router: Router, web: httpx.Client, deliveries: Callbacks
) -> None:
    """The response is lost. The callback comes to the order's own URL, and names the task."""
    klingkit_router.kie.respond("create", httpx.ReadTimeout("no response")).query(video=VIDEO)
    video = order(web, status="uncertain")
    assert len(klingkit_router.exchanges) == 1
    assert deliver(web, video, deliveries.signed(task_id="t-1")) == 200
    assert state(web, video) == ("ready", None)


def test_a_prompt_that_is_too_long_is_never_sent(klingkit_router: Router, web: httpx.Client) -> None:
    """The router sees no request."""
    assert web.post("/videos", json={"prompt": "x" * 2501}).status_code == 422
    assert klingkit_router.exchanges == []


def test_a_request_that_the_vendor_would_reject_fails_the_test() -> None:
    """The router names the field, and raises again at its end, because the service may swallow the first error."""
    client, router = Client(Kie("key-of-nobody")), Router()
    router.kie.create()
    job = Job("kling/v2-5-turbo-text-to-video-pro", {"prompt": "x" * 2501})
    violation = r"input\.prompt: has 2501 characters, may have 2500"
    with pytest.raises(AssertionError, match=violation), router, suppress(KlingkitError):
        client.submit(job)


# Callbacks, from the vendor and from others.


def test_forged_and_late_callbacks_change_nothing(
    klingkit_router: Router, web: httpx.Client, deliveries: Callbacks
) -> None:
    """Only the vendor's callback, at the order's own URL, ends an order."""
    klingkit_router.kie.create("t-1").query(video=VIDEO)
    video = order(web)
    for callback in (
        deliveries.forged(task_id="t-1"),
        deliveries.late(task_id="t-1"),
        deliveries.unsigned(task_id="t-1"),
    ):
        assert deliver(web, video, callback) == 400
    genuine = deliveries.signed(task_id="t-1")
    assert web.post("/kling/guessed.path", content=genuine.body, headers=genuine.headers).status_code == 400
    assert state(web, video) == ("making", None)


def test_the_order_of_callbacks_does_not_matter(
    klingkit_router: Router, web: httpx.Client, deliveries: Callbacks
) -> None:
    """Nor does their number: the service trusts the API's state alone."""
    klingkit_router.kie.create("t-1").query(video=VIDEO)
    video = order(web)
    for callback in (*deliveries.reordered("t-1", VIDEO), *deliveries.duplicate(task_id="t-1")):
        assert deliver(web, video, callback) == 200
    assert state(web, video) == ("ready", None)
    assert klingkit_router.others.calls.call_count == 1


def test_no_callback_that_the_spec_allows_is_an_error_of_the_service(web: httpx.Client, deliveries: Callbacks) -> None:
    """Unknown states, nulls, missing fields: the reply is never a 500."""

    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(callbacks("kie") | callbacks("kie", "success"))
    def each(body: bytes) -> None:
        with (
            Router() as router
        ):  # one for each example: planned responses of a fixture would go on from example to example
            router.kie.create().query(video=VIDEO)
            assert deliver(web, order(web), deliveries.sign(body)) in {200, 400}

    each()


# The emulator in process, with a clock that the tests advance.


@pytest.mark.klingkit(finish=AfterSeconds(90))
def test_a_video_is_stored_without_a_callback(
    klingkit_client: Clients, klingkit_emulator: Emulator, klingkit_clock: VirtualClock, tmp_path: Path
) -> None:
    """No callback arrives. The service queries the task by itself, and stores the video of that task."""
    with customer(klingkit_client.asynchronous("kie"), tmp_path, OFTEN) as web:
        video = order(web, "a cat in the rain")
        klingkit_clock.advance(89)
        assert state(web, video) == ("making", None)
        klingkit_clock.advance(1)
        assert wait(web, video) == "ready"
        stored = web.get(f"/videos/{video}/file")
    (task,) = klingkit_emulator.tasks
    assert read_label(stored.content).task_id == task.id


@pytest.mark.klingkit(finish=AfterSeconds(90))
def test_a_restart_forgets_nothing(klingkit_client: Clients, klingkit_clock: VirtualClock, tmp_path: Path) -> None:
    """A task that ended in between is found at the start."""
    with customer(klingkit_client.asynchronous("kie"), tmp_path) as web:
        video = order(web)
    klingkit_clock.advance(90)
    with customer(klingkit_client.asynchronous("kie"), tmp_path) as web:
        assert wait(web, video) == "ready"


@pytest.mark.klingkit(
    faults=[Fault("refuse", operation="query", code=500, times=2), Fault("truncate", operation="media", times=1)]
)
def test_temporary_errors_pass(klingkit_client: Clients, klingkit_emulator: Emulator, tmp_path: Path) -> None:
    """The service tries again, until it has the whole video."""
    with customer(klingkit_client.asynchronous("kie"), tmp_path, OFTEN) as web:
        assert wait(web, order(web)) == "ready"
    faults = [exchange.fault for exchange in klingkit_emulator.requests if exchange.fault]
    assert faults == ["refuse", "refuse", "truncate"]


# The emulator on a port, and the service on another: the vendor calls back by itself.


@contextmanager
def serving(vendor: Server, folder: Path) -> Generator[httpx.Client]:
    """Serve on a free port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        urls = CallbackUrls(f"{url}/kling", "secret-of-nobody")
        client = AsyncClient(Kie("key-of-nobody", vendor.url))
        app = create_app(client, keys=[SIGNED_WITH], urls=urls, folder=folder, pause=NEVER)
        server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            with httpx.Client(base_url=url, timeout=30) as web:
                yield web
        finally:
            server.should_exit = True
            thread.join()


@pytest.mark.klingkit(finish=AfterSeconds(90), signing={"kie": SIGNED_WITH})
@pytest.mark.parametrize(
    ("fault", "replies", "status"),
    [
        (None, [200], "ready"),
        (Fault("callback-late", seconds=10), [200], "ready"),
        (Fault("callback-twice"), [200, 200], "ready"),
        (Fault("callback-altered"), [200], "ready"),
        (Fault("callback-forged"), [400], "making"),
        (Fault("callback-stale"), [400], "making"),
        (Fault("callback-lost"), [None], "making"),
    ],
    ids=["on time", "late", "twice", "altered", "forged", "stale", "lost"],
)
def test_the_vendor_calls_back(
    klingkit_server: Server,
    klingkit_clock: VirtualClock,
    tmp_path: Path,
    fault: Fault | None,
    replies: list[int | None],
    status: str,
) -> None:
    """On time or late, twice or not at all, altered or forged."""
    emulator = klingkit_server.emulator
    if fault:
        emulator.faults.add(fault)
    with serving(klingkit_server, tmp_path) as web:
        video = order(web)
        klingkit_clock.advance(100)
        emulator.wait_idle(30)
        assert [delivery.status for delivery in emulator.deliveries] == replies
        assert state(web, video) == (status, None)


@pytest.mark.klingkit(
    finish=AfterSeconds(90), signing={"kie": SIGNED_WITH}, faults=[Fault("drop", operation="create", after=True)]
)
def test_a_callback_finds_the_order_whose_response_was_lost(
    klingkit_server: Server, klingkit_clock: VirtualClock, tmp_path: Path
) -> None:
    """Also after a restart: the order is stored before it is paid for."""
    with serving(klingkit_server, tmp_path) as web:
        video = order(web, status="uncertain")
        assert len(klingkit_server.emulator.tasks) == 1
        klingkit_clock.advance(90)
        klingkit_server.emulator.wait_idle(30)
        assert state(web, video) == ("ready", None)
    with customer(AsyncClient(Kie("key-of-nobody", klingkit_server.url)), tmp_path) as web:
        assert state(web, video) == ("ready", None)
