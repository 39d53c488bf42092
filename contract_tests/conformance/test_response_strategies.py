"""Every response that the specs allow is read without loss, or is the error that it means; no other harms."""

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.conformance import reading_checks
from contract_tests.conformance.mocked_client import content, mocked, mocked_async
from contract_tests.conformance.response_strategies import Response, drawn, repeatable
from contract_tests.support.apis import ApiCase
from scripts.checks import golden

ENDS = {"running", "succeeded", "failed"}


def test_a_valid_response_to_a_submission(api_case: ApiCase):
    with mocked(api_case) as client:
        seen = {reading_checks.created(client, response) for response in allowed(api_case, "create")}
    assert {"created", "UnreadableSubmission"} < seen


def test_a_valid_response_to_a_query(api_case: ApiCase):
    with mocked(api_case) as client:
        seen = {reading_checks.queried(client, response) for response in allowed(api_case, "query")}
    assert seen > ENDS


def test_a_valid_callback(api_case: ApiCase):
    seen = {reading_checks.received(api_case, response) for response in allowed(api_case, "callback")}
    assert ENDS < seen <= {*ENDS, "queued", "CallbackRejected"}


def allowed(api_case: ApiCase, place: str) -> tuple[Response, ...]:
    return drawn("valid", api_case.name, place) + drawn("of tasks", api_case.name, place)


def test_an_invalid_response_to_a_submission(api_case: ApiCase):
    with mocked(api_case) as client:
        seen = {
            reading_checks.created_by_nonsense(client, response)
            for response in drawn("invalid", api_case.name, "create")
        }
    assert "UnreadableSubmission" in seen


def test_an_invalid_response_to_a_query(api_case: ApiCase):
    with mocked(api_case) as client:
        seen = {
            reading_checks.queried_nonsense(client, response) for response in drawn("invalid", api_case.name, "query")
        }
    assert "MalformedResponse" in seen


def test_an_invalid_callback(api_case: ApiCase):
    seen = {
        reading_checks.received_nonsense(api_case, response) for response in drawn("invalid", api_case.name, "callback")
    }
    assert "CallbackRejected" in seen


@pytest.mark.parametrize("place", reading_checks.VALID)
def test_a_field_of_any_kind(api_case: ApiCase, place: golden.Place):
    """Each field of each response with each kind of value: read as ever where the spec allows it, else harmless."""
    with mocked(api_case) as client:
        seen = {(it.allowed, reading) for it, reading in reading_checks.of_any_kind(client, place)}
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


def test_a_damaged_response(api_case: ApiCase):
    """Valid responses cut off, or with something put into them, and what a gateway may respond with."""
    bodies = {place: [*map(content, drawn("of tasks", api_case.name, place)), *NO_JSON] for place in reading_checks.ANY}
    with mocked(api_case) as client:

        @given(st.data(), st.sampled_from([200, 201, 302, 404, 409, 429, 499, 500, 502]), st.integers(0, 2**16))
        @repeatable(30)
        def check(data: st.DataObject, status: int, at: int) -> None:
            inserted = data.draw(st.binary(max_size=3) | st.sampled_from([b"null", b'""', b","]))
            for place, reading in reading_checks.ANY.items():
                body = bodies[place][data.draw(st.integers(0, len(bodies[place]) - 1))]
                reading(client, Response(status, damaged(body, at, inserted)))

        check()


def damaged(body: bytes, at: int, inserted: bytes) -> bytes:
    at %= len(body) + 1
    return body[:at] + inserted + body[at:] if inserted else body[:at]


@pytest.mark.parametrize("place", ["create", "query"])
def test_both_clients_read_alike(api_case: ApiCase, place: str):
    responses = [*allowed(api_case, place), *drawn("invalid", api_case.name, place)][::3]
    with mocked(api_case) as client:
        blocking = [client.submit(it) if place == "create" else client.query(api_case.ref, it) for it in responses]
    assert known(anyio.run(awaited, api_case, place, responses)) == known(blocking)


async def awaited(api_case: ApiCase, place: str, responses: list[Response]):
    async with mocked_async(api_case) as client:
        return [await client.awaited(it, None if place == "create" else api_case.ref) for it in responses]


def known(outcomes):
    """Return the comparable parts of an outcome: type and fields of an error, a task without its `raw`."""
    return [
        (type(it), str(it), {**vars(it), "request": None}) if isinstance(it, Exception) else (it, getattr(it, "raw", 0))
        for it in outcomes
    ]
