"""Tests that a check names a fact that is changed in one file of a copy of the project, on each side in turn.

It is a fact of the native API, whose checks take the least time.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from attrs import frozen

from contract_tests.support.limits import max_length

ROOT = Path(__file__).parents[2]
SIDES = ("docs", "generated", "openapi", "scripts", "wrapper")
RUN_CHECK = "import sys; from importlib import import_module; from scripts.specs.files import load; "
RUN_CHECK += "print(*import_module(f'scripts.checks.{sys.argv[1]}').problems('native', load('native')), sep='\\n')"


@frozen
class SeededFault:
    """A mistake planted in one file, the check that must report it, and the name that the report must contain."""

    side: str
    file: str
    was: str
    now: str
    check: str
    names: str

    def __str__(self) -> str:
        return f"{self.side}-{self.check}"


ADAPTER = "wrapper/klingkit/providers/_official.py"
EMULATOR = "wrapper/klingkit/emulator/apis/kling/_native.py"
SPEC = "openapi/native.yaml"
FACTS = "openapi/documents/native-kling-text2video.facts.yaml"
LIMIT = max_length("kling-v1-6", api="native")
MODEL = "generated/klingkit_api/native/models/text_2_video.py"
FAULTS = [
    SeededFault("facts", FACTS, f"max_length: {LIMIT}", f"max_length: {LIMIT + 1}", "documents", "request.prompt"),
    SeededFault("spec", SPEC, f"maxLength: {LIMIT}", f"maxLength: {LIMIT + 1}", "documents", "request.prompt"),
    SeededFault("generated", MODEL, f"{LIMIT}", f"{LIMIT + 1}", "requests", "prompt"),
    SeededFault("adapter", ADAPTER, "{self.path}/{quote(ref", "{self.path}/t/{quote(ref", "requests", "text2video/t/"),
    SeededFault("emulator", EMULATOR, f"{LIMIT}", f"{LIMIT + 1}", "emulator", "prompt"),
]  # fmt: skip


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project that tests may change, with its bytecode, which stays valid for all other files."""
    folder = tmp_path_factory.mktemp("copy")
    for side in SIDES:
        shutil.copytree(ROOT / side, folder / side)
    (folder / ".cache").symlink_to(ROOT / ".cache")
    return folder


def report_of(folder: Path, check: str) -> str:
    """Run a check on the project in a folder; return its report."""
    paths = [folder, folder / "wrapper", folder / "generated"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths)), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", RUN_CHECK, check]
    done = subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_planted_mistake_is_reported_by_name(copy: Path, fault: SeededFault):
    file = copy / fault.file
    correct_text = file.read_text("utf-8")
    assert fault.was in correct_text
    file.write_text(correct_text.replace(fault.was, fault.now), "utf-8")
    try:
        report = report_of(copy, fault.check)
    finally:
        file.write_text(correct_text, "utf-8")
    assert fault.names in report  # other tests show that the checks report nothing where nothing is changed
