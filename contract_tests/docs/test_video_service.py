"""The service under examples/video_service passes its own tests, run as its authors would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_service_passes_its_own_tests():
    command = [
        sys.executable,
        "-m",
        "pytest",
        "examples/video_service",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^\d+ passed in ", done.stdout, re.MULTILINE), done.stdout  # none was skipped


def test_it_starts_with_its_environment(tmp_path: Path):
    environment = {
        "KIE_API_KEY": "key-of-nobody",
        "KIE_WEBHOOK_KEY": "k",
        "PUBLIC_URL": "https://studio.example",
        "CALLBACK_SECRET": "secret-of-nobody",
        "VIDEO_FOLDER": str(tmp_path),
    }
    program = "from examples.video_service.main import app; print(*sorted(app.openapi()['paths']))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "/videos /videos/{video_id} /videos/{video_id}/film\n", done.stderr
