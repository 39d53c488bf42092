"""Tests of callbacks made for testing a service: klingkit's own parser reads them back."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from klingkit import CallbackRejected, parse_callback
from klingkit._base import APIS
from klingkit.contract import Contract
from klingkit.testing import Callback, Callbacks
from klingkit.testing import _payloads as payloads

VIDEO = "https://media.test/cat.mp4"
each_api = pytest.mark.parametrize("api", APIS)


def read(callbacks: Callbacks, callback: Callback):
    return parse_callback(callbacks.api, callback.body, callback.headers, keys=[callbacks.key])


@each_api
@pytest.mark.parametrize("key", [None, "whsec_" + base64.b64encode(b"a key of the test's own").decode()])
def test_a_signed_callback_is_verified(api, key):
    callbacks = Callbacks(api, key)
    event = read(callbacks, callbacks.signed(task_id="t-7", video=VIDEO))
    assert (event.verified, event.ref.id, event.task.status) == (True, "t-7", "succeeded")
    assert [video.url for video in event.task.videos] == [VIDEO]


@each_api
def test_a_failed_task_has_its_reason(api):
    callbacks = Callbacks(api)
    task = read(callbacks, callbacks.signed(payloads.of(callbacks.api).words["failed"], reason="too many cats")).task
    assert task.status == "failed"
    assert task.failure is not None
    assert task.failure.message == "too many cats"


@each_api
@pytest.mark.parametrize("key", [None, "whsec_" + base64.b64encode(b"a key of the test's own").decode()])
def test_forged_late_and_unsigned_callbacks_are_rejected(api, key):
    callbacks = Callbacks(api, key)
    for make_callback, reason in (
        (callbacks.forged, "no key matches"),
        (callbacks.late, "s ago"),
        (callbacks.unsigned, "not signed"),
    ):
        with pytest.raises(CallbackRejected, match=reason):
            read(callbacks, make_callback("a state", task_id="t-7", unlisted=True))


@each_api
def test_the_age_of_a_late_callback_can_be_set(api):
    callbacks = Callbacks(api, now=lambda: 1_000_000.0)
    late_callback = callbacks.late(seconds=299)
    assert parse_callback(
        callbacks.api, late_callback.body, late_callback.headers, keys=[callbacks.key], now=1_000_000.0
    ).verified


@each_api
def test_duplicates_are_identical(api):
    first, second = Callbacks(api).duplicate(task_id="t-7")
    assert first == second


@each_api
def test_reordered_callbacks_begin_with_the_end(api):
    callbacks = Callbacks(api)
    assert [read(callbacks, callback).task.status for callback in callbacks.reordered("t-7", VIDEO)] == [
        "succeeded",
        "queued",
    ]


@each_api
def test_each_delivery_has_its_own_id(api):
    """This holds across instances, because a receiver ignores an id that it has handled."""
    ids = {read(callbacks, callbacks.signed()).id for callbacks in (Callbacks(api), Callbacks(api)) for _ in range(3)}
    assert ids == {None} if api == "kie" else len(ids) == 6


@each_api
def test_every_known_state_makes_a_callback_that_the_spec_allows(api):
    callbacks, contract = Callbacks(api), Contract(api)
    forms = payloads.of(api)
    for state in forms.states:
        status = forms.status_of(state)
        options: dict[str, Any] = {"succeeded": {"video": VIDEO}, "failed": {"reason": "why"}}.get(str(status), {})
        callback = callbacks.signed(state, **options)
        assert contract.callback(callback.body) == []
        assert read(callbacks, callback).task.status == status
        assert all(text.encode() in callback.body for text in options.values())


@each_api
@pytest.mark.parametrize("method_name", ["signed", "forged", "unsigned", "late", "duplicate"])
def test_an_unknown_state_needs_unlisted(api, method_name):
    make_callback = getattr(Callbacks(api), method_name)
    with pytest.raises(ValueError, match=r"state: one of .*, not 'succes'; `unlisted=True` allows any other"):
        make_callback("succes")
    assert make_callback("succes", unlisted=True)


@each_api
def test_a_video_needs_a_success_and_a_reason_a_failure(api):
    callbacks = Callbacks(api)
    success, failure = (payloads.of(callbacks.api).words[status] for status in ("succeeded", "failed"))
    with pytest.raises(ValueError, match=f"video: comes with .*{success}.* only, not with {failure}"):
        callbacks.signed(failure, video=VIDEO)
    with pytest.raises(ValueError, match=f"reason: comes with .*{failure}.* only, not with {success}"):
        callbacks.signed(reason="why")
    assert VIDEO.encode() in callbacks.signed("a new word", video=VIDEO, unlisted=True).body


@each_api
@pytest.mark.parametrize(
    "body", [b"[]", b"no JSON", b"\xff", b'{"data": []}', b'{"data": {"taskId": 5}}', b"", b"[" * 9999]
)
def test_any_body_can_be_signed(api, body):
    callbacks = Callbacks(api)
    with pytest.raises(CallbackRejected, match="unreadable callback"):
        read(callbacks, callbacks.sign(body))


def test_kie_signs_the_other_name_of_an_id_too():
    callbacks = Callbacks("kie")
    assert read(callbacks, callbacks.sign(b'{"code": 200, "data": {"task_id": "t-7", "state": "success"}}')).verified


def test_an_unknown_api_is_an_error():
    with pytest.raises(ValueError, match=r"api: one of kie, native, .*, not 'sora'"):
        Callbacks("sora")  # type: ignore[arg-type]  # invalid on purpose


@pytest.mark.parametrize(
    ("api", "key", "message"),
    [
        ("kie", "", "key: a string that is not empty"),
        ("kie", 5, "key: a string, not int"),
        ("native", "", "key: 'whsec_' and base64"),
        ("native", "whsec_", "key: 'whsec_' and base64"),
        ("relay", "whsec_?", "key: 'whsec_' and base64"),
    ],
)
def test_an_invalid_key_is_an_error(api, key, message):
    with pytest.raises(ValueError, match=message):
        Callbacks(api, key)
