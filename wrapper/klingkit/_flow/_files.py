"""A file that appears only when it is whole, and whose beginning survives the process that fetched it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, cast

from klingkit._errors import InvalidRequest

__all__ = ["PartFile"]

LONGEST_NAME: Final = 200
"""Bytes of a file name from which on its part is called by a hash: file systems stop at 255."""


class PartFile:
    """Collects a download beside its destination; `commit` puts it in place.

    The part of `cat.mp4` is `.cat.mp4.part`, and what is known of it stands in `.cat.mp4.part.json`: the `note`.
    A part with a note is kept when the block is left early or the process dies, for the next one to go on with.
    Whoever has the note's lock has the part; another download to the same file at the same time, and every one where
    there are no such locks (Windows), gets a part of its own, which is not kept. A link stays one: where it leads is
    the destination, and its part lies there.

    Raises:
        InvalidRequest: The destination is no path, or something that is no file; raised when made, as is the next one.
        OSError: Its folder is missing, or cannot be written.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path, self._target = _destination(path)
        self.part = self._beside(self._target.name)
        self._lock = _locked(self._note)
        file = self._lock and _opened(self.part)
        if file is None:
            self._release()
            self.part = self._beside(uuid.uuid4().hex)
            file = self.part.open("xb", buffering=0)
        self._file = file
        self.note = _read(self._lock)
        self.size = file.seek(0, os.SEEK_END)
        """Bytes in it."""

    def _beside(self, name: str) -> Path:
        encoded = os.fsencode(name)
        short = name if len(encoded) <= LONGEST_NAME else hashlib.sha256(encoded).hexdigest()
        return self._target.with_name(f".{short}.part")

    @property
    def _note(self) -> Path:
        return self.part.with_name(f"{self.part.name}.json")

    @property
    def resumable(self) -> bool:
        """Whether it is kept, for another process to go on with."""
        return self._lock is not None and bool(self.note) and self.size > 0

    def write(self, data: bytes, /) -> None:
        """Append; on a disk that takes no more, the part is given up."""
        view = memoryview(data)
        try:
            while view:
                written = self._file.write(view)
                self.size += written
                view = view[written:]
        except OSError:
            self.discard()
            raise

    def restart(self, note: Mapping[str, Any]) -> None:
        """Begin again, empty, with a note on what follows; without one it is not kept."""
        self.trim(0)  # before the note: bytes must never stand under the note of others
        self.note = dict(note)
        if self._lock is not None:
            self._lock.seek(0)
            self._lock.truncate()
            self._lock.write(json.dumps(self.note).encode())

    def trim(self, size: int) -> None:
        """Drop all bytes after the first `size` ones."""
        self.size = self._file.truncate(self._file.seek(size))

    def discard(self) -> None:
        """Let it not be kept."""
        self.note = {}

    def commit(self) -> Path:
        """Put the whole file where it belongs, in one step, safe on disk."""
        os.fsync(self._file.fileno())
        self._file.close()
        self.part.replace(self._target)
        self.discard()
        return self.path

    def _release(self) -> None:
        """Take back the claim on the part, and the note with it."""
        if self._lock is not None:
            self._note.unlink(missing_ok=True)  # before the lock is: afterwards it may be another's
            self._lock.close()
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        if self.resumable:
            cast("io.FileIO", self._lock).close()
        else:
            self.part.unlink(missing_ok=True)
            self._release()


def _destination(path: str | os.PathLike[str]) -> tuple[Path, Path]:
    """Return a path, and where it leads; what is no file, such as a device, a pipe or a folder, is not replaced."""
    try:
        named, target = Path(path), Path(os.path.realpath(path))
    except (TypeError, ValueError) as error:
        raise InvalidRequest(f"path: a path, not {path!r}") from error
    if target.is_symlink() or (named.exists() and not named.is_file()):  # still a link: it leads in a circle
        raise InvalidRequest(f"path: {named} is there and is no regular file; name a file")
    return named, target


def _locked(path: Path) -> io.FileIO | None:
    """Open a file that nobody else has, and keep others out until it is closed; None if it cannot be had."""
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
    """Open a file for reading and writing, made if need be; None if that cannot be, as with a link to elsewhere."""
    flags = os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    try:
        return open(path, "r+b", buffering=0, opener=lambda name, mode: os.open(name, mode | flags, 0o666))
    except OSError:
        return None


def _read(lock: io.FileIO | None) -> dict[str, Any]:
    try:
        note: object = json.loads(lock.read(65536)) if lock else {}
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", note) if isinstance(note, dict) else {}


if sys.platform == "win32":  # pragma: no cover - no Windows among the machines that test this

    def _lock(_: int) -> None:
        raise OSError("no locks of the kind that ends with its process")

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
