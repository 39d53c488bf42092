"""How a service is tested with klingkit's fixtures: no key, no money, nothing but this machine."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn
from hypothesis import HealthCheck, given, settings

from examples.video_service.service import create_app
from klingkit import AsyncClient, Client, KlingkitError
from klingkit.callbacks import CallbackUrls
from klingkit.emulator import AfterSeconds, Emulator, Fault, VirtualClock, read_label
from klingkit.kie import Job, Kie
from klingkit.testing import Callback, Callbacks, Clients, InProcess, Router, Server, callbacks

PUBLIC = "http://127.0.0.1:9"  # nobody listens there: callbacks come by hand, but for those to a port
URLS = CallbackUrls(f"{PUBLIC}/kling", "secret-of-nobody")
SIGNED_WITH = "signing-key-of-nobody"
VIDEO = "https://media.example/cat"
NEVER, OFTEN = 3600.0, 0.02


@pytest.fixture
def news(klingkit_callbacks: Callable[..., Callbacks]) -> Callbacks:
    """The vendor's callbacks."""
    return klingkit_callbacks("kie", SIGNED_WITH)


@contextmanager
def customer(client: AsyncClient[Any], folder: Path, pause: float = NEVER) -> Iterator[httpx.Client]:
    """Start the service, and use it without a socket; `pause` is how often it looks after its orders."""
    app = create_app(client, keys=[SIGNED_WITH], urls=URLS, folder=folder, pause=pause)
    with httpx.Client(transport=InProcess(app), base_url=PUBLIC, timeout=30) as web:
        yield web


@pytest.fixture
def web(klingkit_router: Router, tmp_path: Path) -> Iterator[httpx.Client]:
    """A customer of the service whose vendor is mocked; it ends before the router does."""
    klingkit_router.others.get(VIDEO).respond(200, content=b"film")
    with customer(AsyncClient(Kie("key-of-nobody")), tmp_path) as found:
        yield found


def order(web: httpx.Client, prompt: str = "a cat", status: str = "making") -> str:
    """Order a video."""
    answer = web.post("/videos", json={"prompt": prompt})
    assert (answer.status_code, answer.json()["status"]) == (202, status)
    video: str = answer.json()["id"]
    return video


def deliver(web: httpx.Client, video: str, callback: Callback) -> int:
    """POST a callback as the vendor does."""
    path = urlsplit(URLS.url(video)).path
    return web.post(path, content=callback.body, headers=callback.headers).status_code


def shown(web: httpx.Client, video: str) -> tuple[str, str | None]:
    """Ask where it is: its status, and the reason."""
    found = web.get(f"/videos/{video}").json()
    return found["status"], found["reason"]


def ends(web: httpx.Client, video: str) -> str:
    """Ask until it has ended."""
    end = time.monotonic() + 30
    while (status := shown(web, video)[0]) in {"making", "uncertain"} and time.monotonic() < end:
        time.sleep(OFTEN)
    return status


# Mocked: each request is held against the spec on its way.


def test_a_video_from_the_order_to_the_film(klingkit_router: Router, web: httpx.Client, news: Callbacks) -> None:
    """The film is kept here: the vendor's URL expires."""
    klingkit_router.kie.create("t-1").query(video=VIDEO)
    video = order(web)
    assert web.get(f"/videos/{video}/film").status_code == 404
    assert deliver(web, video, news.signed(task_id="t-1", video=VIDEO)) == 200
    assert shown(web, video) == ("ready", None)
    assert web.get(f"/videos/{video}/film").content == b"film"


def test_a_failure_has_its_reason(klingkit_router: Router, web: httpx.Client, news: Callbacks) -> None:
    """What the API says of the task reaches the customer."""
    klingkit_router.kie.create("t-1").query("fail", reason="too many cats")
    video = order(web, "cats")
    assert deliver(web, video, news.signed("fail", task_id="t-1", reason="so it says")) == 200
    assert shown(web, video) == ("failed", "too many cats")


@pytest.mark.parametrize(("code", "status", "told"), [(402, 502, "nothing paid"), (455, 503, "try again later")])
def test_a_refusal_costs_nothing(klingkit_router: Router, web: httpx.Client, code: int, status: int, told: str) -> None:
    """What the API says of the account does not reach the customer."""
    klingkit_router.kie.refuse(code, message="for the owner's eyes")
    answer = web.post("/videos", json={"prompt": "a cat"})
    assert answer.status_code == status
    assert told in answer.text
    assert "owner" not in answer.text


def test_an_order_that_may_have_been_paid_for_is_neither_refused_nor_paid_again(
    klingkit_router: Router, web: httpx.Client, news: Callbacks
) -> None:
    """The answer got lost. The callback comes to a URL of the order's own, and tells its task."""
    klingkit_router.kie.answer("create", httpx.ReadTimeout("no answer")).query(video=VIDEO)
    video = order(web, status="uncertain")
    assert len(klingkit_router.exchanges) == 1
    assert deliver(web, video, news.signed(task_id="t-1")) == 200
    assert shown(web, video) == ("ready", None)


def test_a_prompt_that_is_too_long_is_never_sent(klingkit_router: Router, web: httpx.Client) -> None:
    """Nothing passes the router."""
    assert web.post("/videos", json={"prompt": "x" * 2501}).status_code == 422
    assert klingkit_router.exchanges == []


def test_if_it_were_sent_the_test_would_fail() -> None:
    """What the vendor would refuse, the router refuses, and names the field; at its end, if somebody swallows that."""
    client, router = Client(Kie("key-of-nobody")), Router()
    router.kie.create()
    job = Job("kling/v2-5-turbo-text-to-video-pro", {"prompt": "x" * 2501})
    told = r"input\.prompt: has 2501 characters, may have 2500"
    with pytest.raises(AssertionError, match=told), router, suppress(KlingkitError):
        client.submit(job)


# The vendor's callbacks, and others.


def test_forged_and_late_callbacks_change_nothing(klingkit_router: Router, web: httpx.Client, news: Callbacks) -> None:
    """Nobody but the vendor ends a video, and nobody else's callback ends this one."""
    klingkit_router.kie.create("t-1").query(video=VIDEO)
    video = order(web)
    for callback in (news.forged(task_id="t-1"), news.late(task_id="t-1"), news.unsigned(task_id="t-1")):
        assert deliver(web, video, callback) == 400
    true = news.signed(task_id="t-1")
    assert web.post("/kling/guessed.path", content=true.body, headers=true.headers).status_code == 400
    assert shown(web, video) == ("making", None)


def test_the_order_of_callbacks_does_not_matter(klingkit_router: Router, web: httpx.Client, news: Callbacks) -> None:
    """Nor how often they come: the API is asked."""
    klingkit_router.kie.create("t-1").query(video=VIDEO)
    video = order(web)
    for callback in (*news.reordered("t-1", VIDEO), *news.duplicate(task_id="t-1")):
        assert deliver(web, video, callback) == 200
    assert shown(web, video) == ("ready", None)
    assert klingkit_router.others.calls.call_count == 1


def test_no_callback_that_the_spec_allows_breaks_it(web: httpx.Client, news: Callbacks) -> None:
    """Unknown words, nulls, missing fields: it answers, and never with a 500."""

    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(callbacks("kie") | callbacks("kie", "success"))
    def each(body: bytes) -> None:
        with Router() as router:  # of each example's own: the plans of one would go on from example to example
            router.kie.create().query(video=VIDEO)
            assert deliver(web, order(web), news.sign(body)) in {200, 400}

    each()


# The emulator in process: its time is ours.


@pytest.mark.klingkit(finish=AfterSeconds(90))
def test_a_callback_that_never_comes(
    klingkit_client: Clients, klingkit_emulator: Emulator, klingkit_clock: VirtualClock, tmp_path: Path
) -> None:
    """Nobody calls back here. The service asks by itself, and fetches a film that is the one that was asked for."""
    with customer(klingkit_client.asynchronous("kie"), tmp_path, OFTEN) as web:
        video = order(web, "a cat in the rain")
        klingkit_clock.advance(89)
        assert shown(web, video) == ("making", None)
        klingkit_clock.advance(1)
        assert ends(web, video) == "ready"
        film = web.get(f"/videos/{video}/film")
    (task,) = klingkit_emulator.tasks
    assert read_label(film.content).task_id == task.id


@pytest.mark.klingkit(finish=AfterSeconds(90))
def test_a_restart_forgets_nothing(klingkit_client: Clients, klingkit_clock: VirtualClock, tmp_path: Path) -> None:
    """What ended in between is found at the start."""
    with customer(klingkit_client.asynchronous("kie"), tmp_path) as web:
        video = order(web)
    klingkit_clock.advance(90)
    with customer(klingkit_client.asynchronous("kie"), tmp_path) as web:
        assert ends(web, video) == "ready"


@pytest.mark.klingkit(
    faults=[Fault("refuse", operation="query", code=500, times=2), Fault("truncate", operation="media", times=1)]
)
def test_troubles_on_the_way_pass(klingkit_client: Clients, klingkit_emulator: Emulator, tmp_path: Path) -> None:
    """The service looks again, until it has the whole film."""
    with customer(klingkit_client.asynchronous("kie"), tmp_path, OFTEN) as web:
        assert ends(web, order(web)) == "ready"
    struck = [exchange.fault for exchange in klingkit_emulator.requests if exchange.fault]
    assert struck == ["refuse", "refuse", "truncate"]


# The emulator on a port, and the service on another: the vendor calls back by itself.


@contextmanager
def serving(vendor: Server, folder: Path) -> Iterator[httpx.Client]:
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
    ("fault", "answers", "status"),
    [
        (None, [200], "ready"),
        (Fault("callback-late", seconds=10), [200], "ready"),
        (Fault("callback-twice"), [200, 200], "ready"),
        (Fault("callback-altered"), [200], "ready"),
        (Fault("callback-forged"), [400], "making"),
        (Fault("callback-stale"), [400], "making"),
        (Fault("callback-lost"), [None], "making"),
    ],
    ids=["well", "late", "twice", "altered", "forged", "stale", "lost"],
)
def test_the_vendor_calls_back(
    klingkit_server: Server,
    klingkit_clock: VirtualClock,
    tmp_path: Path,
    fault: Fault | None,
    answers: list[int | None],
    status: str,
) -> None:
    """Well or late, twice or not at all; in the words of others, whom nobody believes."""
    emulator = klingkit_server.emulator
    if fault:
        emulator.faults.add(fault)
    with serving(klingkit_server, tmp_path) as web:
        video = order(web)
        klingkit_clock.advance(100)
        emulator.wait_idle(30)
        assert [delivery.status for delivery in emulator.deliveries] == answers
        assert shown(web, video) == (status, None)


@pytest.mark.klingkit(
    finish=AfterSeconds(90), signing={"kie": SIGNED_WITH}, faults=[Fault("drop", operation="create", after=True)]
)
def test_a_callback_finds_the_order_whose_answer_was_lost(
    klingkit_server: Server, klingkit_clock: VirtualClock, tmp_path: Path
) -> None:
    """Also after a restart: it was written down before it was paid for."""
    with serving(klingkit_server, tmp_path) as web:
        video = order(web, status="uncertain")
        assert len(klingkit_server.emulator.tasks) == 1
        klingkit_clock.advance(90)
        klingkit_server.emulator.wait_idle(30)
        assert shown(web, video) == ("ready", None)
    with customer(AsyncClient(Kie("key-of-nobody", klingkit_server.url)), tmp_path) as web:
        assert shown(web, video) == ("ready", None)
