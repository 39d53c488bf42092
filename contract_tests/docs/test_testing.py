"""The page about testing: its tests pass in a test run of their own."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import klingkit.pytest_plugin as plugin

PAGE = Path(__file__).parents[2] / "docs/testing.md"


def test_the_tests_on_the_page_pass(tmp_path: Path):
    (program,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    (tmp_path / "test_page.py").write_text(program, "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:schemathesis", "-p", "no:xdist", "--strict-markers", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "\n2 passed in " in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("name", plugin.__all__)
def test_every_fixture_is_listed(name: str):
    assert f"| `{name}` |" in PAGE.read_text("utf-8")
