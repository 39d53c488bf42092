"""Tests of streams that fail: nothing is paid that could not be named, and no paid task is lost."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from klingkit.cli import main
from klingkit.cli._consent import can_ask
from klingkit.cli._output import Output
from klingkit.cli._progress import is_terminal

GENERATE = [sys.executable, "-m", "klingkit", "generate", "a cat", "--yes", "--no-wait"]


class Full(io.StringIO):
    """A stream whose disk is full."""

    encoding = "utf-8"

    def write(self, _: str) -> int:
        raise OSError(28, "No space left on device")


def shell(redirection: str, command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command with a redirection of its streams."""
    words = ["bash", "-c", f'"$@" {redirection}', "bash", *command]
    return subprocess.run(words, capture_output=True, text=True, check=False, env=dict(os.environ), timeout=60)


@pytest.mark.parametrize("redirection", ["2>/dev/full", "2>&-"])
def test_nothing_is_paid_where_stderr_fails(redirection: str, emulator):
    process = shell(redirection, GENERATE)
    assert emulator.tasks == ()
    assert (process.returncode, process.stdout) == (2, "")


@pytest.mark.parametrize("json_wanted", [True, False])
@pytest.mark.parametrize("stderr", [Full(), None])
def test_a_paid_task_is_named_on_stdout_where_stderr_fails(stderr, json_wanted: bool, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stderr", stderr)
    output = Output()
    output.json = json_wanted
    output.paid("kie:jobs:1")
    shown = capsys.readouterr().out
    assert shown == ('{"ref": "kie:jobs:1"}\n' if json_wanted else "kie:jobs:1\n")
    assert list(Path().iterdir()) == []


def test_a_paid_task_is_named_in_a_file_where_both_fail(monkeypatch):
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, Full())
    Output().paid("kie:jobs:1")
    Output().paid("kie:jobs:2")
    assert Path("klingkit-tasks.txt").read_text("utf-8") == "kie:jobs:1\nkie:jobs:2\n"


@pytest.mark.parametrize("redirection", [">/dev/full", ">&-"])
def test_a_result_goes_to_stderr_where_stdout_fails(redirection: str, emulator):
    process = shell(redirection, GENERATE)
    (task,) = emulator.tasks
    assert process.returncode == 1
    assert f"stdout cannot be written; the result: kie:jobs:{task.id}\n" in process.stderr
    assert "Traceback" not in process.stderr


@pytest.mark.parametrize("stdout", [Full(), None])
def test_a_result_that_is_lost_fails_the_command(stdout, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdout", stdout)
    with pytest.raises(SystemExit) as exit_info:
        main(["models", "--api", "kie"])
    assert exit_info.value.code == 1
    shown = capsys.readouterr().err
    assert shown.startswith("stdout cannot be written; the result: ")
    assert "kling-2.6/text-to-video" in shown


def test_a_result_may_have_characters_that_stdout_lacks(monkeypatch):
    stdout = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stdout)
    Output().result("\u732b\udcff.mp4", {})
    assert stdout.buffer.getvalue() == b"\\u732b\\udcff.mp4\n"


def test_without_stderr_there_is_no_terminal(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    assert not is_terminal()
    assert not can_ask()


def test_an_estimate_that_cannot_be_written_pays_nothing(run, emulator, monkeypatch):
    monkeypatch.setattr(Output, "note", lambda *_: False)
    assert run("generate", "a cat", "--yes").exit_code == 2
    assert emulator.tasks == ()
