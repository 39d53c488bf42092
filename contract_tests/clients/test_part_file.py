"""Tests of part files on disk: their locks, which are kept or removed, and which destinations are accepted."""

import io
import os
import socket
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract_tests.support.apis import KIE, ApiCase
from contract_tests.support.clients import EACH_CLIENT_KIND, open_client
from contract_tests.support.mp4_files import MP4
from klingkit import DownloadError, InvalidRequest
from klingkit._downloads import _part_file
from klingkit._downloads._part_file import PartFile

pytestmark = pytest.mark.anyio

METADATA = {"source": "a cat"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cat.mp4"


def files_beside(path: Path) -> list[str]:
    return sorted(file.name for file in path.parent.iterdir())


def leave_part(path: Path, data: bytes = b"the beginning", metadata: dict[str, str] = METADATA) -> None:
    with PartFile(path) as part:
        part.restart(metadata)
        part.write(data)


def test_a_kept_part_is_resumed(path):
    leave_part(path)
    with PartFile(path) as part:
        assert (part.metadata, part.size) == (METADATA, 13)
        part.write(b", the end")
        assert part.commit() == path
    assert path.read_bytes() == b"the beginning, the end"
    assert files_beside(path) == ["cat.mp4"]


@pytest.mark.parametrize(("data", "metadata"), [(b"", METADATA), (b"bytes", {})])
def test_an_empty_part_or_one_without_metadata_is_removed(path, data, metadata):
    leave_part(path, data, metadata)
    assert files_beside(path) == []


def test_a_discarded_part_is_removed(path):
    with PartFile(path) as part:
        part.restart(METADATA)
        part.write(b"bytes")
        part.discard()
    assert files_beside(path) == []


def test_restart_drops_the_old_bytes(path):
    leave_part(path)
    with PartFile(path) as part:
        part.restart({"source": "a dog"})
        part.write(b"woof")
    with PartFile(path) as part:
        assert (part.metadata, part.size) == ({"source": "a dog"}, 4)


def test_two_downloads_to_one_file_use_two_parts(path):
    """The first download has the resumable part; the second has a part of its own, which is not kept."""
    with PartFile(path) as first, PartFile(path) as second:
        assert first.part != second.part
        first.restart(METADATA)
        second.restart(METADATA)
        first.write(b"one")
        second.write(b"another")
        assert (first.resumable, second.resumable) == (True, False)
        assert second.commit().read_bytes() == b"another"
        first.write(b" video")
        assert first.commit().read_bytes() == b"one video"
    assert files_beside(path) == ["cat.mp4"]


KILLED_PROGRAM = """
import os, signal, sys
from klingkit._downloads._part_file import PartFile
with PartFile(sys.argv[1]) as first, PartFile(sys.argv[1]) as second, PartFile(sys.argv[1]) as third:
    for part in (first, second, third):
        part.restart({"source": "a cat"})
        part.write(b"the beginning")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("name", ["cat.mp4", "c" * 250])
def test_parts_of_killed_downloads_are_removed_by_the_next_download(tmp_path, name: str):
    """The part that is resumed, the parts in use, and the parts of other files stay."""
    path = tmp_path / name
    similar_names = [tmp_path / f".{name[:7]}.{'0' * length}.part" for length in (31, 33)]
    for other in [*similar_names, tmp_path / f".dog.mp4.{'0' * 32}.part"]:
        other.touch()
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith("COVERAGE")
    }  # a killed process cannot save its coverage
    subprocess.run([sys.executable, "-c", KILLED_PROGRAM, str(path)], check=False, env=environment)
    assert len(files_beside(path)) == 7
    with PartFile(path) as resumed, PartFile(path) as in_use:
        assert resumed.size == 13
        with PartFile(path):
            assert len(files_beside(path)) == 7, "two of the dead, two of the living"
        assert in_use.commit() == path
        resumed.discard()
    assert len(files_beside(path)) == 4


def test_an_unnamed_part_of_a_killed_download_is_removed(path):
    half_made = path.with_name(f".{path.name}.{'1' * 32}.new.part")
    half_made.touch()
    with PartFile(path):
        assert not half_made.exists()


def test_a_forked_child_does_not_lock_a_part(path):
    read_end, write_end = os.pipe()
    with PartFile(path) as part:
        part.restart(METADATA)
        part.write(b"one")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # the fork of a process with threads
            pid = os.fork()
        if pid == 0:
            os.close(write_end)
            os.read(read_end, 1)  # until the parent is done
            os._exit(0)
    with PartFile(path) as again:
        assert again.size == 3
    os.close(write_end)
    os.waitpid(pid, 0)
    os.close(read_end)


def test_a_second_download_that_fails_leaves_the_part_of_the_first(path):
    with PartFile(path) as first:
        first.restart(METADATA)
        first.write(b"one")
        with PartFile(path) as second:
            second.restart(METADATA)
            second.write(b"another")
        assert first.commit().read_bytes() == b"one"


@pytest.mark.parametrize("another_began", [False, True])
def test_a_lock_on_removed_metadata_is_not_used(path, monkeypatch, another_began):
    """Its owner may finish between our opening and our locking, and another download may have begun by then."""
    lock = _part_file._lock
    metadata = path.with_name(".cat.mp4.part.json")

    def finish_meanwhile(descriptor: int) -> None:
        metadata.unlink()
        if another_began:
            metadata.touch()
        lock(descriptor)

    monkeypatch.setattr(_part_file, "_lock", finish_meanwhile)
    with PartFile(path) as part:
        assert part.part.name != ".cat.mp4.part"


def test_without_locks_every_download_has_its_own_part(path, monkeypatch):
    def refuse(_: int) -> None:
        raise OSError

    monkeypatch.setattr(_part_file, "_lock", refuse)
    leave_part(path)
    assert not [name for name in files_beside(path) if name.endswith(".part")]
    with PartFile(path) as part:
        part.write(MP4)
        assert part.commit().read_bytes() == MP4


@pytest.mark.parametrize("name", [".cat.mp4.part", ".cat.mp4.part.json"])
def test_a_link_in_place_of_the_part_is_not_followed(path, name):
    other_file = path.with_name("treasure")
    other_file.write_bytes(b"gold")
    path.with_name(name).symlink_to(other_file)
    leave_part(path)
    with PartFile(path) as part:
        part.write(MP4)
        part.commit()
    assert other_file.read_bytes() == b"gold"


def test_a_folder_in_place_of_the_part_is_left_alone(path):
    path.with_name(".cat.mp4.part").mkdir()
    with PartFile(path) as part:
        part.write(MP4)
        assert part.commit().read_bytes() == MP4
    assert files_beside(path) == [".cat.mp4.part", "cat.mp4"]


def test_a_very_long_file_name_works(tmp_path):
    path = tmp_path / ("猫" * 80 + ".mp4")
    leave_part(path)
    with PartFile(path) as part:
        assert part.size == 13
        part.commit()
    assert files_beside(path) == [path.name]


class FullDisk(io.FileIO):
    """A file on a disk with room for a few bytes more."""

    room = 5

    def write(self, data) -> int:
        if not self.room:
            raise OSError(28, "No space left on device")
        written = super().write(bytes(data)[: self.room])
        self.room -= written
        return written


def test_a_part_is_removed_when_the_disk_is_full(path):
    with PartFile(path) as part:
        part.restart(METADATA)
        part._file.close()
        part._file = FullDisk(part.part, "r+b")
        with pytest.raises(OSError, match="No space left"):
            part.write(b"too much")
    assert files_beside(path) == []


def test_a_part_is_kept_if_the_rename_fails(path):
    with PartFile(path) as part:
        part.restart(METADATA)
        part.write(MP4)
        path.mkdir()
        with pytest.raises(OSError):  # noqa: PT011 - which one depends on the system
            part.commit()
    path.rmdir()
    with PartFile(path) as part:
        assert part.size == len(MP4)


def test_metadata_without_a_part_is_removed(path):
    """Without the part there is nothing to resume."""
    path.with_name(".cat.mp4.part.json").write_text('{"source": "a cat"}')
    with PartFile(path) as part:
        assert part.size == 0
        assert not part.resumable
    assert files_beside(path) == []


def test_child_processes_do_not_inherit_parts(path):
    with PartFile(path) as part:
        assert part._lock is not None
        assert not os.get_inheritable(part._lock.fileno())
        assert not os.get_inheritable(part._file.fileno())


def user_client(kind: str, requests: list[httpx.Request]) -> Any:
    """Return a user's client that serves the video and records the requests."""

    def response(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, content=MP4)

    return (httpx.Client if kind == "sync" else httpx.AsyncClient)(transport=httpx.MockTransport(response))


def names_in(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


@pytest.fixture
def other_folder(tmp_path: Path) -> Path:
    """Return another folder."""
    other_folder = tmp_path / "other"
    other_folder.mkdir()
    return other_folder


@pytest.mark.parametrize("old", [b"an older video", None], ids=["to a file", "to none yet"])
@EACH_CLIENT_KIND
async def test_a_link_stays_and_its_target_is_written(
    kind: str, api_case: ApiCase, tmp_path, other_folder, old: bytes | None
):
    if old is not None:
        (other_folder / "there.mp4").write_bytes(old)
    path = tmp_path / "cat.mp4"
    path.symlink_to("other/there.mp4")
    async with open_client(kind, api_case.api, http=user_client(kind, [])) as client:
        assert await client.download(api_case.api.read_task(api_case.ref, api_case.finished()), path) == path
    assert path.is_symlink()
    assert (other_folder / "there.mp4").read_bytes() == MP4
    assert not (other_folder / "there.mp4").is_symlink()
    assert (names_in(tmp_path), names_in(other_folder)) == (["cat.mp4", "other"], ["there.mp4"])


def test_the_part_lies_beside_the_target_of_a_link(tmp_path, other_folder):
    """Only there it can be renamed in one step: the link may lead to another disk."""
    path = tmp_path / "cat.mp4"
    path.symlink_to(other_folder / "there.mp4")
    with PartFile(path) as part:
        part.restart({"source": "a cat"})
        part.write(b"the beginning")
    assert names_in(other_folder) == [".there.mp4.part", ".there.mp4.part.json"]
    with PartFile(other_folder / "there.mp4") as part:
        assert part.size == 13
        assert part.commit() == other_folder / "there.mp4"


def test_a_relative_path_is_resolved_when_the_download_begins(tmp_path, other_folder, monkeypatch):
    """The process may change its working directory meanwhile."""
    monkeypatch.chdir(tmp_path)
    with PartFile("cat.mp4") as part:
        monkeypatch.chdir(other_folder)
        part.write(MP4)
        assert part.commit() == Path("cat.mp4")
    assert (tmp_path / "cat.mp4").read_bytes() == MP4
    assert names_in(other_folder) == []


def pipe(path: Path) -> None:
    os.mkfifo(path)


def listener(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))


def folder(path: Path) -> None:
    path.mkdir()


def device(path: Path) -> None:
    """Make a link to a device: making a device takes rights that tests need not have."""
    path.symlink_to("/dev/null")


def circle(path: Path) -> None:
    path.symlink_to(path.name)


@pytest.mark.parametrize("make", [pipe, listener, folder, device, circle], ids=lambda make: make.__name__)
@EACH_CLIENT_KIND
async def test_a_path_that_is_no_regular_file_is_refused_before_fetching(
    kind: str, tmp_path, monkeypatch, make: Callable[[Path], None]
):
    monkeypatch.chdir(tmp_path)  # the name of a socket is short
    path, requests = Path("cat.mp4"), list[httpx.Request]()
    make(path)
    before = os.lstat(path)
    async with open_client(kind, KIE.api, http=user_client(kind, requests)) as client:
        with pytest.raises(InvalidRequest, match=r"^path: cat\.mp4 exists and is no regular file") as caught:
            await client.download(KIE.api.read_task(KIE.ref, KIE.finished()), path)
    assert (caught.value.ref, caught.value.api) == (KIE.ref, "kie")
    assert requests == []
    assert os.path.samestat(os.lstat(path), before)
    assert names_in(tmp_path) == ["cat.mp4"]


@pytest.mark.parametrize("path", [5, None, b"cat.mp4", "cat\0.mp4"], ids=repr)
@EACH_CLIENT_KIND
async def test_an_invalid_path_is_refused_before_fetching(kind: str, path: Any):
    requests: list[httpx.Request] = []
    async with open_client(kind, KIE.api, http=user_client(kind, requests)) as client:
        with pytest.raises(InvalidRequest, match="path: a path, not"):
            await client.download(KIE.api.read_task(KIE.ref, KIE.finished()), path)
    assert requests == []


@EACH_CLIENT_KIND
async def test_a_missing_folder_is_an_error_with_the_users_path(kind: str, tmp_path):
    requests: list[httpx.Request] = []
    path = tmp_path / "nowhere" / "cat.mp4"
    async with open_client(kind, KIE.api, http=user_client(kind, requests)) as client:
        with pytest.raises(DownloadError) as caught:
            await client.download(KIE.api.read_task(KIE.ref, KIE.finished()), path)
    assert str(caught.value) == f"download to {path}: No such file or directory"
    assert (caught.value.ref, caught.value.api) == (KIE.ref, "kie")
    assert isinstance(caught.value.__cause__, FileNotFoundError)
    assert requests == []
