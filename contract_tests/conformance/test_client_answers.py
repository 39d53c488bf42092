"""Every answer that the specs allow is read without loss, or is the error that it means; no other harms."""

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.conformance import readings
from contract_tests.conformance.exchange import answered, answered_async, content
from contract_tests.conformance.mirror import Answer, drawn, quick
from contract_tests.support.apis import Speech
from scripts.contract import golden

ENDS = {"running", "succeeded", "failed"}


def test_a_valid_answer_to_a_submission(speech: Speech):
    with answered(speech) as exchange:
        seen = {readings.created(exchange, answer) for answer in allowed(speech, "create")}
    assert {"created", "UnreadableSubmission"} < seen


def test_a_valid_answer_to_a_query(speech: Speech):
    with answered(speech) as exchange:
        seen = {readings.asked(exchange, answer) for answer in allowed(speech, "ask")}
    assert seen > ENDS


def test_a_valid_callback(speech: Speech):
    seen = {readings.received(speech, answer) for answer in allowed(speech, "callback")}
    assert ENDS < seen <= {*ENDS, "queued", "CallbackRejected"}


def allowed(speech: Speech, place: str) -> tuple[Answer, ...]:
    return drawn("valid", speech.name, place) + drawn("told", speech.name, place)


def test_an_invalid_answer_to_a_submission(speech: Speech):
    with answered(speech) as exchange:
        seen = {readings.paid_for_nonsense(exchange, answer) for answer in drawn("invalid", speech.name, "create")}
    assert "UnreadableSubmission" in seen


def test_an_invalid_answer_to_a_query(speech: Speech):
    with answered(speech) as exchange:
        seen = {readings.told_nonsense(exchange, answer) for answer in drawn("invalid", speech.name, "ask")}
    assert "MalformedResponse" in seen


def test_an_invalid_callback(speech: Speech):
    seen = {readings.received_nonsense(speech, answer) for answer in drawn("invalid", speech.name, "callback")}
    assert "CallbackRejected" in seen


@pytest.mark.parametrize("place", readings.VALID)
def test_a_field_of_any_kind(speech: Speech, place: golden.Place):
    """Each field of each answer with each kind of value: read as ever where the spec allows it, harmless where not."""
    with answered(speech) as exchange:
        seen = {(it.allowed, reading) for it, reading in readings.of_any_kind(exchange, place)}
    assert {allowed for allowed, _ in seen} == {True, False}
    assert {reading for _, reading in seen} > ({"created"} if place == "create" else {"succeeded", "running"})


NO_JSON = (
    b"",
    b"null",
    b"<html><title>502 Bad Gateway</title></html>",
    b"\xef\xbb\xbf{}",
    b"NaN",
    b'{"code": NaN}',
    b'{"code": ' + b"9" * 5000 + b"}",
    b'{"code": 1e999, "data": {"taskId": -0.0}}',
    b"[" * 20_000,
    b'{"data":' * 3_000,
    b'{"code": 200, "code": 402}',
)


def test_a_damaged_answer(speech: Speech):
    """Good answers cut off, or with something put into them, and what a gateway in between may say."""
    bodies = {place: [*map(content, drawn("told", speech.name, place)), *NO_JSON] for place in readings.ANY}
    with answered(speech) as exchange:

        @given(st.data(), st.sampled_from([200, 201, 302, 404, 409, 429, 499, 500, 502]), st.integers(0, 2**16))
        @quick(30)
        def check(data: st.DataObject, status: int, at: int) -> None:
            inserted = data.draw(st.binary(max_size=3) | st.sampled_from([b"null", b'""', b","]))
            for place, reading in readings.ANY.items():
                body = bodies[place][data.draw(st.integers(0, len(bodies[place]) - 1))]
                reading(exchange, Answer(status, damaged(body, at, inserted)))

        check()


def damaged(body: bytes, at: int, inserted: bytes) -> bytes:
    at %= len(body) + 1
    return body[:at] + inserted + body[at:] if inserted else body[:at]


@pytest.mark.parametrize("place", ["create", "ask"])
def test_both_clients_read_alike(speech: Speech, place: str):
    answers = [*allowed(speech, place), *drawn("invalid", speech.name, place)][::3]
    with answered(speech) as exchange:
        blocking = [exchange.submit(it) if place == "create" else exchange.ask(speech.ref, it) for it in answers]
    assert known(anyio.run(awaited, speech, place, answers)) == known(blocking)


async def awaited(speech: Speech, place: str, answers: list[Answer]):
    async with answered_async(speech) as exchange:
        return [
            await exchange.asubmit(it) if place == "create" else await exchange.aask(speech.ref, it) for it in answers
        ]


def known(outcomes):
    """All that is known of each: an error equals itself alone, and `raw` does not count between tasks."""
    return [
        (type(it), str(it), {**vars(it), "request": None}) if isinstance(it, Exception) else (it, getattr(it, "raw", 0))
        for it in outcomes
    ]
