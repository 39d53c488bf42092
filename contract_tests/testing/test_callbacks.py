"""Callbacks that are made for a service, read back by klingkit's own parser."""

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


def read(made: Callbacks, callback: Callback):
    return parse_callback(made.api, callback.body, callback.headers, keys=[made.key])


@each_api
@pytest.mark.parametrize("key", [None, "whsec_" + base64.b64encode(b"a key of the test's own").decode()])
def test_a_signed_callback_is_verified(api, key):
    made = Callbacks(api, key)
    event = read(made, made.signed(task_id="t-7", video=VIDEO))
    assert (event.verified, event.ref.id, event.task.status) == (True, "t-7", "succeeded")
    assert [video.url for video in event.task.videos] == [VIDEO]


@each_api
def test_a_failed_task_has_its_reason(api):
    made = Callbacks(api)
    task = read(made, made.signed(payloads.of(made.api).words["failed"], reason="too many cats")).task
    assert task.status == "failed"
    assert task.failure is not None
    assert task.failure.message == "too many cats"


@each_api
@pytest.mark.parametrize("key", [None, "whsec_" + base64.b64encode(b"a key of the test's own").decode()])
def test_forged_late_and_unsigned_callbacks_are_rejected(api, key):
    made = Callbacks(api, key)
    for kind, reason in ((made.forged, "no key matches"), (made.late, "s ago"), (made.unsigned, "not signed")):
        with pytest.raises(CallbackRejected, match=reason):
            read(made, kind("a state", task_id="t-7", unlisted=True))


@each_api
def test_the_age_of_a_late_callback_can_be_set(api):
    made = Callbacks(api, now=lambda: 1_000_000.0)
    old = made.late(seconds=299)
    assert parse_callback(made.api, old.body, old.headers, keys=[made.key], now=1_000_000.0).verified


@each_api
def test_duplicates_are_identical(api):
    first, second = Callbacks(api).duplicate(task_id="t-7")
    assert first == second


@each_api
def test_reordered_callbacks_begin_with_the_end(api):
    made = Callbacks(api)
    assert [read(made, one).task.status for one in made.reordered("t-7", VIDEO)] == ["succeeded", "queued"]


@each_api
def test_each_delivery_has_its_own_id(api):
    """Also of another instance: a receiver drops an id that it has handled."""
    ids = {read(made, made.signed()).id for made in (Callbacks(api), Callbacks(api)) for _ in range(3)}
    assert ids == {None} if api == "kie" else len(ids) == 6


@each_api
def test_every_known_state_makes_a_callback_that_the_spec_allows(api):
    made, contract = Callbacks(api), Contract(api)
    known = payloads.of(api)
    for word in known.states:
        status = known.status_of(word)
        options: dict[str, Any] = {"succeeded": {"video": VIDEO}, "failed": {"reason": "why"}}.get(str(status), {})
        callback = made.signed(word, **options)
        assert contract.callback(callback.body) == []
        assert read(made, callback).task.status == status
        assert all(text.encode() in callback.body for text in options.values())


@each_api
@pytest.mark.parametrize("kind", ["signed", "forged", "unsigned", "late", "duplicate"])
def test_an_unknown_state_needs_unlisted(api, kind):
    make = getattr(Callbacks(api), kind)
    with pytest.raises(ValueError, match=r"state: one of .*, not 'succes'; `unlisted=True` allows any other"):
        make("succes")
    assert make("succes", unlisted=True)


@each_api
def test_a_video_needs_a_success_and_a_reason_a_failure(api):
    made = Callbacks(api)
    success, failure = (payloads.of(made.api).words[status] for status in ("succeeded", "failed"))
    with pytest.raises(ValueError, match=f"video: comes with .*{success}.* only, not with {failure}"):
        made.signed(failure, video=VIDEO)
    with pytest.raises(ValueError, match=f"reason: comes with .*{failure}.* only, not with {success}"):
        made.signed(reason="why")
    assert VIDEO.encode() in made.signed("a new word", video=VIDEO, unlisted=True).body


@each_api
@pytest.mark.parametrize(
    "body", [b"[]", b"no JSON", b"\xff", b'{"data": []}', b'{"data": {"taskId": 5}}', b"", b"[" * 9999]
)
def test_any_body_can_be_signed(api, body):
    made = Callbacks(api)
    with pytest.raises(CallbackRejected, match="unreadable callback"):
        read(made, made.sign(body))


def test_kie_signs_the_other_name_of_an_id_too():
    made = Callbacks("kie")
    assert read(made, made.sign(b'{"code": 200, "data": {"task_id": "t-7", "state": "success"}}')).verified


def test_an_unknown_api_is_an_error():
    with pytest.raises(ValueError, match=r"api: one of kie, native, .*, not 'sora'"):
        Callbacks("sora")  # type: ignore[arg-type]  # a wrong one, on purpose


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
