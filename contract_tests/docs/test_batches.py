"""Tests that the session on docs/batches.md runs as shown.

After a deliberate change: `python -m contract_tests.docs.test_batches` writes the output anew.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path

from contract_tests.docs.test_cli import SESSION, run_session
from klingkit.emulator import AtOnce, Emulator

PAGE = Path(__file__).parents[2] / "docs" / "batches.md"
VARIABLE_PARTS = [
    (r"\b[0-9a-f]{64}\b", "5e0c" + "…"),
    (r"\b[0-9a-f]{32}\b", "e3e70682c2094cac629f6fbed82c07cd"),
    (r'"size": \d+', '"size": 5252'),
]


def page() -> str:
    """Return the page with the output of its session."""

    def session(match: re.Match[str]) -> str:
        with tempfile.TemporaryDirectory() as folder, Emulator(finish=AtOnce(), dialect="official").serve() as url:
            path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
            environment = {**os.environ, "PATH": path, "KIE_API_KEY": "any-key", "KIE_BASE_URL": url}
            output = run_session(match[0], folder, environment).replace(os.path.realpath(folder), "/home/me")
        for pattern, replacement in VARIABLE_PARTS:
            output = re.sub(pattern, replacement, output)
        return output

    return SESSION.sub(session, PAGE.read_text("utf-8"))


def test_the_session_runs_as_shown():
    assert page() == PAGE.read_text("utf-8")


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
