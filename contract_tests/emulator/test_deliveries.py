"""The log of deliveries: attempts, resending, and what is kept."""

import pytest

from contract_tests.emulator.callback_receiver import URL, Post, advance, created
from contract_tests.emulator.kit import Kie, Kind, every_api
from klingkit.emulator import Emulator, Fault


@every_api
def test_a_lost_callback_is_recorded_and_can_be_resent(kind: Kind) -> None:
    api, task_id = created(kind, Fault("callback-lost"), post=(post := Post()))
    advance(api, 60)
    assert not post.bodies
    lost = api.emulator.deliveries[-1]
    assert (lost.task_id, lost.status, lost.reason) == (task_id, None, "lost by a fault")
    assert lost.fault == "callback-lost"
    api.emulator.resend(lost.id)
    api.emulator.wait_idle()
    assert post.states(kind) == [kind.vendor_states["succeeded"]]
    assert (api.emulator.deliveries[-1].attempt, api.emulator.deliveries[-1].fault) == (2, None)


def test_nothing_is_resent_after_close() -> None:
    api = Kie.on(post=(post := Post()))
    api.make(Kie.calling(URL))
    api.emulator.wait_idle()
    api.emulator.close()
    api.emulator.resend(1)
    api.emulator.wait_idle()
    assert len(post.bodies) == 1


def test_only_an_existing_delivery_can_be_resent() -> None:
    with pytest.raises(LookupError, match="no delivery 7"):
        Emulator().resend(7)


def test_the_oldest_deliveries_are_dropped_with_their_attempts() -> None:
    api = Kie.on(kept=2, post=Post())
    for _ in range(3):
        api.make(Kie.calling(URL))
    api.emulator.wait_idle()
    assert [one.id for one in api.emulator.deliveries] == [2, 3]
    api.emulator.resend(3)
    api.emulator.wait_idle()
    assert [(one.id, one.attempt) for one in api.emulator.deliveries] == [(3, 1), (4, 2)]


def test_a_delivery_that_can_not_be_recorded_is_logged_and_the_next_is_sent(caplog: pytest.LogCaptureFixture) -> None:
    api = Kie.on(post=(post := Post()))
    log = api.emulator._engine.deliveries
    on_delivery, log._on_delivery = log._on_delivery, fail
    for _ in range(10):  # more than there are workers
        api.make(Kie.calling(URL))
    api.emulator.wait_idle()
    log._on_delivery = on_delivery
    assert caplog.text.count("could not be recorded") == 10
    api.make(Kie.calling(URL))
    api.emulator.wait_idle()
    assert len(post.bodies) == 11


def fail(_: object) -> None:
    raise OSError("the disk is full")


def test_a_delivery_under_way_at_a_reset_is_not_recorded() -> None:
    emulator: Emulator

    def post(url: str, body: bytes) -> int:
        emulator.reset()
        return 200

    emulator = Emulator(post=post)
    Kie(emulator).make(Kie.calling(URL))
    emulator.wait_idle()
    assert (emulator.deliveries, emulator.tasks, emulator.requests[-1:]) == ((), (), emulator.requests)
