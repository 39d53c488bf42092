"""`submit_once`, driven by hand: who pays, and what the others get."""

from __future__ import annotations

from typing import Any

import pytest

from contract_tests.batch.conftest import request
from contract_tests.batch.test_steps import NATIVE, OTHER, REF, Hand, native_rules
from klingkit import (
    Client,
    ContentRefused,
    InvalidRequest,
    KlingkitError,
    NetworkError,
    Pacing,
    RateLimited,
    SubmissionUncertain,
)
from klingkit.batch import Ledger
from klingkit.batch._effects import Sleep, Submit
from klingkit.batch._steps import Rules, advance, once


def once_of(ledger: Ledger, rules: Rules, timeout: float = 60.0, what: Any = None) -> Hand:
    return Hand(ledger, once(rules, ledger.new_job(rules.api, "a", what or request()), timeout))


def test_the_second_call_has_the_task_of_the_first(ledger, rules):
    assert once_of(ledger, rules).send(REF) == REF
    assert once_of(ledger, rules).result == REF


def test_another_request_under_the_same_key_is_refused(ledger, rules):
    once_of(ledger, rules).send(REF)
    with pytest.raises(InvalidRequest, match="key: one that no other request has"):
        once_of(ledger, rules, what=request("a dog"))


def test_the_second_call_waits_for_the_first(ledger, rules):
    first, second = once_of(ledger, rules), once_of(ledger, rules)
    assert second.effect == Sleep(0.2)
    assert first.send(REF) == REF
    assert second.send(None) == REF


def test_a_caller_that_waits_too_long_gets_the_doubt(ledger, rules):
    once_of(ledger, rules)
    with pytest.raises(SubmissionUncertain, match="another caller is paying"):
        once_of(ledger, rules, timeout=0.1)


def test_the_second_call_has_the_error_of_the_first(ledger, rules, time):
    with pytest.raises(ContentRefused):
        once_of(ledger, rules).send(ContentRefused("not this"))
    with pytest.raises(ContentRefused, match="a: not this"):
        once_of(ledger, rules)


def test_the_doubt_of_a_caller_that_died_comes_with_its_id(ledger, time):
    rules = native_rules(ledger)
    sent = once_of(ledger, rules, what=NATIVE).effect.job.external_id
    time.now += 75.0
    hand = once_of(ledger, rules, what=NATIVE)
    with pytest.raises(SubmissionUncertain) as caught:
        hand.send(None)
    assert caught.value.external_task_id == sent


def test_what_is_proven_to_have_created_nothing_is_paid_for_by_the_next_call(ledger, rules, time):
    with pytest.raises(NetworkError):
        once_of(ledger, rules).send(NetworkError("no route"))
    time.now += 1.0
    assert once_of(ledger, rules).send(REF) == REF


def test_a_task_that_an_error_names_is_the_outcome(ledger, rules):
    assert once_of(ledger, rules).send(KlingkitError("odd", ref=REF)) == REF


def test_a_call_waits_for_its_turn(open_ledger, api, time):
    ledger = open_ledger(pacing=Pacing(creations=1))
    with Client(api) as client:
        rules = ledger.rules(client)
    ledger.enqueue([ledger.new_job(api, "first", request(), batch="b")])
    Hand(ledger, advance(rules, 1)).send(OTHER)
    hand = once_of(ledger, rules)
    assert hand.effect.seconds == pytest.approx(10.0)
    time.now += 10.0
    assert isinstance(hand.send(None), Submit)
    with pytest.raises(RateLimited, match="no turn within 5 s; nothing was created"):
        Hand(ledger, once(rules, ledger.new_job(api, "c", request()), 5.0))
