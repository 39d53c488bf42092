"""Parts on disk: who may write to one, what is kept of it, and what a film is by its content."""

import codecs
import io
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract_tests.support.film import FILM, box, mp4
from klingkit._downloads import _mp4, _part_file
from klingkit._downloads._mp4 import find_defect
from klingkit._downloads._part_file import PartFile

NOTE = {"source": "a cat"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cat.mp4"


def left(path: Path) -> list[str]:
    return sorted(file.name for file in path.parent.iterdir())


def begin(path: Path, data: bytes = b"the beginning", note: dict[str, str] = NOTE) -> None:
    with PartFile(path) as part:
        part.restart(note)
        part.write(data)


def test_a_part_is_gone_on_with(path):
    begin(path)
    with PartFile(path) as part:
        assert (part.metadata, part.size) == (NOTE, 13)
        part.write(b", the end")
        assert part.commit() == path
    assert path.read_bytes() == b"the beginning, the end"
    assert left(path) == ["cat.mp4"]


@pytest.mark.parametrize(("data", "note"), [(b"", NOTE), (b"bytes", {})])
def test_a_part_that_helps_nobody_is_removed(path, data, note):
    begin(path, data, note)
    assert left(path) == []


def test_a_part_that_is_given_up_is_removed(path):
    with PartFile(path) as part:
        part.restart(NOTE)
        part.write(b"bytes")
        part.discard()
    assert left(path) == []


def test_beginning_again_drops_what_was_there(path):
    begin(path)
    with PartFile(path) as part:
        part.restart({"source": "a dog"})
        part.write(b"woof")
    with PartFile(path) as part:
        assert (part.metadata, part.size) == ({"source": "a dog"}, 4)


def test_two_downloads_to_one_file_do_not_meet(path):
    """The first has the part; the second has one of its own, which is not kept."""
    with PartFile(path) as first, PartFile(path) as second:
        assert first.part != second.part
        first.restart(NOTE)
        second.restart(NOTE)
        first.write(b"one")
        second.write(b"another")
        assert (first.resumable, second.resumable) == (True, False)
        assert second.commit().read_bytes() == b"another"
        first.write(b" film")
        assert first.commit().read_bytes() == b"one film"
    assert left(path) == ["cat.mp4"]


def test_a_second_download_that_fails_leaves_the_part_of_the_first(path):
    with PartFile(path) as first:
        first.restart(NOTE)
        first.write(b"one")
        with PartFile(path) as second:
            second.restart(NOTE)
            second.write(b"another")
        assert first.commit().read_bytes() == b"one"


@pytest.mark.parametrize("next_one", [False, True])
def test_a_lock_on_a_note_that_was_removed_counts_for_nothing(path, monkeypatch, next_one):
    """Its owner may finish between our opening and our locking, and the next one may have begun already."""
    take = _part_file._lock
    note = path.with_name(".cat.mp4.part.json")

    def finish_meanwhile(descriptor: int) -> None:
        note.unlink()
        if next_one:
            note.touch()
        take(descriptor)

    monkeypatch.setattr(_part_file, "_lock", finish_meanwhile)
    with PartFile(path) as part:
        assert part.part.name != ".cat.mp4.part"


def test_without_locks_each_has_a_part_of_its_own(path, monkeypatch):
    def refuse(_: int) -> None:
        raise OSError

    monkeypatch.setattr(_part_file, "_lock", refuse)
    begin(path)
    assert not [name for name in left(path) if name.endswith(".part")]
    with PartFile(path) as part:
        part.write(FILM)
        assert part.commit().read_bytes() == FILM


@pytest.mark.parametrize("name", [".cat.mp4.part", ".cat.mp4.part.json"])
def test_a_link_in_place_of_the_part_is_not_followed(path, name):
    treasure = path.with_name("treasure")
    treasure.write_bytes(b"gold")
    path.with_name(name).symlink_to(treasure)
    begin(path)
    with PartFile(path) as part:
        part.write(FILM)
        part.commit()
    assert treasure.read_bytes() == b"gold"


def test_a_folder_in_place_of_the_part_is_left_alone(path):
    path.with_name(".cat.mp4.part").mkdir()
    with PartFile(path) as part:
        part.write(FILM)
        assert part.commit().read_bytes() == FILM
    assert left(path) == [".cat.mp4.part", "cat.mp4"]


def test_a_name_as_long_as_names_may_be(tmp_path):
    path = tmp_path / ("猫" * 80 + ".mp4")
    begin(path)
    with PartFile(path) as part:
        assert part.size == 13
        part.commit()
    assert left(path) == [path.name]


class Full(io.FileIO):
    """A file on a disk with room for a few bytes more."""

    room = 5

    def write(self, data) -> int:
        if not self.room:
            raise OSError(28, "No space left on device")
        written = super().write(bytes(data)[: self.room])
        self.room -= written
        return written


def test_a_full_disk_gets_its_room_back(path):
    with PartFile(path) as part:
        part.restart(NOTE)
        part._file.close()
        part._file = Full(part.part, "r+b")
        with pytest.raises(OSError, match="No space left"):
            part.write(b"too much")
    assert left(path) == []


def test_a_part_that_cannot_be_put_in_place_is_kept(path):
    with PartFile(path) as part:
        part.restart(NOTE)
        part.write(FILM)
        path.mkdir()
        with pytest.raises(OSError):  # noqa: PT011 - which one depends on the system
            part.commit()
    path.rmdir()
    with PartFile(path) as part:
        assert part.size == len(FILM)


def test_a_process_that_died_while_putting_it_in_place_leaves_no_trace_next_time(path):
    """The note alone is left: there is nothing to go on with."""
    path.with_name(".cat.mp4.part.json").write_text('{"source": "a cat"}')
    with PartFile(path) as part:
        assert part.size == 0
        assert not part.resumable
    assert left(path) == []


def test_parts_are_not_inherited(path):
    with PartFile(path) as part:
        assert part._lock is not None
        assert not os.get_inheritable(part._lock.fileno())
        assert not os.get_inheritable(part._file.fileno())


# What a film is


def judge(tmp_path: Path, data: bytes, *, mp4: bool = True) -> str | None:
    path = tmp_path / "judged"
    path.write_bytes(data)
    return find_defect(path, mp4=mp4)


FTYP, MOOV = box(b"ftyp", b"isom\0\0\0\0"), box(b"moov")
LARGE = b"\0\0\0\1mdat" + (26).to_bytes(8, "big") + b"0123456789"
REST = b"\0\0\0\0mdat0123456789"


@pytest.mark.parametrize(
    "film",
    [FILM, FTYP + MOOV, FTYP + MOOV + LARGE, FTYP + LARGE + MOOV, FTYP + MOOV + REST, FTYP + MOOV + box(b"free")],
    ids=["whole", "short", "64 bits", "64 bits amid", "to the end", "with a label"],
)
def test_an_mp4(tmp_path, film):
    assert judge(tmp_path, film) is None


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no box of type moov"),
        (b"\0\0\0\x18", "does not begin"),
        (b"RIFF" * 10, "does not begin"),
        (MOOV + FTYP, "does not begin"),
        (FTYP + box(b"mdat"), "no box of type moov"),
        (FTYP + REST + MOOV, "no box of type moov"),
        (FILM[:-1], "does not fit"),
        (FILM + b"\0", "does not fit"),
        (FTYP + MOOV + LARGE[:-1], "does not fit"),
        (FTYP + MOOV + b"\0\0\0\1mdat" + (15).to_bytes(8, "big"), "does not fit"),
        (FTYP + MOOV + b"\0\0\0\1mdat" + (8).to_bytes(8, "big"), "does not fit"),
        (FTYP + MOOV + b"\0\0\0\7free", "does not fit"),
        (FTYP + MOOV + b"\0\0\0\1mdat", "does not fit"),
    ],
)
def test_no_mp4(tmp_path, data: bytes, why: str):
    assert why in str(judge(tmp_path, data))
    assert judge(tmp_path, data, mp4=False) is None


def test_a_file_of_nothing_but_boxes_does_not_keep_us_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(_mp4, "MAX_BOXES", 10)
    assert judge(tmp_path, FTYP + MOOV + box(b"free") * 8) is None
    assert judge(tmp_path, FTYP + MOOV + box(b"free") * 9) is not None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("films")


@settings(deadline=None)
@given(upto=st.integers(0, 999))
def test_no_truncated_film_is_taken_for_whole(folder, upto: int):
    """Except where it ends between two boxes, which nobody can see."""
    ends = {len(FTYP + MOOV)}
    assert (judge(folder, mp4(1000)[:upto]) is None) == (upto in ends)


@settings(deadline=None)
@given(more=st.binary(min_size=1, max_size=7))
def test_no_lengthened_film_is_taken_for_whole(folder, more: bytes):
    """Except where what was added is a box, which has eight bytes at least."""
    assert judge(folder, FILM + more) is not None


PAGES = ["<!DOCTYPE html>", "\n <HTML lang=en>", "<!-- x --><html>", '{"error": 1}', '[{"error": 1}]', "<Error/>"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("page", [*PAGES, " " * 5000 + "<p>"], ids=lambda page: page.strip()[:8])
def test_a_page_is_no_film_of_any_kind(tmp_path, page: str, encoding: str):
    for film in (True, False):
        assert "which is no video" in str(judge(tmp_path, page.encode(encoding), mp4=film))


def test_a_page_in_utf_16_of_the_other_order_is_no_film_either(tmp_path):
    page = codecs.BOM_UTF16_BE + "\r\n<html>".encode("utf-16-be")
    assert "HTML" in str(judge(tmp_path, page, mp4=False))


QUICKTIME = [size + kind for kind in (b"mdat", b"wide") for size in (b"<\0\0\0", b" {\0\0", b"[\1\2\3")]
"""The length of what comes first may look like the beginning of a page."""


@pytest.mark.parametrize(
    "film",
    [b"\x1aE\xdf\xa3webm", b"RIFF\0\0\0\0AVI ", b"OggS<", b"G\x40\0{", b"\0\0\1\xba", b"FLV", *QUICKTIME],
)
def test_films_of_other_kinds(tmp_path, film: bytes):
    assert judge(tmp_path, film + b"<html>{}[]", mp4=False) is None
