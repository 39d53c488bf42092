"""Both type checkers report the wrong lines of a sample, and no right ones."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLE = Path(__file__).parents[1] / "typing" / "requests.py"
WRONG = {number for number, line in enumerate(SAMPLE.read_text().splitlines(), 1) if "# wrong" in line}


def mypy() -> set[int]:
    cached = f"--cache-dir={SAMPLE.parents[2] / '.cache' / 'mypy-samples'}"  # shared with the samples of docs/
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", cached, str(SAMPLE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return {int(number) for number in re.findall(r"requests\.py:(\d+): error", done.stdout)}


def pyright() -> set[int]:
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, str(SAMPLE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)["generalDiagnostics"]
    return {finding["range"]["start"]["line"] + 1 for finding in found if finding["severity"] == "error"}


@pytest.mark.parametrize("check", [mypy, pyright])
def test_only_wrong_lines_are_type_errors(check):
    assert len(WRONG) >= 10
    assert check() == WRONG
