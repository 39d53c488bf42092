"""Tests that both type checkers report the invalid lines of a sample, and no valid ones."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLE = Path(__file__).parents[1] / "typing" / "requests.py"
INVALID_LINES = {number for number, line in enumerate(SAMPLE.read_text().splitlines(), 1) if "# wrong" in line}


def mypy() -> set[int]:
    cache_option = f"--cache-dir={SAMPLE.parents[2] / '.cache' / 'mypy-samples'}"  # shared with the samples of docs/
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", cache_option, str(SAMPLE)]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    return {int(number) for number in re.findall(r"requests\.py:(\d+): error", process.stdout)}


def pyright() -> set[int]:
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, str(SAMPLE)]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    diagnostics = json.loads(process.stdout)["generalDiagnostics"]
    return {diagnostic["range"]["start"]["line"] + 1 for diagnostic in diagnostics if diagnostic["severity"] == "error"}


@pytest.mark.parametrize("check", [mypy, pyright])
def test_only_invalid_lines_are_type_errors(check):
    assert len(INVALID_LINES) >= 10
    assert check() == INVALID_LINES
