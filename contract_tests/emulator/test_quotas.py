"""Limits of accounts: `rate`, tasks made within 10 seconds, and `slots`, tasks unfinished at once.

A dialect is the form that an API has: as documented, of the official hosts, or of relays.
"""

from typing import Any

import pytest

from contract_tests.emulator.control_client import post
from contract_tests.emulator.dialects import DIALECTS, DialectApi, Official
from contract_tests.emulator.kit import Kie, Native, Relay
from klingkit.emulator import AfterQueries, AfterSeconds
from klingkit.emulator.tasks._quotas import Quotas, TooFast


def test_idle_accounts_are_forgotten() -> None:
    quotas = Quotas(slots=1, rate=2)
    for at in range(100):
        quotas.take(("kie", f"owner-{at}"), f"task-{at}", float(at), unfinished=True)
        quotas.free(("kie", f"owner-{at}"), f"task-{at}")
    assert len(quotas._made) <= 11  # those of the last 10 seconds
    assert not quotas._unfinished
    quotas.take(("kie", "owner-99"), "again", 99.5, unfinished=True)
    with pytest.raises(TooFast):
        quotas.check(("kie", "owner-99"), 100.0)


@pytest.mark.parametrize(
    ("kind", "rate_code", "slots_code"),
    [(Kie, 429, 429), (Native, 429, 429), (Relay, 1302, 1303)],
    ids=["kie", "native", "relay"],
)
def test_a_limit_has_the_documented_error_code(kind: Any, rate_code: int, slots_code: int) -> None:
    for options, code in (({"rate": 1}, rate_code), ({"slots": 1}, slots_code)):
        api = kind.on(AfterSeconds(60), **options)
        api.make()
        response = api.create(api.body())
        assert (response.status_code, response.json()["code"]) == (429, code)


every_dialect = pytest.mark.parametrize("kind", DIALECTS, ids=lambda kind: kind.__name__)


Kind = type[DialectApi]


@every_dialect
def test_a_limit_has_the_error_code_of_the_dialect(kind: Kind) -> None:
    slots_code = (429, 1303) if issubclass(kind, Official) else (429, "too_many_tasks")
    rate_code = (429, 1302) if issubclass(kind, Official) else (429, "rate_limit_exceeded")
    api = kind.on(AfterSeconds(60), slots=1)
    task_id = api.make()
    full = api.create(api.body())
    assert (full.status_code, full.json()["code"]) == slots_code
    assert "not finished" in full.json()["message"]
    api.emulator.finish_task(task_id)
    assert api.make()
    api = kind.on(AfterSeconds(60), rate=2)
    assert [api.create(api.body()).status_code for _ in range(3)] == [200, 200, 429]
    fast = api.create(api.body())
    assert (fast.status_code, fast.json()["code"]) == rate_code
    api.emulator.clock.advance(10)
    assert api.make()


def advance(api: Any, _: str) -> None:
    api.emulator.clock.advance(60)


def forget(api: Any, _: str) -> None:
    """Another key's task takes the place in the table."""
    other = type(api)(api.emulator, key="another-key")
    assert other.make()


ENDS: dict[str, tuple[Any, dict[str, Any], Any]] = {
    "finished by hand": (AfterSeconds(60), {}, lambda api, task_id: api.emulator.finish_task(task_id)),
    "failed by hand": (AfterSeconds(60), {}, lambda api, task_id: api.emulator.fail_task(task_id)),
    "failed on the page": (
        AfterSeconds(60),
        {},
        lambda api, task_id: post(api.emulator, f"tasks/{task_id}/fail"),
    ),
    "failed with a reason": (
        AfterSeconds(60),
        {},
        lambda api, task_id: api.emulator.fail_task(task_id, message="no cats"),
    ),
    "by time": (AfterSeconds(60), {}, advance),
    "by queries": (AfterQueries(2), {}, lambda api, task_id: [api.query(task_id) for _ in range(2)]),
    "reset": (AfterSeconds(60), {}, lambda api, _: api.emulator.reset()),
    "forgotten": (AfterSeconds(60), {"kept": 1}, forget),
}


@pytest.mark.parametrize("kind", [Kie, Native, Relay, *DIALECTS], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("end", ENDS)
def test_every_end_of_a_task_frees_its_slot_and_no_other(kind: Any, end: str) -> None:
    finish, options, act = ENDS[end]
    api = kind.on(finish, slots=1, **options)
    task_id = api.make()
    assert api.create(api.body()).status_code == 429
    act(api, task_id)
    assert [api.create(api.body()).status_code for _ in range(2)] == [200, 429]


def test_a_reset_forgets_what_counts_for_the_rate() -> None:
    api = Kie.on(AfterSeconds(60), rate=1)
    api.make()
    api.emulator.reset()
    assert [api.create(api.body()).status_code for _ in range(2)] == [200, 429]
