"""Tests of the console script: its start, its help, its completion, and a pseudo-terminal."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

import klingkit
from contract_tests.support.kie import API_KEY
from klingkit import Client, cli
from klingkit.cli import _app
from klingkit.kie import Kie, Kling26TextToVideo

SCRIPT = Path(sys.executable).with_name("klingkit")
NOT_FOR_HELP = {"rich", "httpx", "attrs", "anyio", "klingkit_api", "klingkit._client", "klingkit.emulator"}


def test_help_loads_nothing_but_click():
    code = (
        "import sys; from klingkit.cli import main\n"
        "try: main(sys.argv[1:])\nexcept SystemExit: pass\n"
        f"print(sorted({NOT_FOR_HELP!r} & set(sys.modules)))"
    )
    process = subprocess.run([sys.executable, "-c", code, "--help"], capture_output=True, text=True, check=True)
    assert process.stdout.splitlines()[-1] == "[]"
    assert all(f"  {name} " in process.stdout for name in _app.COMMANDS)


@pytest.mark.parametrize("command", [[str(SCRIPT)], [sys.executable, "-m", "klingkit"]])
def test_the_command_is_installed(command: list[str]):
    process = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
    assert process.stdout == f"{klingkit.__version__}\n"


def test_without_the_extra_it_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr(cli, "find_spec", lambda name: None if name == "rich" else object())
    assert cli.main([]) == 2
    assert capsys.readouterr().err == 'the command line needs its extra: pip install "klingkit[cli]"\n'


def test_the_entry_point_exits_with_the_status(capsys):
    with pytest.raises(SystemExit) as exit_info:
        cli.main(["--version"])
    assert exit_info.value.code == 0
    assert capsys.readouterr().out == f"{klingkit.__version__}\n"


def test_an_emulator_without_its_extra_says_so(run, monkeypatch):
    def missing(**_):
        raise ImportError('the emulator needs its extra: pip install "klingkit[emulator]"', name="klingkit.emulator")

    monkeypatch.setattr("klingkit.cli._emulator.emulator.callback", missing)
    result = run("emulator")
    assert result.exit_code == 2
    assert 'pip install "klingkit[emulator]"' in result.stderr


def test_the_commands_are_listed(run):
    shown = run("--help").stdout
    assert all(f"  {name} " in shown for name in _app.COMMANDS)


@pytest.mark.parametrize("name", _app.COMMANDS)
def test_every_command_has_help(name: str, run):
    result = run(name, "--help")
    assert result.exit_code == 0
    assert "--help" in result.stdout


def test_the_emulator_gets_its_own_options(capsys):
    with pytest.raises(SystemExit) as exit_info:
        cli.main(["emulator", "--port", "none", "--seed", "1"])
    assert exit_info.value.code == 2
    assert "argument --port: 'none': must be a whole number" in capsys.readouterr().err


def test_an_unknown_command_is_refused(run):
    result = run("generat")
    assert result.exit_code == 2
    assert "No such command 'generat'" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "text"),
    [
        (("status", "cat", "--json"), 2, "task reference: <api>"),
        (("status", "--json"), 2, "Missing argument 'REF...'"),
        (("status", "kie:jobs:1", "--json"), 3, "no key for kie"),
    ],
)
def test_a_wrong_command_is_an_object_with_json(arguments: tuple[str, ...], status: int, text: str, run):
    result = run(*arguments)
    record = json.loads(result.stdout)
    assert (result.exit_code, record["exit_code"], record["ref"]) == (status, status, None)
    assert text in record["error"]["message"]
    assert text in result.stderr


def complete(run, text: str) -> list[str]:
    """Complete the last word as bash would."""
    words = f"klingkit {text}"
    environment = {"_KLINGKIT_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    output = run(env=environment, prog_name="klingkit").stdout
    return [line.partition(",")[2] for line in output.splitlines() if line]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("st", ["status"]),
        ("--vers", ["--version"]),
        ("generate --model kling-2.6/text-to-video --duration ", ["5", "10"]),
        ("generate --duration 1", ["10", "11", "12", "13", "14", "15"]),
        ("generate --model kling/v3-turbo-t", ["kling/v3-turbo-text-to-video"]),
        ("generate --api relay --model kling-v2", ["kling-v2-5-turbo"]),
        ("generate --option camera_control.t", ["camera_control.type="]),
        ("generate --model kling-2.6/text-to-video --option a", ["aspect_ratio="]),
        ("generate --option mode=s", ["mode=std"]),
        ("generate --option none=", []),
        ("models kling/v2-1-p", ["kling/v2-1-pro"]),
        ("completion z", ["zsh"]),
    ],
)
def test_the_shell_completes(text: str, found: list[str], run):
    assert complete(run, text) == found


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell(shell: str, run):
    result = run("completion", shell)
    assert result.exit_code == 0
    assert f"_KLINGKIT_COMPLETE={shell}_complete" in result.stdout


@pytest.mark.parametrize(("reply", "status"), [(b"y\n", 0), (b"n\n", 2)])
def test_a_terminal_is_asked_and_shown_progress(reply: bytes, status: int, emulator, tmp_path):
    """The real script in a pseudo-terminal asks, pays, waits and downloads; what was typed before is no reply."""
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "klingkit", "generate", "a cat", "-o", "cat.mp4"]
    os.write(leader, b"y\n")
    process = subprocess.Popen(
        command, stdin=follower, stdout=subprocess.PIPE, stderr=follower, cwd=tmp_path, start_new_session=True
    )
    os.close(follower)
    assert process.stdout is not None
    with process.stdout as stdout:
        shown = _read_until(leader, b"[y/N]")
        os.write(leader, reply)
        shown += _read_until(leader)
        assert stdout.read() == (b"" if status else b"cat.mp4\n")
    os.close(leader)
    assert process.wait(60) == status
    assert len(emulator.tasks) == (0 if status else 1)
    assert all(f"task: kie:jobs:{task.id}" in shown for task in emulator.tasks)
    assert "Pay for it? [y/N]" in shown
    assert API_KEY not in shown


def test_results_go_to_stdout_while_a_terminal_shows_progress(emulator):
    with Client(Kie()) as client:
        refs = [str(client.submit(Kling26TextToVideo(prompt=prompt))) for prompt in ("a cat", "a dog")]
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "klingkit", "wait", *refs]
    process = subprocess.Popen(command, stdin=follower, stdout=subprocess.PIPE, stderr=follower, start_new_session=True)
    os.close(follower)
    shown = _read_until(leader)
    os.close(leader)
    results = process.communicate(timeout=60)[0].decode()
    assert sorted(line.split("\t")[0] for line in results.splitlines()) == sorted(refs)
    assert "waiting for 2" in shown
    assert not any(ref in shown for ref in refs)


def test_a_question_that_nobody_sees_is_not_asked(emulator):
    leader, follower = pty.openpty()
    os.write(leader, b"y\n")
    command = [sys.executable, "-m", "klingkit", "generate", "a cat", "--no-wait"]
    process = subprocess.run(command, stdin=follower, capture_output=True, text=True, check=False, timeout=60)
    os.close(follower)
    os.close(leader)
    assert process.returncode == 2
    assert "nobody can be asked" in process.stderr
    assert emulator.tasks == ()


def _read_until(descriptor: int, end: bytes = b"\0") -> str:
    """Read what a terminal shows until these bytes, or until its last process has closed it."""
    shown = b""
    try:
        while end not in shown and (part := os.read(descriptor, 65_536)):
            shown += part
    except OSError:  # how Linux reports the end
        pass
    return shown.decode()
