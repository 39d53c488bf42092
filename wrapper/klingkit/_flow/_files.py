"""A file that appears only when it is whole."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from types import TracebackType
from typing import Self

__all__ = ["PartFile"]


class PartFile:
    """Collects a download beside its destination; `commit` puts it in place, leaving the block removes it.

    Raises:
        OSError: The destination is a folder, or its folder cannot be written; raised when made, before any download.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        if self.path.is_dir():
            raise IsADirectoryError(f"{self.path} is a folder; name a file")
        self._part = self.path.with_name(f".{uuid.uuid4().hex}.part")
        self._file = self._part.open("xb")

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self._file.tell()

    def write(self, data: bytes, /) -> None:
        """Append."""
        self._file.write(data)

    def restart(self) -> None:
        """Begin again, empty."""
        self._file.seek(0)
        self._file.truncate()

    def commit(self) -> Path:
        """Put the whole file where it belongs, in one step, safe on disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._part.replace(self.path)
        return self.path

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        self._part.unlink(missing_ok=True)
