"""Tests of the limits of accounts: `rate`, tasks created within 10 seconds, and `slots`, concurrent unfinished tasks.

A dialect is the form of an API: as documented, of the official hosts, or of relays.
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
    for second in range(100):
        quotas.take(("kie", f"owner-{second}"), f"task-{second}", float(second), unfinished=True)
        quotas.free(("kie", f"owner-{second}"), f"task-{second}")
    assert len(quotas._made) <= 11  # only those of the last 10 seconds
    assert not quotas._unfinished
    quotas.take(("kie", "owner-99"), "again", 99.5, unfinished=True)
    with pytest.raises(TooFast):
        quotas.check(("kie", "owner-99"), 100.0)


@pytest.mark.parametrize(
    ("api_class", "rate_code", "slots_code"),
    [(Kie, 429, 429), (Native, 429, 429), (Relay, 1302, 1303)],
    ids=["kie", "native", "relay"],
)
def test_a_limit_has_the_documented_error_code(api_class: Any, rate_code: int, slots_code: int) -> None:
    for options, code in (({"rate": 1}, rate_code), ({"slots": 1}, slots_code)):
        api = api_class.on_emulator(AfterSeconds(60), **options)
        api.create_task()
        response = api.create(api.body())
        assert (response.status_code, response.json()["code"]) == (429, code)


every_dialect = pytest.mark.parametrize("api_class", DIALECTS, ids=lambda api_class: api_class.__name__)


ApiClass = type[DialectApi]


@every_dialect
def test_a_limit_has_the_error_code_of_the_dialect(api_class: ApiClass) -> None:
    slots_code = (429, 1303) if issubclass(api_class, Official) else (429, "too_many_tasks")
    rate_code = (429, 1302) if issubclass(api_class, Official) else (429, "rate_limit_exceeded")
    api = api_class.on_emulator(AfterSeconds(60), slots=1)
    task_id = api.create_task()
    rejected_for_slots = api.create(api.body())
    assert (rejected_for_slots.status_code, rejected_for_slots.json()["code"]) == slots_code
    assert "not finished" in rejected_for_slots.json()["message"]
    api.emulator.finish_task(task_id)
    assert api.create_task()
    api = api_class.on_emulator(AfterSeconds(60), rate=2)
    assert [api.create(api.body()).status_code for _ in range(3)] == [200, 200, 429]
    rejected_for_rate = api.create(api.body())
    assert (rejected_for_rate.status_code, rejected_for_rate.json()["code"]) == rate_code
    api.emulator.clock.advance(10)
    assert api.create_task()


def advance(api: Any, _: str) -> None:
    api.emulator.clock.advance(60)


def drop_from_table(api: Any, _: str) -> None:
    """Create a task of another key, which takes the task's place in the table (`kept=1`)."""
    other = type(api)(api.emulator, key="another-key")
    assert other.create_task()


ENDS: dict[str, tuple[Any, dict[str, Any], Any]] = {
    "finished by hand": (AfterSeconds(60), {}, lambda api, task_id: api.emulator.finish_task(task_id)),
    "failed by hand": (AfterSeconds(60), {}, lambda api, task_id: api.emulator.fail_task(task_id)),
    "failed on the inspector page": (
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
    "forgotten": (AfterSeconds(60), {"kept": 1}, drop_from_table),
}


@pytest.mark.parametrize("api_class", [Kie, Native, Relay, *DIALECTS], ids=lambda api_class: api_class.__name__)
@pytest.mark.parametrize("end", ENDS)
def test_every_end_of_a_task_frees_its_slot_and_no_other(api_class: Any, end: str) -> None:
    finish, options, act = ENDS[end]
    api = api_class.on_emulator(finish, slots=1, **options)
    task_id = api.create_task()
    assert api.create(api.body()).status_code == 429
    act(api, task_id)
    assert [api.create(api.body()).status_code for _ in range(2)] == [200, 429]


def test_a_reset_clears_the_rate_limit() -> None:
    api = Kie.on_emulator(AfterSeconds(60), rate=1)
    api.create_task()
    api.emulator.reset()
    assert [api.create(api.body()).status_code for _ in range(2)] == [200, 429]
