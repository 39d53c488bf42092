"""Every answer that the specs allow is read without loss, or is the error that it means; no other harms."""

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.conformance import readings
from contract_tests.conformance.exchange import answered, answered_async, content
from contract_tests.conformance.mirror import Answer, drawn, quick
from contract_tests.support.apis import ApiCase
from scripts.checks import golden

ENDS = {"running", "succeeded", "failed"}


def test_a_valid_answer_to_a_submission(case: ApiCase):
    with answered(case) as exchange:
        seen = {readings.created(exchange, answer) for answer in allowed(case, "create")}
    assert {"created", "UnreadableSubmission"} < seen


def test_a_valid_answer_to_a_query(case: ApiCase):
    with answered(case) as exchange:
        seen = {readings.asked(exchange, answer) for answer in allowed(case, "ask")}
    assert seen > ENDS


def test_a_valid_callback(case: ApiCase):
    seen = {readings.received(case, answer) for answer in allowed(case, "callback")}
    assert ENDS < seen <= {*ENDS, "queued", "CallbackRejected"}


def allowed(case: ApiCase, place: str) -> tuple[Answer, ...]:
    return drawn("valid", case.name, place) + drawn("told", case.name, place)


def test_an_invalid_answer_to_a_submission(case: ApiCase):
    with answered(case) as exchange:
        seen = {readings.paid_for_nonsense(exchange, answer) for answer in drawn("invalid", case.name, "create")}
    assert "UnreadableSubmission" in seen


def test_an_invalid_answer_to_a_query(case: ApiCase):
    with answered(case) as exchange:
        seen = {readings.told_nonsense(exchange, answer) for answer in drawn("invalid", case.name, "ask")}
    assert "MalformedResponse" in seen


def test_an_invalid_callback(case: ApiCase):
    seen = {readings.received_nonsense(case, answer) for answer in drawn("invalid", case.name, "callback")}
    assert "CallbackRejected" in seen


@pytest.mark.parametrize("place", readings.VALID)
def test_a_field_of_any_kind(case: ApiCase, place: golden.Place):
    """Each field of each answer with each kind of value: read as ever where the spec allows it, harmless where not."""
    with answered(case) as exchange:
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


def test_a_damaged_answer(case: ApiCase):
    """Good answers cut off, or with something put into them, and what a gateway in between may say."""
    bodies = {place: [*map(content, drawn("told", case.name, place)), *NO_JSON] for place in readings.ANY}
    with answered(case) as exchange:

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
def test_both_clients_read_alike(case: ApiCase, place: str):
    answers = [*allowed(case, place), *drawn("invalid", case.name, place)][::3]
    with answered(case) as exchange:
        blocking = [exchange.submit(it) if place == "create" else exchange.ask(case.ref, it) for it in answers]
    assert known(anyio.run(awaited, case, place, answers)) == known(blocking)


async def awaited(case: ApiCase, place: str, answers: list[Answer]):
    async with answered_async(case) as exchange:
        return [
            await exchange.asubmit(it) if place == "create" else await exchange.aask(case.ref, it) for it in answers
        ]


def known(outcomes):
    """All that is known of each: an error equals itself alone, and `raw` does not count between tasks."""
    return [
        (type(it), str(it), {**vars(it), "request": None}) if isinstance(it, Exception) else (it, getattr(it, "raw", 0))
        for it in outcomes
    ]
