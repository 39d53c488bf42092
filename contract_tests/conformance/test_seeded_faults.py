"""One fact changed in one file of a copy of the project, on each side in turn: a check names it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from attrs import frozen

ROOT = Path(__file__).parents[2]
SIDES = ("docs", "generated", "openapi", "scripts", "wrapper")
RUN_CHECK = "import sys; from importlib import import_module; from scripts.specs.files import load; "
RUN_CHECK += "print(*import_module(f'scripts.checks.{sys.argv[1]}').problems('kie', load('kie')), sep='\\n')"


@frozen
class Seeded:
    """A mistake planted in one file, the check that must report it, and the name that the report must contain."""

    side: str
    file: str
    was: str
    now: str
    check: str
    names: str

    def __str__(self) -> str:
        return f"{self.side}-{self.check}"


KIE = "wrapper/klingkit/providers/kie.py"
MODEL = "generated/klingkit_api/kie/models/kling_26_text_to_video.py"
FAULTS = [
    Seeded("facts", "openapi/documents/kie-kling-2.6-text-to-video.facts.yaml", "max_length: 1000", "max_length: 1001",
           "documents", "request.input.prompt"),
    Seeded("spec", "openapi/kie.yaml", "maxLength: 1000", "maxLength: 1001", "documents", "request.input.prompt"),
    Seeded("generated", MODEL, "1000", "1001", "requests", "prompt"),
    Seeded("adapter", KIE, '{"taskId": ref.id}', '{"taskID": ref.id}', "requests", "taskI"),
    Seeded("emulator", "wrapper/klingkit/emulator/apis/kie/_models.py", "1000", "1001", "emulator", "prompt"),
]  # fmt: skip


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project that tests may change."""
    folder = tmp_path_factory.mktemp("copy")
    for side in SIDES:
        shutil.copytree(ROOT / side, folder / side, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def report_of(folder: Path, check: str) -> str:
    """Run a check on the project in a folder; return its report."""
    paths = [folder, folder / "wrapper", folder / "generated"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths)), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", RUN_CHECK, check]
    done = subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_planted_mistake_is_reported_by_name(copy: Path, fault: Seeded):
    file = copy / fault.file
    sound = file.read_text("utf-8")
    assert fault.was in sound
    file.write_text(sound.replace(fault.was, fault.now), "utf-8")
    try:
        report = report_of(copy, fault.check)
    finally:
        file.write_text(sound, "utf-8")
    assert fault.names in report  # the checks are silent where nothing was changed: see the tests of each
