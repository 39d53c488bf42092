"""Deliveries of every kind, as klingkit's own receiver and reader take them."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, seed, settings
from hypothesis import strategies as st

from klingkit import CallbackRejected, parse_callback
from klingkit.contract import Contract
from klingkit.contract._contract import load
from klingkit.contract._schemas import resolved
from klingkit.testing import Callback, Callbacks, callbacks
from klingkit.testing import _payloads as payloads

APIS = ["kie", "native", "relay"]
STATES = {"kie": "success", "native": "completed", "relay": "succeed"}
VIDEO = "https://media.test/cat.mp4"
each_api = pytest.mark.parametrize("api", APIS)
SLOW = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
SHRINKING = settings(SLOW, phases=[Phase.generate, Phase.shrink])


def read(made: Callbacks, callback: Callback):
    return parse_callback(made.api, callback.body, callback.headers, keys=[made.key])


@each_api
@pytest.mark.parametrize("key", [None, "whsec_" + base64.b64encode(b"a key of the test's own").decode()])
def test_a_signed_one_is_the_vendors(api, key):
    made = Callbacks(api, key)
    event = read(made, made.signed(task_id="t-7", video=VIDEO))
    assert (event.verified, event.ref.id, event.task.status) == (True, "t-7", "succeeded")
    assert [video.url for video in event.task.videos] == [VIDEO]


@each_api
def test_a_failed_one_has_its_reason(api):
    made = Callbacks(api)
    task = read(made, made.signed(payloads.FAILED[made.api], reason="too many cats")).task
    assert task.status == "failed"
    assert task.failure is not None
    assert task.failure.message == "too many cats"


@each_api
@pytest.mark.parametrize("key", [None, "whsec_" + base64.b64encode(b"a key of the test's own").decode()])
def test_forged_late_and_unsigned_ones_are_refused(api, key):
    made = Callbacks(api, key)
    for kind, reason in ((made.forged, "no key fits"), (made.late, "s ago"), (made.unsigned, "not signed")):
        with pytest.raises(CallbackRejected, match=reason):
            read(made, kind("a state", task_id="t-7", unlisted=True))


@pytest.mark.parametrize(("api", "key"), [("kie", ""), ("native", "whsec_"), ("native", ""), ("relay", "whsec_?")])
def test_nothing_is_signed_with_no_key(api, key):
    with pytest.raises(ValueError, match=r"^key: "):
        Callbacks(api, key)


@each_api
def test_how_late_may_be_said(api):
    made = Callbacks(api, now=lambda: 1_000_000.0)
    old = made.late(seconds=299)
    assert parse_callback(made.api, old.body, old.headers, keys=[made.key], now=1_000_000.0).verified


@each_api
def test_duplicates_are_the_same_to_the_last_byte(api):
    first, second = Callbacks(api).duplicate(task_id="t-7")
    assert first == second


@each_api
def test_reordered_ones_tell_the_end_first(api):
    made = Callbacks(api)
    assert [read(made, one).task.status for one in made.reordered("t-7", VIDEO)] == ["succeeded", "queued"]


@each_api
def test_each_delivery_has_an_id_of_its_own(api):
    """Whoever made it: a receiver drops what it has seen."""
    ids = {read(made, made.signed()).id for made in (Callbacks(api), Callbacks(api)) for _ in range(3)}
    assert ids == {None} if api == "kie" else len(ids) == 6


@each_api
def test_what_is_made_is_what_the_spec_allows(api):
    made, contract = Callbacks(api), Contract(api)
    for word, meant in payloads.STATES[made.api].items():
        told: dict[str, Any] = {"succeeded": {"video": VIDEO}, "failed": {"reason": "why"}}.get(meant, {})
        callback = made.signed(word, **told)
        assert contract.callback(callback.body) == []
        assert read(made, callback).task.status == meant
        assert all(text.encode() in callback.body for text in told.values())


@each_api
def test_no_word_of_the_documents_or_the_field_is_missing(api):
    spec = load(api)
    task = spec["components"]["schemas"]["RecordInfo" if api == "kie" else "TaskCallback"]["properties"]
    told = task["state" if api == "kie" else "task_status"]
    assert {*resolved(spec, told["anyOf"][0])["enum"], *told["x-field-values"]} <= set(payloads.STATES[api])


@each_api
@pytest.mark.parametrize("kind", ["signed", "forged", "unsigned", "late", "duplicate"])
def test_what_is_no_word_is_refused_unless_asked_for(api, kind):
    make = getattr(Callbacks(api), kind)
    with pytest.raises(ValueError, match=r"state: one of .*, not 'succes'; `unlisted=True` lets any pass"):
        make("succes")
    assert make("succes", unlisted=True)


@each_api
def test_what_is_not_told_with_a_state_is_refused(api):
    made = Callbacks(api)
    with pytest.raises(ValueError, match=f"video: told with .*{STATES[api]}.* alone, not with {payloads.FAILED[api]}"):
        made.signed(payloads.FAILED[api], video=VIDEO)
    with pytest.raises(ValueError, match=f"reason: told with {payloads.FAILED[api]}.* alone, not with {STATES[api]}"):
        made.signed(reason="why")
    assert VIDEO.encode() in made.signed("a new word", video=VIDEO, unlisted=True).body


@each_api
@pytest.mark.parametrize(
    "body", [b"[]", b"no JSON", b"\xff", b'{"data": []}', b'{"data": {"taskId": 5}}', b"", b"[" * 9999]
)
def test_whatever_comes_can_be_signed(api, body):
    made = Callbacks(api)
    with pytest.raises(CallbackRejected, match="cannot be read"):
        read(made, made.sign(body))


def test_the_other_name_of_an_id_is_signed_too():
    made = Callbacks("kie")
    assert read(made, made.sign(b'{"code": 200, "data": {"task_id": "t-7", "state": "success"}}')).verified


def test_what_can_sign_nothing():
    with pytest.raises(ValueError, match="api: one of kie, native, relay, not 'sora'"):
        Callbacks("sora")  # type: ignore[arg-type]  # a wrong one, on purpose
    with pytest.raises(ValueError, match="key: 'whsec_' and base64"):
        Callbacks("native", "whsec_?")
    with pytest.raises(ValueError, match="key: some text, not int"):
        Callbacks("kie", 5)  # type: ignore[arg-type]  # a wrong one, on purpose


@each_api
def test_every_callback_that_is_drawn_is_allowed_and_none_breaks_the_reader(api):
    contract, made = Contract(api), Callbacks(api)
    read_well = []

    @SLOW
    @given(callbacks(api))
    def each(body: bytes) -> None:
        assert contract.callback(body) == []
        signed = made.sign(body)
        with suppress(CallbackRejected):
            read_well.append(read(made, signed).ref)

    each()
    assert read_well


@each_api
def test_a_state_may_be_asked_for(api):
    made = Callbacks(api)

    @SLOW
    @given(callbacks(api, STATES[api]))
    def each(body: bytes) -> None:
        assert Contract(api).callback(body) == []
        told = json.loads(body)
        task = told["data"] if api == "kie" else told
        assert task["taskId" if api == "kie" else "task_id"]
        assert task["state" if api == "kie" else "task_status"] == STATES[api]
        made.sign(body)
        with_films.append(b"https://media.example/" in body)

    with_films: list[bool] = []
    each()
    assert len(with_films) / 2 < sum(with_films)


@pytest.mark.parametrize("api", ["native", "relay"])
def test_some_are_in_an_envelope(api):
    """Against the spec, but as one source has it; the client takes them."""
    made = Callbacks(api)

    @SLOW
    @given(callbacks(api, STATES[api], enveloped=True))
    def each(body: bytes) -> None:
        assert read(made, made.sign(body)).task.status == "succeeded"
        assert Contract(api).callback(body)

    each()


@each_api
def test_a_failure_shrinks_to_the_fields_it_takes(api):
    reason = "failMsg" if api == "kie" else "task_status_msg"
    smallest = json.loads(find(callbacks(api), lambda body: reason.encode() in body, settings=SHRINKING))
    assert smallest == ({"code": 200, "data": {reason: "0"}} if api == "kie" else {"task_id": "0", reason: "0"})


def test_what_cannot_be_drawn():
    with pytest.raises(ValueError, match="api: one of kie, native, relay, not 'kei'"):
        callbacks("kei")  # type: ignore[arg-type]  # a wrong one, on purpose
    with pytest.raises(ValueError, match=r"state: one of waiting, .*, not 'succes'"):
        callbacks("kie", "succes")
    with pytest.raises(ValueError, match="enveloped: for native and relay"):
        callbacks("kie", enveloped=True)
    assert isinstance(callbacks("kie", "succes", unlisted=True), st.SearchStrategy)


def fields(spec, schema, path=""):
    """Every declared field of a schema, with its declared words."""
    schema = resolved(spec, schema)
    yield from ((path, word) for word in (*schema.get("enum", ()), *schema.get("x-field-values", ())))
    for branch in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from fields(spec, branch, path)
    if "items" in schema:
        yield from fields(spec, schema["items"], f"{path}[]")
    if "contentSchema" in schema:
        yield from fields(spec, schema["contentSchema"], f"{path}()")
    for name, child in schema.get("properties", {}).items():
        yield f"{path}.{name}", None
        yield from fields(spec, child, f"{path}.{name}")


def found(value, path=""):
    """Every field of a value, and every value that may be a word."""
    if isinstance(value, dict):
        for name, child in value.items():
            yield f"{path}.{name}", None
            yield from found(child, f"{path}.{name}")
    elif isinstance(value, list):
        for child in value:
            yield from found(child, f"{path}[]")
    else:
        yield path, value
        if path in {".data.param", ".data.resultJson"} and value:
            yield from found(json.loads(value), f"{path}()")


@each_api
def test_every_declared_field_and_word_is_drawn(api):
    spec = load(api)
    seen: set[tuple[str, object]] = set()
    wanted = set(fields(spec, {"$ref": "#/components/schemas/TaskCallback"}))
    assert wanted

    for number in range(30):  # what hypothesis draws depends on what else is loaded: sooner or later all is there

        @seed(number)
        @settings(SLOW, derandomize=False, database=None)
        @given(callbacks(api))
        def each(body: bytes) -> None:
            seen.update(one for one in found(json.loads(body)) if one in wanted)

        each()
        if wanted <= seen:
            break
    assert wanted - seen == set()
