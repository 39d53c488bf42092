"""Tests that no signal loses a paid task, and that none is followed by a payment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from klingkit import Client
from klingkit._submit import Receipt
from klingkit.emulator import Fault


@pytest.fixture
def signalled(monkeypatch):
    """Return what sends a signal to this process when the first response to a paid request arrives."""

    def arrange(number: int) -> None:
        record, numbers = Receipt.record, [number]

        def recording(self, outcome):
            while numbers:
                signal.pthread_kill(threading.main_thread().ident or 0, numbers.pop())
            record(self, outcome)

        monkeypatch.setattr(Receipt, "record", recording)

    return arrange


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize(
    ("fault", "status", "tasks"),
    [
        (None, 130, 1),
        (Fault("refuse", code=429, times=1), 130, 0),  # which would be paid again
        (Fault("drop"), 6, 0),
    ],
)
def test_a_signal_during_a_paid_request(fault, status: int, tasks: int, number: int, run, emulator, signalled):
    if fault is not None:
        emulator.faults.add(fault)
    signalled(number)
    result = run("generate", "a cat", "--yes", "--json", "--no-wait")
    assert result.exit_code == status, result.stderr
    refs = [f"kie:jobs:{task.id}" for task in emulator.tasks]
    assert len(refs) == tasks
    assert all(f"task: {ref}\n" in result.stderr for ref in refs)
    record = json.loads(result.stdout)
    assert (record["ref"], record["exit_code"]) == (refs[0] if refs else None, status)
    assert "a paid request is under way, waiting for its end" in result.stderr


def test_a_signal_leaves_the_external_id(run, emulator, signalled):
    emulator.faults.add(Fault("drop"))
    signalled(signal.SIGINT)
    result = run("generate", "a cat", "--api", "relay", "--yes", "--json")
    assert result.exit_code == 6
    external_id = json.loads(result.stdout)["error"]["external_task_id"]
    assert f"klingkit status relay:text2video:{external_id}\n" in result.stderr


def test_a_signal_that_is_ignored_stays_so(run, emulator, signalled):
    """As under nohup."""
    signalled(signal.SIGHUP)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert run("generate", "a cat", "--yes", "--no-wait").exit_code == 0
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_an_interruption_between_the_response_and_the_return(run, emulator, monkeypatch):
    submit = Client.submit

    def interrupted(*arguments, **options):
        submit(*arguments, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(Client, "submit", interrupted)
    result = run("generate", "a cat", "--yes")
    (task,) = emulator.tasks
    assert result.exit_code == 130
    assert f"task: kie:jobs:{task.id}\n" in result.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_during_a_pause_ends_the_process_at_once(number: int, emulator):
    emulator.faults.add(Fault("refuse", code=429))
    command = [sys.executable, "-m", "klingkit", "generate", "a cat", "--yes", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ)) as process:
        while not any(it.operation == "create" for it in emulator.requests) and process.poll() is None:
            time.sleep(0.02)
        began = time.monotonic()
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    assert json.loads(stdout) == {
        "ref": None,
        "error": {"type": "KeyboardInterrupt", "message": "interrupted"},
        "exit_code": 130,
    }
    assert b"interrupted\n" in stderr
    assert time.monotonic() - began < 20
    assert emulator.tasks == ()
