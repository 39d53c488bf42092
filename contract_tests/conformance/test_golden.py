"""Tests that the client reads each golden response as it states."""

import pytest

import klingkit
from contract_tests.conformance import golden_comparison
from contract_tests.conformance.mocked_client import open_mocked_client
from contract_tests.conformance.response_strategies import Response
from contract_tests.support.apis import ApiCase
from klingkit import KlingkitError, TaskRef
from scripts.checks import golden, responses


@pytest.mark.parametrize("exchange_kind", ["create", "query", "callback"])
def test_every_golden_response_is_read_as_stated(api_case: ApiCase, exchange_kind: golden.ExchangeKind):
    with open_mocked_client(api_case) as client:
        assert golden_comparison.misread(client, exchange_kind) == []


def test_golden_responses_cover_every_error_and_status(api_case: ApiCase):
    """Otherwise an error could go untested."""
    reads = [response.reads for response in responses.responses(api_case.name)]
    assert {it["status"] for it in reads if "status" in it} == {"queued", "running", "succeeded", "failed"}
    errors = {it["error"] for it in reads if "error" in it}
    assert all(issubclass(getattr(klingkit, name), KlingkitError) for name in errors)
    assert errors > {"NotFound", "RateLimited", "SubmissionUncertain", "CallbackRejected", "MalformedResponse"}


def test_the_id_of_a_created_task_is_queried_unchanged(api_case: ApiCase):
    """Every golden id is sent in the query as it was received, and its reference can be parsed back."""
    with open_mocked_client(api_case) as client:
        for response in responses.responses(api_case.name):
            if "id" in response.reads:
                ref = client.submit(Response(200, response.body))
                assert isinstance(ref, TaskRef)
                assert ref.id == response.reads["id"]
                assert TaskRef.parse(str(ref)) == ref
                client.query(ref, Response(200, response.body))
                (call,) = client.router.calls
                assert str(call.request.url).endswith(f"{'=' if api_case.name == 'kie' else '/'}{ref.id}")
