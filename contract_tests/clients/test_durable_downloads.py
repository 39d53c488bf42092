"""Tests, by system calls, that a download is synced to disk before it is renamed, and renamed in one step."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contract_tests.support.clients import EACH_CLIENT_KIND, open_client
from contract_tests.support.kie import API_KEY
from contract_tests.support.media_host import MediaHost
from contract_tests.support.mp4_files import make_mp4
from contract_tests.support.scripted_server import scripted_server
from klingkit import DownloadError, Video
from klingkit.kie import Kie

pytestmark = pytest.mark.anyio

MP4 = make_mp4(100_000)
OLD_CONTENT = b"an older video"


class SystemCalls:
    """Records the syncs and renames of files in a folder."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.folder = folder
        self.calls: list[tuple[str, ...]] = []
        self.synced: dict[int, bytes] = {}
        """Inode -> the content at its last sync."""
        self._patch(monkeypatch, "fsync", self._sync)
        self._patch(monkeypatch, "fdatasync", self._sync)
        self._patch(monkeypatch, "replace", self._rename)
        self._patch(monkeypatch, "rename", self._rename)
        self._patch(monkeypatch, "link", self._rename)

    def _patch(self, monkeypatch: pytest.MonkeyPatch, name: str, note: Callable[..., None]) -> None:
        real = getattr(os, name)

        def call(*args: Any, **options: Any) -> Any:
            note(*args)
            return real(*args, **options)

        monkeypatch.setattr(os, name, call)

    def _sync(self, file: Any) -> None:
        number = file if isinstance(file, int) else file.fileno()
        inode = os.fstat(number).st_ino
        (path,) = [path for path in self.folder.iterdir() if path.stat().st_ino == inode]
        self.synced[inode] = path.read_bytes()
        self.calls.append(("sync", path.name))

    def _rename(self, source: Any, target: Any) -> None:
        self.calls.append(("rename", Path(source).name, Path(target).name))


@EACH_CLIENT_KIND
@pytest.mark.parametrize("old", [OLD_CONTENT, None])
async def test_the_file_is_synced_whole_and_then_renamed(kind: str, old: bytes | None, tmp_path, monkeypatch):
    path = tmp_path / "cat.mp4"
    if old is not None:
        path.write_bytes(old)
    with scripted_server(MediaHost(MP4)) as server:
        async with open_client(kind, Kie(API_KEY, server.url)) as client:
            calls = SystemCalls(monkeypatch, tmp_path)
            await client.download(Video(f"{server.url}/cat.mp4"), path)
    assert calls.calls == [("sync", ".cat.mp4.part"), ("rename", ".cat.mp4.part", "cat.mp4")]
    assert calls.synced == {path.stat().st_ino: MP4}, "the file that was synced is not the one that has the name"
    assert path.read_bytes() == MP4


@EACH_CLIENT_KIND
@pytest.mark.parametrize("call", ["fsync", "replace"])
async def test_a_disk_that_refuses_leaves_the_old_file(kind: str, call: str, tmp_path, monkeypatch):
    path = tmp_path / "cat.mp4"
    path.write_bytes(OLD_CONTENT)

    def refuse(*_: object) -> None:
        raise OSError(28, "no space left on device")

    with scripted_server(MediaHost(MP4)) as server:
        async with open_client(kind, Kie(API_KEY, server.url)) as client:
            monkeypatch.setattr(os, call, refuse)
            with pytest.raises(DownloadError, match="no space left"):
                await client.download(Video(f"{server.url}/cat.mp4"), path)
    assert path.read_bytes() == OLD_CONTENT
