"""A file that appears only when it is whole; its beginning is kept for another process to resume."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import sys
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Self, cast

from klingkit._base import InvalidRequest, invalid

__all__ = ["PartFile"]

MAX_NAME: Final = 200
"""Bytes of a file name above which its part is named by a hash: file systems stop at 255."""


_UUID: Final = re.compile("[0-9a-f]{32}")


class PartFile:
    """Collects a download beside its destination; `commit` puts it in place.

    The part of `cat.mp4` is `.cat.mp4.part`, and its metadata is in `.cat.mp4.part.json`. A part with metadata is kept
    when the block is left early or the process dies, and the next download resumes it. The lock of the metadata file
    owns the part; another download to the same file at the same time, and every one where there are no such locks
    (Windows), gets a part of its own, which is not kept. A link stays a link: its target is the destination, and the
    part lies beside the target.

    Raises:
        InvalidRequest: The destination is no path, or exists and is no regular file; raised by the constructor.
        OSError: Its folder is missing, or cannot be written; raised by the constructor.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path, self._target = _destination(path)
        self.part = self._beside(self._target.name)
        self._lock = _locked(self._metadata_path)
        file = self._lock and _opened(self.part)
        if file is None:
            self._release()
            file = self._own_part()
        self._file = file
        self._sweep()
        self.metadata = _read(self._lock)
        self.size = file.seek(0, os.SEEK_END)
        """Bytes in it."""

    def _beside(self, name: str, mark: str = "") -> Path:
        encoded = os.fsencode(name)
        short = name if len(encoded) <= MAX_NAME else hashlib.sha256(encoded).hexdigest()
        return self._target.with_name(f".{short}{mark}.part")

    def _own_part(self) -> io.FileIO:
        """Make a part for this download alone; where there are locks, it gets its name once it is locked."""
        name = f".{uuid.uuid4().hex}"
        self.part = self._beside(self._target.name, f"{name}.new")
        file = _locked(self.part)
        if file is None:
            return self.part.open("wb", buffering=0)
        self.part = self.part.rename(self._beside(self._target.name, name))
        return file

    def _sweep(self) -> None:
        """Remove the parts that killed downloads to this path left: nobody holds their locks."""
        head, tail = self._beside(self._target.name, ".").name[: -len(".part")], ".part"
        left: list[str] = []
        with suppress(OSError), os.scandir(self._target.parent) as entries:
            left = [each.path for each in entries if each.name.startswith(head) and each.name.endswith(tail)]
        for path in map(Path, left):
            if _UUID.fullmatch(path.name[len(head) : -len(tail)].removesuffix(".new")) and (lock := _locked(path)):
                path.unlink(missing_ok=True)
                lock.close()

    @property
    def _metadata_path(self) -> Path:
        return self.part.with_name(f"{self.part.name}.json")

    @property
    def resumable(self) -> bool:
        """Whether the part is kept, for another process to resume."""
        return self._lock is not None and bool(self.metadata) and self.size > 0

    def write(self, data: bytes, /) -> None:
        """Append; if the disk refuses, the part is not kept."""
        view = memoryview(data)
        try:
            while view:
                written = self._file.write(view)
                self.size += written
                view = view[written:]
        except OSError:
            self.discard()
            raise

    def restart(self, metadata: Mapping[str, Any]) -> None:
        """Empty the part and set the metadata of what follows; without metadata it is not kept."""
        self.trim(0)  # before the metadata: bytes must never lie under the metadata of others
        self.metadata = dict(metadata)
        if self._lock is not None:
            self._lock.seek(0)
            self._lock.truncate()
            self._lock.write(json.dumps(self.metadata).encode())

    def trim(self, size: int) -> None:
        """Drop all bytes after the first `size` ones."""
        self.size = self._file.truncate(self._file.seek(size))

    def discard(self) -> None:
        """Do not keep the part."""
        self.metadata = {}

    def commit(self) -> Path:
        """Sync the part to disk and rename it to the destination, in one step."""
        os.fsync(self._file.fileno())
        _replace(self._file, self.part, self._target)
        self.discard()
        return self.path

    def _release(self) -> None:
        """Remove the metadata file and release its lock."""
        if self._lock is not None:
            self._metadata_path.unlink(missing_ok=True)  # before the lock is released: afterwards it may be another's
            self._lock.close()
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        if self.resumable:
            _unlock(cast("io.FileIO", self._lock))
        else:
            self.part.unlink(missing_ok=True)
            self._release()


def _destination(path: str | os.PathLike[str]) -> tuple[Path, Path]:
    """Return a path and its target; a device, a pipe or a folder is refused, not replaced."""
    try:
        named, target = Path(path), Path(os.path.realpath(path))
    except (TypeError, ValueError) as error:
        raise invalid("path", "a path", path) from error
    if target.is_symlink() or (named.exists() and not named.is_file()):  # still a link: a circle of links
        raise InvalidRequest(f"path: {named} exists and is no regular file; name a file")
    return named, target


def _locked(path: Path) -> io.FileIO | None:
    """Open a file and lock it until it is closed; None if it is locked already or cannot be opened."""
    file = _opened(path)
    if file is None:
        return None
    try:
        _lock(file.fileno())
        if os.path.samestat(os.fstat(file.fileno()), path.lstat()):  # else its last owner has just removed it
            return file
    except OSError:
        pass
    file.close()
    return None


def _opened(path: Path) -> io.FileIO | None:
    """Open a file for reading and writing, creating it if need be; None if it cannot be opened, or is a link."""
    flags = os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    try:
        return open(path, "r+b", buffering=0, opener=lambda name, mode: os.open(name, mode | flags, 0o666))
    except OSError:
        return None


def _read(lock: io.FileIO | None) -> dict[str, Any]:
    try:
        metadata: object = json.loads(lock.read(65536)) if lock else {}
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", metadata) if isinstance(metadata, dict) else {}


if sys.platform == "win32":  # pragma: no cover - no Windows among the machines that test this

    def _lock(_: int) -> None:
        raise OSError("no locks of the kind that ends with its process")

    def _unlock(file: io.FileIO) -> None:
        file.close()

    def _replace(file: io.FileIO, part: Path, target: Path) -> None:
        file.close()  # an open file cannot be renamed
        part.replace(target)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(file: io.FileIO) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_UN)  # a child of a fork may have the file open, too
        file.close()

    def _replace(file: io.FileIO, part: Path, target: Path) -> None:
        part.replace(target)
        file.close()  # now: a part that is not locked is swept
