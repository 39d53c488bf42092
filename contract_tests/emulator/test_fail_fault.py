"""The fault that makes a task fail."""

import json
from pathlib import Path

import pytest

from contract_tests.emulator.control_client import get, post
from contract_tests.emulator.dialects import Flat
from contract_tests.emulator.kit import Kie, Kind, every_api
from klingkit.emulator import AfterQueries, AfterSeconds, AtOnce, Emulator, Fault, Finish, VirtualClock
from klingkit.emulator.profiles import APIS


@every_api
@pytest.mark.parametrize("finish", [AtOnce(), AfterQueries(1), AfterSeconds(30)], ids=["at once", "queries", "seconds"])
def test_a_task_fails_however_it_ends(kind: Kind, finish: Finish) -> None:
    api = kind.on(finish, faults=[Fault("fail", prompt="rain", code="422", message="too many cats", times=1)])
    dry, wet, next_ = (api.make(prompt=prompt) for prompt in ("sun", "rain", "rain"))
    api.emulator.clock.advance(60)
    assert api.states(dry, wet, next_) == ["succeeded", "failed", "succeeded"]
    assert "too many cats" in json.dumps(api.record(wet))
    failure = api.emulator.task(wet).failure
    assert failure is not None
    assert (failure.code, failure.message) == ("422", "too many cats")
    assert [one.fault for one in api.emulator.requests if one.operation == "create"] == [None, "fail", None]


def test_the_code_is_shown_where_the_api_has_one() -> None:
    kie = Kie.with_faults(Fault("fail", code=422))
    assert kie.record(kie.make())["failCode"] == "422"
    flat = Flat.with_faults(Fault("fail", code="moderation"))
    assert flat.record(flat.make())["error"]["code"] == "moderation"


@every_api
def test_a_request_may_bring_it_and_a_rejected_one_does_not_use_it_up(kind: Kind) -> None:
    api = kind.with_faults(Fault("fail", times=1))
    assert api.create({}).status_code < 500
    assert (api.emulator.faults.rules[0].injected, api.emulator.requests[-1].fault) == (0, None)
    value = {"X-Klingkit-Fault": '{"kind": "fail", "message": "no"}'}
    task_id = api.id_in(api.ask("POST", api.create_path, json=api.body(), headers=value))
    assert api.states(task_id, api.make(), api.make()) == ["failed", "failed", "succeeded"]


def test_by_hand_it_may_succeed_all_the_same() -> None:
    api = Kie.on(AfterSeconds(60), faults=[Fault("fail")])
    task_id = api.make()
    api.emulator.finish_task(task_id)
    assert api.states(task_id) == ["succeeded"]


def test_it_is_a_fault_of_the_control_paths() -> None:
    emulator = Emulator(clock=VirtualClock())
    assert get(emulator, "faults")["kinds"]["fail"] == {
        "apis": list(APIS),
        "operations": ["create"],
        "options": ["code", "message"],
    }
    post(emulator, "faults", {"kind": "fail", "message": "no"})
    api = Kie(emulator)
    assert api.states(api.make()) == ["failed"]


def test_a_task_that_is_to_fail_does_so_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "tasks.db"
    before = Kie.on(AfterSeconds(60), database=path, faults=[Fault("fail", message="no")])
    task_id = before.make()
    before.emulator.close()
    after = Kie.on(AfterSeconds(60), database=path)
    after.emulator.clock.advance(60)
    assert after.record(task_id)["failMsg"] == "no"
    after.emulator.close()
