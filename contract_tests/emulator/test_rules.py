"""Tests of the rules that inject faults: order, counts, and probabilities."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import httpx
import pytest

from contract_tests.emulator.kit import ApiClass, Native, every_api
from klingkit.emulator import Fault
from klingkit.emulator.faults._fault import CALLBACK_KINDS, REQUEST_KINDS
from klingkit.emulator.faults._rules import FaultRules


def test_rules_match_in_their_order_and_the_set_number_of_times() -> None:
    faults = FaultRules(faults=[Fault("html", status=500, times=2), Fault("html", status=503, times=1)])
    assert len(faults) == 2
    matched = [faults.match("kie", "create", None, REQUEST_KINDS) for _ in range(4)]
    assert [rule and rule.fault.status for rule in matched] == [500, 500, 503, None]
    assert [rule.injected for rule in faults.rules] == [2, 1]
    faults.restart()
    assert [rule.injected for rule in faults.rules] == [0, 0]


def test_probabilities_are_drawn_from_the_seed() -> None:
    def matches_with_seed(seed: int) -> list[bool]:
        faults = FaultRules(seed, [Fault("html", probability=0.5)])
        matches = [bool(faults.match("kie", "query", None, REQUEST_KINDS)) for _ in range(200)]
        faults.restart()
        assert matches == [bool(faults.match("kie", "query", None, REQUEST_KINDS)) for _ in range(200)]
        return matches

    assert matches_with_seed(1) == matches_with_seed(1) != matches_with_seed(2)
    assert 60 < sum(matches_with_seed(1)) < 140


def test_rules_can_be_added_and_removed() -> None:
    api = Native.on_emulator()
    faults = api.emulator.faults
    first, second = faults.add(Fault("html")), faults.add(Fault("html", status=503))
    assert first != second
    assert api.create(api.body()).status_code == 502
    assert (faults.injected(first), faults.injected(second)) == (1, 0)
    faults.remove(first)
    assert api.create(api.body()).status_code == 503
    assert [*faults] == [Fault("html", status=503)]
    for attempt in (faults.remove, faults.injected):
        with pytest.raises(LookupError, match=str(first)):
            attempt(first)
    faults.clear()
    assert [*faults] == []
    assert api.create_task()


def test_threads_share_the_count_of_a_rule() -> None:
    faults = FaultRules(faults=[Fault("drop", times=100)])
    with ThreadPoolExecutor(8) as pool:
        matched = list(pool.map(lambda _: faults.match("kie", "create", None, REQUEST_KINDS), range(400)))
    assert sum(fault is not None for fault in matched) == 100


@every_api
@pytest.mark.parametrize(
    "fault",
    [
        Fault("drop", after=True, times=1),
        Fault("html", after=True, times=1),
        Fault("refuse", after=True, times=1, status=502),
    ],
)
def test_a_fault_after_creation_counts_only_if_a_task_was_made(api_class: ApiClass, fault: Fault) -> None:
    api = api_class.with_faults(fault)
    assert api.query("none").status_code < 500
    assert api.create({}).status_code < 500
    assert (len(api.emulator.tasks), api.emulator.faults.rules[0].injected) == (0, 0)
    with suppress(httpx.RemoteProtocolError):
        assert api.create(api.body()).status_code == 502
    assert (len(api.emulator.tasks), api.emulator.faults.rules[0].injected) == (1, 1)
    assert api.query(api.emulator.tasks[0].id).status_code == 200


def test_draws_do_not_depend_on_other_rules() -> None:
    coin_toss = Fault("html", probability=0.5)

    def injected(*other_faults: Fault) -> list[bool]:
        faults = FaultRules(7, [coin_toss, *other_faults])
        matches = []
        for _ in range(50):
            matches.append(bool(faults.match("kie", "query", None, REQUEST_KINDS)))
            faults.match("kie", "callback", None, CALLBACK_KINDS)
        return matches

    assert injected() == injected(Fault("callback-lost", probability=0.5))


def test_the_number_of_rules_is_limited() -> None:
    faults = FaultRules(faults=[Fault("drop")] * 1_000)
    with pytest.raises(ValueError, match="faults: there are 1000 already"):
        faults.add(Fault("drop"))
