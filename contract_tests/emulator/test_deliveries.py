"""Tests of the log of deliveries: attempts, resending, and which are kept."""

import pytest

from contract_tests.emulator.callback_receiver import URL, RecordingPost, advance, created_task
from contract_tests.emulator.kit import ApiClass, Kie, every_api
from klingkit.emulator import Emulator, Fault


@every_api
def test_a_lost_callback_is_recorded_and_can_be_resent(api_class: ApiClass) -> None:
    api, task_id = created_task(api_class, Fault("callback-lost"), post=(post := RecordingPost()))
    advance(api, 60)
    assert not post.bodies
    lost = api.emulator.deliveries[-1]
    assert (lost.task_id, lost.status, lost.reason) == (task_id, None, "lost by a fault")
    assert lost.fault == "callback-lost"
    api.emulator.resend(lost.id)
    api.emulator.wait_idle()
    assert post.states(api_class) == [api_class.vendor_states["succeeded"]]
    assert (api.emulator.deliveries[-1].attempt, api.emulator.deliveries[-1].fault) == (2, None)


def test_nothing_is_resent_after_close() -> None:
    api = Kie.on_emulator(post=(post := RecordingPost()))
    api.create_task(Kie.body_with_callback(URL))
    api.emulator.wait_idle()
    api.emulator.close()
    api.emulator.resend(1)
    api.emulator.wait_idle()
    assert len(post.bodies) == 1


def test_only_an_existing_delivery_can_be_resent() -> None:
    with pytest.raises(LookupError, match="no delivery 7"):
        Emulator().resend(7)


def test_the_oldest_deliveries_are_dropped_with_their_attempts() -> None:
    api = Kie.on_emulator(kept=2, post=RecordingPost())
    for _ in range(3):
        api.create_task(Kie.body_with_callback(URL))
    api.emulator.wait_idle()
    assert [delivery.id for delivery in api.emulator.deliveries] == [2, 3]
    api.emulator.resend(3)
    api.emulator.wait_idle()
    assert [(delivery.id, delivery.attempt) for delivery in api.emulator.deliveries] == [(3, 1), (4, 2)]


def test_a_delivery_that_can_not_be_recorded_is_logged_and_the_next_is_sent(caplog: pytest.LogCaptureFixture) -> None:
    api = Kie.on_emulator(post=(post := RecordingPost()))
    log = api.emulator._engine.deliveries
    on_delivery, log._on_delivery = log._on_delivery, fail
    for _ in range(10):  # more than there are workers
        api.create_task(Kie.body_with_callback(URL))
    api.emulator.wait_idle()
    log._on_delivery = on_delivery
    assert caplog.text.count("could not be recorded") == 10
    api.create_task(Kie.body_with_callback(URL))
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
    Kie(emulator).create_task(Kie.body_with_callback(URL))
    emulator.wait_idle()
    assert (emulator.deliveries, emulator.tasks, emulator.requests[-1:]) == ((), (), emulator.requests)
