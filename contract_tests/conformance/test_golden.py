"""The golden answers: the specs allow them as told, and the client reads them as told."""

import pytest

import klingkit
from contract_tests.conformance import goldens
from contract_tests.conformance.exchange import answered
from contract_tests.conformance.mirror import Answer
from contract_tests.support.apis import ApiCase
from klingkit import KlingkitError, TaskRef
from scripts.checks import golden, limits, requests
from scripts.checks import responses as answers
from scripts.specs.files import load

CHECKS = (answers, limits, requests)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.rpartition(".")[2])
def test_the_client_side_of_the_square_holds(case: ApiCase, check):
    assert check.problems(case.name, load(case.name)) == []


@pytest.mark.parametrize("place", ["create", "ask", "callback"])
def test_every_golden_answer_is_read_as_told(case: ApiCase, place: golden.Place):
    with answered(case) as exchange:
        assert goldens.misread(exchange, place) == []


def test_every_error_and_status_of_ours_is_among_them(case: ApiCase):
    """Else something could break and no golden answer would show it."""
    reads = [it.reads for it in answers.answers(case.name)]
    assert {it["status"] for it in reads if "status" in it} == {"queued", "running", "succeeded", "failed"}
    errors = {it["error"] for it in reads if "error" in it}
    assert all(issubclass(getattr(klingkit, name), KlingkitError) for name in errors)
    assert errors > {"NotFound", "RateLimited", "SubmissionUncertain", "CallbackRejected", "MalformedResponse"}


def test_the_id_that_a_creation_gives_is_asked_with(case: ApiCase):
    """Every golden id goes into the query as it came, and out of it again."""
    with answered(case) as exchange:
        for it in answers.answers(case.name):
            if "id" in it.reads:
                ref = exchange.submit(Answer(200, it.body))
                assert isinstance(ref, TaskRef)
                assert ref.id == it.reads["id"]
                assert TaskRef.parse(str(ref)) == ref
                exchange.ask(ref, Answer(200, it.body))
                (call,) = exchange.router.calls
                assert str(call.request.url).endswith(f"{'=' if case.name == 'kie' else '/'}{ref.id}")
