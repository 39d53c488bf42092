"""Tests that the sessions on docs/cli.md run as shown, and that its table of exit statuses is complete.

After a deliberate change: `python -m contract_tests.docs.test_cli` writes the output anew.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from klingkit.cli import _errors, _output
from klingkit.emulator import AfterQueries, Emulator

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"
SESSION = re.compile(r"(?<=```console\n).*?(?=```)", re.DOTALL)
VARIABLE_PARTS = [
    (r"http://127\.0\.0\.1:\d+", "http://127.0.0.1:8900"),
    (r"(?: \d+%)? \(\d+ s\)", " (0 s)"),
]


def run_session(text: str, folder: str, environment: dict[str, str]) -> str:
    """Run the commands of a session, and return it with what they write."""
    shown = []
    for command in re.findall(r"^\$ (.*)$", text, re.MULTILINE):
        process = subprocess.run(
            ["bash", "-c", command],  # noqa: S607 - as a reader runs it
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        shown.append(f"$ {command}\n{process.stdout}")
    output = "".join(shown)
    for pattern, replacement in VARIABLE_PARTS:
        output = re.sub(pattern, replacement, output)
    return output


def page() -> str:
    """Return the page with the output of its sessions, each with an emulator of its own."""

    def session(match: re.Match[str]) -> str:
        with (
            tempfile.TemporaryDirectory() as folder,
            Emulator(finish=AfterQueries(2), dialect="official").serve() as url,
        ):
            path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
            environment = {**os.environ, "PATH": path, "KIE_API_KEY": "any-key", "KIE_BASE_URL": url}
            return run_session(match[0], folder, environment)

    return SESSION.sub(session, PAGE.read_text("utf-8"))


def test_the_sessions_run_as_shown():
    assert page() == PAGE.read_text("utf-8")


def test_every_exit_status_is_listed():
    listed = {int(status) for status in re.findall(r"^\| (\d+) \|", PAGE.read_text("utf-8"), re.MULTILINE)}
    assert listed == {0, _errors.FAILED, *(status for _, status in _errors.STATUSES), _output.INTERRUPTED}


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
