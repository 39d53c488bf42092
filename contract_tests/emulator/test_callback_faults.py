"""Callbacks that go wrong on purpose, that are signed, and that are sent once more."""

import json
import threading
from contextlib import nullcontext
from typing import Any

import httpx
import pytest

from contract_tests.emulator.kit import Api, Kie, Native, Relay, every_api
from klingkit import CallbackRejected, kie, native, parse_callback, relay
from klingkit.emulator import AfterSeconds, Emulator, Fault, SystemClock, VirtualClock
from klingkit.emulator.webhooks._signing import sign

Kind = type[Api]

READERS: dict[str, Any] = {
    "kie": kie.Kie("any-key"),
    "native": native.Native("any-key", "https://native.example"),
    "relay": relay.Relay("any-key", "https://relay.example"),
}

SECRET = "whsec_c2VjcmV0"
SIGNING = {"kie": "a key", "native": SECRET, "relay": SECRET}
URL = "http://receiver.example/"


class Post:
    """Stands for a receiver: what came, in its order."""

    def __init__(self, status: int = 200) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.status = status

    def __call__(self, url: str, body: bytes) -> int:
        assert url == URL
        self.bodies.append(json.loads(body))
        return self.status

    def states(self, kind: Kind) -> list[str]:
        bodies = [body["data"] if kind is Kie else body for body in self.bodies]
        return [body[kind.state] for body in bodies]


def made(kind: Kind, *faults: Fault, post: Post, **options: Any) -> tuple[Api, str]:
    """A task that takes a minute, with a receiver of its callbacks."""
    api = kind.on(AfterSeconds(60), faults=faults, post=post, **options)
    return api, api.make(kind.calling(URL))


def pass_by(api: Api, seconds: float) -> None:
    api.emulator.clock.advance(seconds)
    api.emulator.wait_idle()


@every_api
def test_a_late_one_comes_when_its_time_has_come(kind: Kind) -> None:
    api, _ = made(kind, Fault("callback-late", seconds=100), post=(post := Post()))
    pass_by(api, 60 + 69)
    assert post.states(kind) == []
    pass_by(api, 100)
    assert post.states(kind)[-1] == kind.words["succeeded"]
    assert {one.fault for one in api.emulator.deliveries} == {"callback-late"}


def test_how_late_may_be_left_open() -> None:
    api, _ = made(Kie, Fault("callback-late"), post=(post := Post()))
    pass_by(api, 60)
    assert not post.bodies
    pass_by(api, 5)
    assert post.bodies


@every_api
def test_one_that_comes_twice_is_the_same_one(kind: Kind) -> None:
    api, _ = made(kind, Fault("callback-twice", times=1), post=(post := Post()), signing=SIGNING)
    pass_by(api, 60)
    assert post.bodies[0] == post.bodies[1]
    first, second, *rest = api.emulator.deliveries
    assert (first.attempt, second.attempt, len(rest)) == (1, 2, 0 if kind is Kie else 1)
    assert first.headers == second.headers


@pytest.mark.parametrize("kind", [Native, Relay], ids=["native", "relay"])
def test_two_of_one_task_come_in_the_wrong_order(kind: Kind) -> None:
    api, _ = made(kind, Fault("callback-reordered"), post=(post := Post()))
    pass_by(api, 60)
    assert post.states(kind) == [kind.words["succeeded"], kind.words["running"]]
    assert [one.fault for one in api.emulator.deliveries] == [None, "callback-reordered"]


def test_kies_only_one_is_not_held_for_another() -> None:
    api, _ = made(Kie, Fault("callback-reordered"), post=(post := Post()))
    pass_by(api, 60)
    assert post.states(Kie) == ["success"]


@every_api
def test_a_lost_one_is_noted_and_not_sent_until_it_is_sent_again(kind: Kind) -> None:
    api, task_id = made(kind, Fault("callback-lost"), post=(post := Post()))
    pass_by(api, 60)
    assert not post.bodies
    lost = api.emulator.deliveries[-1]
    assert (lost.task_id, lost.status, lost.reason) == (task_id, None, "lost, as a fault had it")
    assert lost.fault == "callback-lost"
    api.emulator.resend(lost.id)
    api.emulator.wait_idle()
    assert post.states(kind) == [kind.words["succeeded"]]
    assert (api.emulator.deliveries[-1].attempt, api.emulator.deliveries[-1].fault) == (2, None)


@every_api
def test_a_forged_one_leads_to_another_film(kind: Kind) -> None:
    api, task_id = made(kind, Fault("callback-forged"), post=(post := Post()))
    pass_by(api, 60)
    assert "/media/forged.mp4" in json.dumps(post.bodies[-1])
    assert f"/media/{task_id}.mp4" not in json.dumps(post.bodies[-1])
    assert api.ask("GET", "/media/forged.mp4").status_code == 404


@every_api
def test_a_forged_one_without_a_film_claims_too_much(kind: Kind) -> None:
    api, task_id = made(kind, Fault("callback-forged"), post=(post := Post()))
    api.emulator.fail_task(task_id)
    api.emulator.wait_idle()
    assert post.bodies[-1].pop("forged") is True
    assert post.bodies[-1] == (api.query(task_id).json() if kind is Kie else api.record(task_id))


@every_api
def test_where_callbacks_are_signed_it_is_the_signature_that_is_forged(kind: Kind) -> None:
    post = Post()
    api, _ = made(kind, Fault("callback-forged", times=2), post=post, signing=SIGNING)
    pass_by(api, 60)
    forged = api.emulator.deliveries[-1]
    assert "forged" not in forged.body
    api.emulator.resend(forged.id)
    api.emulator.wait_idle()
    genuine = api.emulator.deliveries[-1]
    assert genuine.body == forged.body
    assert genuine.headers != forged.headers


@every_api
def test_each_is_signed_with_the_machines_time(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    """Receivers go by theirs, whatever the emulator's clock shows."""
    now = 1_900_000_000.0
    monkeypatch.setattr("klingkit.emulator.webhooks._callbacks.time.time", lambda: now)
    api, task_id = made(kind, post=Post(), signing=SIGNING)
    pass_by(api, 60)
    (*_, first) = api.emulator.deliveries
    api.emulator.clock.advance(1000)
    api.emulator.resend(first.id)
    api.emulator.wait_idle()
    (*_, again) = api.emulator.deliveries
    for one in (first, again):
        body, message = one.body.encode(), one.message_id
        key = SIGNING[kind.name]
        assert one.headers == sign(kind.name, key, task_id=task_id, message_id=message, now=now, body=body)
    assert (again.at - first.at, again.message_id, again.attempt) == (1000, first.message_id, first.attempt + 1)


@every_api
def test_a_stale_one_was_signed_long_ago(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_900_000_000.0
    monkeypatch.setattr("klingkit.emulator.webhooks._callbacks.time.time", lambda: now)
    for seconds, age in ((None, 3600), (301, 301)):
        api, task_id = made(kind, Fault("callback-stale", seconds=seconds), post=Post(), signing=SIGNING)
        pass_by(api, 60)
        (*_, one) = api.emulator.deliveries
        key, body = SIGNING[kind.name], one.body.encode()
        old = sign(kind.name, key, task_id=task_id, message_id=one.message_id, now=now - age, body=body)
        assert (one.headers, one.fault) == (old, "callback-stale")


@every_api
@pytest.mark.parametrize("signing", [None, SIGNING])
def test_an_altered_one_has_the_signature_of_the_true_one(kind: Kind, signing: Any) -> None:
    api, task_id = made(kind, Fault("callback-altered"), post=Post(), signing=signing)
    pass_by(api, 60)
    (*_, altered) = api.emulator.deliveries
    assert "/media/forged.mp4" in altered.body
    api.emulator.resend(altered.id)
    api.emulator.wait_idle()
    (*_, genuine) = api.emulator.deliveries
    assert f"/media/{task_id}.mp4" in genuine.body
    assert (genuine.fault, genuine.attempt) == (None, altered.attempt + 1)
    if signing:
        with pytest.raises(CallbackRejected) if kind is not Kie else nullcontext():
            parse_callback(READERS[kind.name], altered.body.encode(), altered.headers, keys=[SIGNING[kind.name]])
        assert parse_callback(
            READERS[kind.name], genuine.body.encode(), genuine.headers, keys=[SIGNING[kind.name]]
        ).verified


def test_one_that_comes_late_overtakes_none_that_waits_for_it() -> None:
    faults = Fault("callback-reordered", times=1), Fault("callback-late", times=1, seconds=60)
    api, _ = made(Native, *faults, post=(post := Post()))
    pass_by(api, 60)
    assert post.states(Native) == []
    pass_by(api, 60)
    assert post.states(Native) == [Native.words["succeeded"], Native.words["running"]]


def test_one_that_waits_for_another_goes_when_its_task_is_forgotten() -> None:
    api, task_id = made(Native, Fault("callback-reordered", times=1), post=(post := Post()), kept=1)
    pass_by(api, 30)
    assert post.bodies == []
    api.make()
    api.emulator.wait_idle()
    assert [body["task_id"] for body in post.bodies] == [task_id]


@pytest.mark.parametrize(
    "error", [httpx.ConnectError("no route"), AssertionError("not this"), pytest.fail.Exception("no")]
)
def test_a_post_that_raises_is_noted_and_the_next_one_goes(error: BaseException) -> None:
    def post(url: str, body: bytes) -> int:
        raise error

    api = Kie.on(post=post)
    for _ in range(10):  # more than there are hands
        api.make(Kie.calling(URL))
    api.emulator.wait_idle()
    assert [one.status for one in api.emulator.deliveries] == [None] * 10
    assert api.emulator.deliveries[0].reason == f"{type(error).__name__}: {error}"


def test_what_can_not_be_taken_down_is_logged_and_the_next_one_goes(caplog: pytest.LogCaptureFixture) -> None:
    api = Kie.on(post=(post := Post()))
    log = api.emulator._engine.deliveries
    noted, log._on_delivery = log._on_delivery, fail
    for _ in range(10):  # more than there are hands
        api.make(Kie.calling(URL))
    api.emulator.wait_idle()
    log._on_delivery = noted
    assert caplog.text.count("could not be taken down") == 10
    api.make(Kie.calling(URL))
    api.emulator.wait_idle()
    assert len(post.bodies) == 11


def fail(_: object) -> None:
    raise OSError("the disk is full")


def test_one_that_is_late_by_nothing_comes_at_once() -> None:
    api, _ = made(Native, Fault("callback-late", seconds=0), post=(post := Post()))
    pass_by(api, 60)
    assert len(post.bodies) == 2


def test_nothing_comes_of_what_is_closed() -> None:
    clock, post = SystemClock(), Post()
    emulator = Emulator(clock=clock, finish=AfterSeconds(3600), post=post)
    task_id = Native(emulator).make(Native.calling(URL))
    emulator.close()
    emulator.close()
    clock.advance(3600)
    emulator.finish_task(task_id)
    emulator.wait_idle()
    assert (post.bodies, clock._plan, clock._watchers) == ([], [], [])
    emulator.reset()
    Native(emulator).make(Native.calling(URL))
    emulator.finish_task(emulator.tasks[0].id)
    emulator.wait_idle()
    assert post.bodies == []


def test_what_was_sent_is_not_sent_again_once_all_is_closed() -> None:
    api = Kie.on(post=(post := Post()))
    api.make(Kie.calling(URL))
    api.emulator.wait_idle()
    api.emulator.close()
    api.emulator.resend(1)
    api.emulator.wait_idle()
    assert len(post.bodies) == 1


def test_one_that_waits_to_be_overtaken_goes_though_the_next_one_may_not() -> None:
    api, _ = made(Native, Fault("callback-reordered", times=1), post=(post := Post()), kept=1)
    pass_by(api, 60)
    assert post.states(Native) == [Native.words["running"]]
    assert [one.reason for one in api.emulator.deliveries] == [""], "the newest alone is kept"


def test_callbacks_that_pile_up_are_noted_and_not_sent() -> None:
    free = threading.Event()

    def post(url: str, body: bytes) -> int:
        free.wait(10)
        return 200

    api = Kie.on(post=post, kept=10)
    for _ in range(12):
        api.make(Kie.calling(URL))
    noted = [(one.status, one.reason) for one in api.emulator.deliveries]
    free.set()
    api.emulator.wait_idle()
    assert noted == [(None, "not sent: 10 are waiting")] * 2


def test_only_a_delivery_that_there_is_can_be_sent_again() -> None:
    with pytest.raises(LookupError, match="no delivery 7"):
        Emulator().resend(7)


def test_faults_ask_for_the_prompt_and_the_api() -> None:
    post = Post()
    emulator = Emulator(
        clock=VirtualClock(),
        post=post,
        faults=[Fault("callback-lost", api="kie", prompt="^lose", operation="callback")],
    )
    Kie(emulator).make(Kie.calling(URL))
    Kie(emulator).make({**Kie.calling(URL), "input": {"prompt": "lose me"}})
    Native(emulator).make(Native.calling(URL))
    emulator.wait_idle()
    assert [(one.api, one.status) for one in emulator.deliveries if one.fault] == [("kie", None)]
    assert len(post.bodies) == 3


def test_after_a_reset_nothing_comes_of_what_was_before() -> None:
    """Neither what is late, nor what waits to be overtaken; though the same ids are given again."""
    post = Post()
    api, first = made(Native, Fault("callback-late", times=1), Fault("callback-reordered", times=1), post=post)
    pass_by(api, 30)
    api.make(Native.calling(URL))
    pass_by(api, 0)
    api.emulator.reset()
    api.emulator.faults.clear()
    assert api.make(Native.calling(URL)) == first
    pass_by(api, 100)
    assert post.states(Native) == ["processing", "completed"]
    assert [one.id for one in api.emulator.deliveries] == [1, 2]


def test_what_was_under_way_as_all_began_anew_is_not_noted() -> None:
    emulator: Emulator

    def post(url: str, body: bytes) -> int:
        emulator.reset()
        return 200

    emulator = Emulator(post=post)
    Kie(emulator).make(Kie.calling(URL))
    emulator.wait_idle()
    assert (emulator.deliveries, emulator.tasks, emulator.requests[-1:]) == ((), (), emulator.requests)


def test_the_oldest_deliveries_are_forgotten_and_attempts_with_them() -> None:
    api = Kie.on(kept=2, post=Post())
    for _ in range(3):
        api.make(Kie.calling(URL))
    api.emulator.wait_idle()
    assert [one.id for one in api.emulator.deliveries] == [2, 3]
    api.emulator.resend(3)
    api.emulator.wait_idle()
    assert [(one.id, one.attempt) for one in api.emulator.deliveries] == [(3, 1), (4, 2)]


def test_what_was_to_be_sent_before_a_reset_never_goes_though_the_clock_has_taken_it_up() -> None:
    due: list[Any] = []

    class Slow(VirtualClock):
        """Takes things up, and does them later."""

        def at(self, due_at: float, action: Any) -> int:
            if due_at == self.now() + 7:
                due.append(action)
            return super().at(due_at, action)

    api = Kie.on(clock=Slow(), post=(post := Post()), faults=[Fault("callback-late", seconds=7)])
    api.make(Kie.calling(URL))
    api.emulator.reset()
    for action in due:
        action()
    api.emulator.wait_idle()
    assert (len(due), post.bodies) == (1, [])


def test_what_was_made_ready_before_a_reset_never_goes() -> None:
    api, task_id = made(Kie, post=(post := Post()))
    pass_by(api, 60)
    post.bodies.clear()
    callbacks, task = api.emulator._engine.callbacks, api.emulator._engine.get_task(task_id)
    ready = callbacks.prepare(task, lambda _: {"state": "any"})
    callbacks.reset()
    callbacks.send(ready)
    api.emulator.wait_idle()
    assert (len(ready), post.bodies) == (1, [])
