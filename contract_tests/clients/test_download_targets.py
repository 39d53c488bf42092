"""Where a download lands: files and links to them; whatever else has the name stays what it is."""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract_tests.support.apis import KIE, ApiCase
from contract_tests.support.both import EVERYWHERE, opened
from contract_tests.support.film import FILM
from klingkit import DownloadError, InvalidRequest
from klingkit._downloads._part_file import PartFile

pytestmark = pytest.mark.anyio


def own(kind: str, asked: list[httpx.Request]) -> Any:
    """Return a client of one's own that brings the film and notes who asked for it."""

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, content=FILM)

    return (httpx.Client if kind == "sync" else httpx.AsyncClient)(transport=httpx.MockTransport(answer))


def left(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


@pytest.fixture
def far(tmp_path: Path) -> Path:
    """Return a folder elsewhere."""
    far = tmp_path / "far"
    far.mkdir()
    return far


# Links


@pytest.mark.parametrize("old", [b"the good old one", None], ids=["to a file", "to none yet"])
@EVERYWHERE
async def test_a_link_stays_and_where_it_leads_is_written(kind: str, case: ApiCase, tmp_path, far, old: bytes | None):
    if old is not None:
        (far / "there.mp4").write_bytes(old)
    path = tmp_path / "cat.mp4"
    path.symlink_to("far/there.mp4")
    async with opened(kind, case.api, http=own(kind, [])) as client:
        assert await client.download(case.api.read_task(case.ref, case.finished()), path) == path
    assert path.is_symlink()
    assert (far / "there.mp4").read_bytes() == FILM
    assert not (far / "there.mp4").is_symlink()
    assert (left(tmp_path), left(far)) == (["cat.mp4", "far"], ["there.mp4"])


def test_the_part_lies_where_the_link_leads_and_both_names_share_it(tmp_path, far):
    """There it can be put in place in one step: the link may lead to another disk."""
    path = tmp_path / "cat.mp4"
    path.symlink_to(far / "there.mp4")
    with PartFile(path) as part:
        part.restart({"source": "a cat"})
        part.write(b"the beginning")
    assert left(far) == [".there.mp4.part", ".there.mp4.part.json"]
    with PartFile(far / "there.mp4") as part:
        assert part.size == 13
        assert part.commit() == far / "there.mp4"


def test_a_relative_path_is_meant_where_it_was_said(tmp_path, far, monkeypatch):
    """The process may go elsewhere meanwhile."""
    monkeypatch.chdir(tmp_path)
    with PartFile("cat.mp4") as part:
        monkeypatch.chdir(far)
        part.write(FILM)
        assert part.commit() == Path("cat.mp4")
    assert (tmp_path / "cat.mp4").read_bytes() == FILM
    assert left(far) == []


# What is no file


def pipe(path: Path) -> None:
    os.mkfifo(path)


def listener(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))


def folder(path: Path) -> None:
    path.mkdir()


def device(path: Path) -> None:
    """A link to one: to make one takes rights that tests need not have."""
    path.symlink_to("/dev/null")


def circle(path: Path) -> None:
    path.symlink_to(path.name)


@pytest.mark.parametrize("make", [pipe, listener, folder, device, circle], ids=lambda make: make.__name__)
@EVERYWHERE
async def test_what_is_no_file_is_refused_before_anything_is_fetched(
    kind: str, tmp_path, monkeypatch, make: Callable[[Path], None]
):
    monkeypatch.chdir(tmp_path)  # the name of a socket is short
    path, asked = Path("cat.mp4"), list[httpx.Request]()
    make(path)
    before = os.lstat(path)
    async with opened(kind, KIE.api, http=own(kind, asked)) as client:
        with pytest.raises(InvalidRequest, match=r"^path: cat\.mp4 exists and is no regular file") as caught:
            await client.download(KIE.api.read_task(KIE.ref, KIE.finished()), path)
    assert (caught.value.ref, caught.value.api) == (KIE.ref, "kie")
    assert asked == []
    assert os.path.samestat(os.lstat(path), before)
    assert left(tmp_path) == ["cat.mp4"]


@pytest.mark.parametrize("path", [5, None, b"cat.mp4", "cat\0.mp4"], ids=repr)
@EVERYWHERE
async def test_what_is_no_path_is_refused_before_anything_is_fetched(kind: str, path: Any):
    asked: list[httpx.Request] = []
    async with opened(kind, KIE.api, http=own(kind, asked)) as client:
        with pytest.raises(InvalidRequest, match="path: a path, not"):
            await client.download(KIE.api.read_task(KIE.ref, KIE.finished()), path)
    assert asked == []


@EVERYWHERE
async def test_a_folder_that_is_missing_is_told_by_the_path_that_was_asked_for(kind: str, tmp_path):
    asked: list[httpx.Request] = []
    path = tmp_path / "nowhere" / "cat.mp4"
    async with opened(kind, KIE.api, http=own(kind, asked)) as client:
        with pytest.raises(DownloadError) as caught:
            await client.download(KIE.api.read_task(KIE.ref, KIE.finished()), path)
    assert str(caught.value) == f"download to {path}: No such file or directory"
    assert (caught.value.ref, caught.value.api) == (KIE.ref, "kie")
    assert isinstance(caught.value.__cause__, FileNotFoundError)
    assert asked == []
