"""Tests that a download whose process was killed resumes in the next process."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from contract_tests.support.media_host import MediaHost
from contract_tests.support.mp4_files import make_mp4
from contract_tests.support.scripted_server import scripted_server
from klingkit import Client, Video
from klingkit.kie import Kie

SIZE = 1_000_000
EARLY_SIZE, MIDDLE_SIZE, LATE_SIZE = (SIZE * tenths // 10 for tenths in (2, 5, 8))
MP4 = make_mp4(SIZE)

BLOCKING_PROGRAM = """
import sys
from klingkit import Client, Video
from klingkit.kie import Kie
_, api, url, path = sys.argv
with Client(Kie("key-of-nobody", api)) as client:
    client.download(Video(url), path, on_progress=lambda so_far, of: print(so_far, of, flush=True))
"""
ASYNC_PROGRAM = """
import sys, anyio
from klingkit import AsyncClient, Video
from klingkit.kie import Kie
_, api, url, path = sys.argv
async def main():
    async with AsyncClient(Kie("key-of-nobody", api)) as client:
        await client.download(Video(url), path, on_progress=lambda so_far, of: print(so_far, of, flush=True))
anyio.run(main, backend="{backend}")
"""
ASYNCIO_PROGRAM, TRIO_PROGRAM = (ASYNC_PROGRAM.replace("{backend}", backend) for backend in ("asyncio", "trio"))


def start(program: str, url: str, path: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", program, url, f"{url}/cat.mp4", str(path)]
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")
    }  # coverage cannot be saved by a killed process
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def finish(program: str, url: str, path: Path) -> None:
    with start(program, url, path) as process:
        assert process.communicate(timeout=30)[0].splitlines()[-1] == f"{SIZE} {SIZE}"
        assert process.returncode == 0


def kill_at(size: int, program: str, url: str, path: Path) -> None:
    """Start a download and kill it as soon as it reports so many bytes."""
    with start(program, url, path) as process:
        assert process.stdout is not None
        assert any(line.split()[0] == str(size) for line in process.stdout)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert path.read_bytes() == b"an older video"


@pytest.mark.parametrize(
    ("program", "killed_at"),
    [(BLOCKING_PROGRAM, [EARLY_SIZE, LATE_SIZE]), (ASYNCIO_PROGRAM, [MIDDLE_SIZE]), (TRIO_PROGRAM, [MIDDLE_SIZE])],
    ids=["blocking", "asyncio", "trio"],
)
def test_a_download_killed_repeatedly_resumes_to_the_same_file(program: str, killed_at: list[int], tmp_path):
    path = tmp_path / "cat.mp4"
    path.write_bytes(b"an older video")
    media = MediaHost(MP4)
    with scripted_server(media) as server:
        for size in killed_at:
            media.stop_at = size
            kill_at(size, program, server.url, path)
        media.stop_at = None
        finish(program, server.url, path)
    assert path.read_bytes() == MP4
    assert media.starts == [0, *killed_at]
    assert media.sent == SIZE, "each byte was sent once"
    assert [file.name for file in tmp_path.iterdir()] == ["cat.mp4"]


@pytest.mark.parametrize(
    "changed", [make_mp4(SIZE, seed=1), make_mp4(SIZE // 4)], ids=["of the same length", "shorter than the part"]
)
def test_a_changed_video_is_fetched_from_the_start(changed: bytes, tmp_path):
    path = tmp_path / "cat.mp4"
    path.write_bytes(b"an older video")
    media = MediaHost(MP4, stop_at=MIDDLE_SIZE)
    with scripted_server(media) as server:
        kill_at(MIDDLE_SIZE, BLOCKING_PROGRAM, server.url, path)
        media.content, media.tag, media.stop_at = changed, "2", None
        with Client(Kie("key-of-nobody", server.url)) as client:
            client.download(Video(f"{server.url}/cat.mp4"), path)
    assert path.read_bytes() == changed
    assert media.starts == [0, 0]
