"""Fixtures of the tests that run downloads on a scripted driver."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from contract_tests.support.downloads import FINISHED_TASK
from contract_tests.support.kie import KIE_API
from contract_tests.support.script import Script
from klingkit import Task, Video
from klingkit._downloads import download
from klingkit._downloads._part_file import PartFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cat.mp4"


@pytest.fixture
def fetch_file(path: Path) -> Iterator[Callable[..., bytes]]:
    """Download to `path`; afterwards its folder may have only the file and its part."""

    def run(
        script: Script, source: Task | Video = FINISHED_TASK, timeout: float = 60.0, emit: Any = None, **options: Any
    ):
        with PartFile(path) as part:
            return script.run(download(KIE_API, source, part, timeout=timeout, **options), emit)().read_bytes()

    yield run
    assert {file.name for file in path.parent.iterdir()} <= {"cat.mp4", ".cat.mp4.part", ".cat.mp4.part.json"}
