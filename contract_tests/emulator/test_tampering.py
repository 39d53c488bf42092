"""Tests of tampered callbacks: forged and stale signatures, altered bodies."""

import json
from contextlib import nullcontext
from typing import Any

import pytest

from contract_tests.emulator.callback_receiver import SECRET, SIGNING, RecordingPost, advance, created_task
from contract_tests.emulator.kit import ApiClass, Kie, every_api
from contract_tests.support.adapters import ADAPTERS
from klingkit import CallbackRejected, parse_callback
from klingkit.emulator import Fault
from klingkit.emulator.faults._tampering import forge_signature
from klingkit.emulator.webhooks._signing import sign


@every_api
def test_a_forged_callback_has_the_url_of_another_video(api_class: ApiClass) -> None:
    api, task_id = created_task(api_class, Fault("callback-forged"), post=(post := RecordingPost()))
    advance(api, 60)
    assert "/media/forged.mp4" in json.dumps(post.bodies[-1])
    assert f"/media/{task_id}.mp4" not in json.dumps(post.bodies[-1])
    assert api.request("GET", "/media/forged.mp4").status_code == 404


@every_api
def test_a_forged_callback_without_a_video_has_an_extra_field(api_class: ApiClass) -> None:
    api, task_id = created_task(api_class, Fault("callback-forged"), post=(post := RecordingPost()))
    api.emulator.fail_task(task_id)
    api.emulator.wait_idle()
    assert post.bodies[-1].pop("forged") is True
    assert post.bodies[-1] == (api.query(task_id).json() if api_class is Kie else api.record(task_id))


@every_api
def test_a_signed_callback_gets_a_forged_signature_and_keeps_its_body(api_class: ApiClass) -> None:
    post = RecordingPost()
    api, _ = created_task(api_class, Fault("callback-forged", times=2), post=post, signing=SIGNING)
    advance(api, 60)
    forged = api.emulator.deliveries[-1]
    assert "forged" not in forged.body
    api.emulator.resend(forged.id)
    api.emulator.wait_idle()
    genuine = api.emulator.deliveries[-1]
    assert genuine.body == forged.body
    assert genuine.headers != forged.headers


@every_api
@pytest.mark.parametrize("signing", [None, SIGNING])
def test_an_altered_callback_has_the_signature_of_the_genuine_one(api_class: ApiClass, signing: Any) -> None:
    api, task_id = created_task(api_class, Fault("callback-altered"), post=RecordingPost(), signing=signing)
    advance(api, 60)
    (*_, altered) = api.emulator.deliveries
    assert "/media/forged.mp4" in altered.body
    api.emulator.resend(altered.id)
    api.emulator.wait_idle()
    (*_, genuine) = api.emulator.deliveries
    assert f"/media/{task_id}.mp4" in genuine.body
    assert (genuine.fault, genuine.attempt) == (None, altered.attempt + 1)
    if signing:
        adapter = ADAPTERS[api_class.name]("any-key", "https://service.example")
        with pytest.raises(CallbackRejected) if api_class is not Kie else nullcontext():
            parse_callback(adapter, altered.body.encode(), altered.headers, keys=[SIGNING[api_class.name]])
        assert parse_callback(adapter, genuine.body.encode(), genuine.headers, keys=[SIGNING[api_class.name]]).verified


@every_api
def test_a_stale_callback_has_an_old_signature(api_class: ApiClass, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_900_000_000.0
    monkeypatch.setattr("klingkit.emulator.webhooks._callbacks.time.time", lambda: now)
    for seconds, age in ((None, 3600), (301, 301)):
        api, task_id = created_task(
            api_class, Fault("callback-stale", seconds=seconds), post=RecordingPost(), signing=SIGNING
        )
        advance(api, 60)
        (*_, delivery) = api.emulator.deliveries
        key, body = SIGNING[api_class.name], delivery.body.encode()
        old = sign(api_class.name, key, task_id=task_id, message_id=delivery.message_id, now=now - age, body=body)
        assert (delivery.headers, delivery.fault) == (old, "callback-stale")


@every_api
def test_a_callback_is_signed_with_the_machines_time(api_class: ApiClass, monkeypatch: pytest.MonkeyPatch) -> None:
    """Receivers compare it with their own clock, not with the emulator's."""
    now = 1_900_000_000.0
    monkeypatch.setattr("klingkit.emulator.webhooks._callbacks.time.time", lambda: now)
    api, task_id = created_task(api_class, post=RecordingPost(), signing=SIGNING)
    advance(api, 60)
    (*_, first) = api.emulator.deliveries
    api.emulator.clock.advance(1000)
    api.emulator.resend(first.id)
    api.emulator.wait_idle()
    (*_, again) = api.emulator.deliveries
    for delivery in (first, again):
        body, message = delivery.body.encode(), delivery.message_id
        key = SIGNING[api_class.name]
        assert delivery.headers == sign(api_class.name, key, task_id=task_id, message_id=message, now=now, body=body)
    assert (again.at - first.at, again.message_id, again.attempt) == (1000, first.message_id, first.attempt + 1)


@pytest.mark.parametrize(
    ("api", "key", "name"), [("kie", "k", "X-Webhook-Signature"), ("native", SECRET, "webhook-signature")]
)
def test_a_forged_signature_is_well_formed_and_different(api: str, key: str, name: str) -> None:
    headers = sign(api, key, task_id="t", message_id="m", now=0, body=b"{}")
    forged = forge_signature(headers)
    assert {header for header in headers if headers[header] != forged[header]} == {name}
    assert len(forged[name]) == len(headers[name])
    assert forged[name].startswith("v1,") == (api == "native")
