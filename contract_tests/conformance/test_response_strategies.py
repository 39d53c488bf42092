"""Tests that every response that the specs allow is read without loss, or as its error, and that no other does harm."""

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.conformance import reading_checks
from contract_tests.conformance.mocked_client import content, open_mocked_async_client, open_mocked_client
from contract_tests.conformance.response_strategies import Response, drawn, repeatable
from contract_tests.support.apis import ApiCase
from scripts.checks import golden

STATUSES_REACHED = {"running", "succeeded", "failed"}


def test_a_valid_response_to_a_submission(api_case: ApiCase):
    with open_mocked_client(api_case) as client:
        seen = {reading_checks.check_valid_submission(client, response) for response in allowed(api_case, "create")}
    assert {"created", "UnreadableSubmission"} < seen


def test_a_valid_response_to_a_query(api_case: ApiCase):
    with open_mocked_client(api_case) as client:
        seen = {reading_checks.check_valid_query(client, response) for response in allowed(api_case, "query")}
    assert seen > STATUSES_REACHED


def test_a_valid_callback(api_case: ApiCase):
    seen = {reading_checks.check_valid_callback(api_case, response) for response in allowed(api_case, "callback")}
    assert STATUSES_REACHED < seen <= {*STATUSES_REACHED, "queued", "CallbackRejected"}


def allowed(api_case: ApiCase, exchange_kind: str) -> tuple[Response, ...]:
    return drawn("valid", api_case.name, exchange_kind) + drawn("of tasks", api_case.name, exchange_kind)


def test_an_invalid_response_to_a_submission(api_case: ApiCase):
    with open_mocked_client(api_case) as client:
        seen = {
            reading_checks.check_any_submission(client, response)
            for response in drawn("invalid", api_case.name, "create")
        }
    assert "UnreadableSubmission" in seen


def test_an_invalid_response_to_a_query(api_case: ApiCase):
    with open_mocked_client(api_case) as client:
        seen = {
            reading_checks.check_any_query(client, response) for response in drawn("invalid", api_case.name, "query")
        }
    assert "MalformedResponse" in seen


def test_an_invalid_callback(api_case: ApiCase):
    seen = {
        reading_checks.check_any_callback(api_case, response)
        for response in drawn("invalid", api_case.name, "callback")
    }
    assert "CallbackRejected" in seen


@pytest.mark.parametrize("exchange_kind", reading_checks.CHECKS_OF_VALID_RESPONSES)
def test_a_field_of_any_kind(api_case: ApiCase, exchange_kind: golden.ExchangeKind):
    """Each field of each response may have any kind of value: it is read if the spec allows it, else harmless."""
    with open_mocked_client(api_case) as client:
        seen = {(field.allowed, reading) for field, reading in reading_checks.check_every_field(client, exchange_kind)}
    assert {allowed for allowed, _ in seen} == {True, False}
    assert {reading for _, reading in seen} > ({"created"} if exchange_kind == "create" else {"succeeded", "running"})


UNUSUAL_BODIES = (
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


def test_a_damaged_response(api_case: ApiCase):
    """Valid responses that are cut off or have bytes inserted, and bodies that a gateway may send."""
    bodies = {
        exchange_kind: [*map(content, drawn("of tasks", api_case.name, exchange_kind)), *UNUSUAL_BODIES]
        for exchange_kind in reading_checks.CHECKS_OF_ANY_RESPONSE
    }
    with open_mocked_client(api_case) as client:

        @given(st.data(), st.sampled_from([200, 201, 302, 404, 409, 429, 499, 500, 502]), st.integers(0, 2**16))
        @repeatable(30)
        def check(data: st.DataObject, status: int, position: int) -> None:
            inserted = data.draw(st.binary(max_size=3) | st.sampled_from([b"null", b'""', b","]))
            for exchange_kind, reading in reading_checks.CHECKS_OF_ANY_RESPONSE.items():
                body = bodies[exchange_kind][data.draw(st.integers(0, len(bodies[exchange_kind]) - 1))]
                reading(client, Response(status, damaged(body, position, inserted)))

        check()


def damaged(body: bytes, position: int, inserted: bytes) -> bytes:
    position %= len(body) + 1
    return body[:position] + inserted + body[position:] if inserted else body[:position]


@pytest.mark.parametrize("exchange_kind", ["create", "query"])
def test_both_clients_read_alike(api_case: ApiCase, exchange_kind: str):
    responses = [*allowed(api_case, exchange_kind), *drawn("invalid", api_case.name, exchange_kind)][::3]
    with open_mocked_client(api_case) as client:
        blocking = [
            client.submit(response) if exchange_kind == "create" else client.query(api_case.ref, response)
            for response in responses
        ]
    assert comparable(anyio.run(read_with_async_client, api_case, exchange_kind, responses)) == comparable(blocking)


async def read_with_async_client(api_case: ApiCase, exchange_kind: str, responses: list[Response]):
    async with open_mocked_async_client(api_case) as client:
        return [
            await client.query_or_submit(response, None if exchange_kind == "create" else api_case.ref)
            for response in responses
        ]


def comparable(outcomes):
    """Return the comparable parts of an outcome: type and fields of an error, a task without its `raw`."""
    return [
        (type(outcome), str(outcome), {**vars(outcome), "request": None})
        if isinstance(outcome, Exception)
        else (outcome, getattr(outcome, "raw", 0))
        for outcome in outcomes
    ]
