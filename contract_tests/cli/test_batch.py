"""Tests of `klingkit batch` and `klingkit list`: what is checked before paying, and what goes on after."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from klingkit import Fixed, InsufficientCredit
from klingkit.batch import Ledger, Outcome
from klingkit.cli import _batch, _consent
from klingkit.cli._output import Output
from klingkit.emulator import AfterSeconds, Emulator, Fault, read_label

MODEL = ("--model", "kling-2.6/text-to-video")
CAT = {"sound": False, "aspect_ratio": "1:1", "duration": "5"}


def jobs(*prompts: str, name: str = "cats.jsonl", **fields: Any) -> Path:
    """Write a file of jobs, whose keys are their prompts."""
    path = Path(name)
    path.write_text("".join(json.dumps({"key": each, "prompt": each, **CAT, **fields}) + "\n" for each in prompts))
    return path


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Query tasks at once, not when the vendor advises."""
    monkeypatch.setattr(_batch, "POLLING", Fixed(0.05))


def test_all_videos_are_made(run, emulator):
    result = run("batch", "run", jobs("a", "b"), *MODEL, "--yes", "-o", "out/{key}.mp4")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0].startswith("a\tdone\tkie:jobs:")
    assert {read_label(path).task_id for path in Path("out").iterdir()} == {task.id for task in emulator.tasks}
    assert "cats at http://127.0.0.1:" in result.stderr
    assert "2 jobs to pay for, about 110 credits" in result.stderr
    assert "2 done" in result.stderr


def test_the_same_file_again_pays_for_what_is_new(run, emulator):
    run("batch", "run", jobs("a", "b"), *MODEL, "--yes")
    result = run("batch", "run", jobs("a", "b", "c"), *MODEL, "--yes", "--json")
    assert [json.loads(line)["state"] for line in result.stdout.splitlines()] == ["done"] * 3
    assert "1 jobs to pay for" in result.stderr
    assert len(emulator.tasks) == 3


@pytest.mark.parametrize(
    ("options", "fields", "status", "text"),
    [
        ([], {}, 2, "nobody can be asked: give --yes"),
        (["--yes"], {"duration": "7"}, 2, "line 1: duration must be one of '5', '10', not '7'"),
        (["--yes", "--budget", "5"], {}, 2, "budget: such as '20 jobs'"),
        (["--yes", "--budget", "500 credits"], {"model": "kling-3.0-omni/text-to-video"}, 4, "price of 1 jobs is not"),
    ],
)
def test_nothing_is_paid_where_something_is_wrong(run, emulator, options, fields, status, text):
    result = run("batch", "run", jobs("a", **fields), *MODEL, *options)
    assert result.exit_code == status
    assert text in result.stderr
    assert not emulator.tasks


@pytest.mark.parametrize(("reply", "status", "paid"), [(True, 0, 1), (False, 2, 0)])
def test_the_user_is_asked(run, emulator, monkeypatch, reply, status, paid):
    monkeypatch.setattr(_batch, "can_ask", lambda: True)
    monkeypatch.setattr(_batch, "agreed", lambda _: reply)
    assert run("batch", "run", jobs("a"), *MODEL).exit_code == status
    assert len(emulator.tasks) == paid
    assert _consent.can_ask() is False


def test_nothing_is_paid_where_the_estimate_cannot_be_shown(run, emulator, monkeypatch):
    monkeypatch.setattr(Output, "note", lambda *_: False)
    assert run("batch", "run", jobs("a"), *MODEL, "--yes").exit_code == 2
    assert not emulator.tasks


def test_a_price_that_is_not_known_is_said(run, emulator):
    result = run("batch", "run", jobs("a", name="mixed.jsonl", model="kling-3.0-omni/text-to-video"), "--yes")
    assert "and 1 whose price is not known beforehand" in result.stderr


def test_the_budget_ends_a_batch(run, emulator):
    result = run("batch", "run", jobs("a", "b", "c"), *MODEL, "--yes", "--budget", "2 jobs")
    assert result.exit_code == 4
    assert "budget: 2 jobs" in result.stderr
    assert "--budget: reached; 1 jobs were not paid for" in result.stderr
    assert run("batch", "resume", "--yes").exit_code == 0
    assert len(emulator.tasks) == 3


def test_a_failed_job_ends_alone_and_can_be_tried_again(run, emulator):
    emulator.faults.add(Fault("fail", prompt="b", message="no\nluck"))
    result = run("batch", "run", jobs("a", "b", "c"), *MODEL, "--yes")
    assert result.exit_code == 1
    assert "failed: klingkit batch retry cats pays for them again" in result.stderr
    status = run("batch", "status")
    assert status.stdout == "cats: 2 done, 1 failed\n"
    assert "no\\nluck" in status.stderr
    assert run("batch", "retry", "cats").exit_code == 2
    assert run("batch", "retry", "cats", "a", "--yes").stdout == ""
    assert run("batch", "retry", "cats", "b", "--yes").stdout.startswith("b\tqueued")
    emulator.faults.clear()
    assert run("batch", "resume", "cats", "--yes").exit_code == 0


def test_an_uncertain_job_is_settled_by_the_user(run, emulator):
    emulator.faults.add(Fault("drop", operation="create", after=True, times=1))
    result = run("batch", "run", jobs("a"), *MODEL, "--yes")
    assert result.exit_code == 6
    assert "klingkit batch resolve KEY" in result.stderr
    assert run("batch", "resolve", "a").exit_code == 2
    assert run("batch", "resolve", "b", "--give-up").exit_code == 2
    (task,) = emulator.tasks
    settled = run("batch", "resolve", "a", "--task", f"kie:jobs:{task.id}")
    assert settled.stdout.startswith("a\tsubmitted")
    listed = run("list", "--unsaved", "--json")
    assert json.loads(listed.stdout)["ref"] == f"kie:jobs:{task.id}"
    assert run("batch", "resume").exit_code == 0
    assert run("list", "--unsaved").stdout == ""
    assert len(run("list").stdout.splitlines()) == len(emulator.tasks) == 1


@pytest.mark.parametrize(("option", "state"), [("--pay-again", "queued"), ("--give-up", "failed")])
def test_an_uncertain_job_that_created_nothing(run, emulator, option, state):
    emulator.faults.add(Fault("drop", operation="create", times=1))
    run("batch", "run", jobs("a"), *MODEL, "--yes")
    assert run("batch", "resolve", "a", option).stdout.startswith(f"a\t{state}")


def test_a_wrong_key_ends_with_its_status(run, emulator, monkeypatch):
    monkeypatch.setenv("KIE_API_KEY", "wrong-key-of-nobody")
    result = run("batch", "run", jobs("a"), *MODEL, "--yes")
    assert result.exit_code == 3
    assert "error code 401: unknown API key" in result.stderr
    assert not emulator.tasks


def test_what_halts_a_batch_decides_its_status(run, emulator, monkeypatch):
    async def halted(*_: object) -> Outcome:
        return Outcome({"queued": 1}, halt=InsufficientCredit("no credit"))

    monkeypatch.setattr(_batch, "_run", halted)
    result = run("batch", "run", jobs("a"), *MODEL, "--yes")
    assert result.exit_code == 4
    assert "klingkit: no credit" in result.stderr


def test_which_batch_goes_on(run, emulator):
    assert "--ledger: no such file" in run("batch", "status").stderr
    jobs("a")
    assert "no batch of this ledger has jobs that have not ended" in run("batch", "resume").stderr
    for name in ("one", "two"):
        run("batch", "run", jobs(name), *MODEL, "--yes", "--name", name, "--budget", "0 jobs")
    assert "one of one, two" in run("batch", "resume").stderr
    assert run("batch", "status", "two").stdout == "two: 1 queued\n"


def test_the_manifest(run, emulator):
    run("batch", "run", jobs("a"), *MODEL, "--yes")
    record = json.loads(run("batch", "export").stdout)
    assert (record["key"], record["size"]) == ("a", Path("a.mp4").stat().st_size)
    assert run("batch", "export", "cats", "--format", "csv").stdout.startswith("key,batch,state,")


def test_a_ledger_that_cannot_be_used(run, emulator):
    Path("klingkit-ledger.db").write_bytes(b"no ledger at all" * 100)
    result = run("batch", "run", jobs("a"), *MODEL, "--yes")
    assert "the file is no ledger" in result.stderr
    assert not emulator.tasks


def test_without_the_extra_its_name_is_said(run, monkeypatch):
    for name in [each for each in sys.modules if each.startswith(("klingkit.batch", "klingkit.cli._batch"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    result = run("batch", "status")
    assert result.exit_code == 2
    assert 'pip install "klingkit[batch]"' in result.stderr


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_stops_cleanly_and_says_what_goes_on(tmp_path, number):
    path = jobs("a", "b")
    emulator = Emulator(finish=AfterSeconds(3600))
    with emulator.serve() as url:
        environment = {**os.environ, "KIE_API_KEY": "key-of-nobody", "KIE_BASE_URL": url}
        command = [sys.executable, "-m", "klingkit", "batch", "run", str(path), *MODEL, "--yes"]
        process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 60
        while len(known_tasks()) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "stopped; 2 tasks go on: klingkit batch resume cats" in said
    assert known_tasks() == {task.id for task in emulator.tasks}


def known_tasks() -> set[str]:
    """Return the tasks that the ledger knows."""
    if not Path("klingkit-ledger.db").exists():
        return set()
    with Ledger("klingkit-ledger.db") as ledger:
        return {job.task.id for job in ledger.jobs() if job.task is not None}


def test_signals_that_are_ignored_stay_ignored(run, emulator):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert run("batch", "run", jobs("a"), *MODEL, "--yes").exit_code == 0
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
