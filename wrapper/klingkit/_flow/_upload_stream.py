"""The body of an upload, which reports its progress as it is sent."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, TypeAlias, cast

import httpx

from klingkit._base import InvalidRequest

__all__ = ["Progress", "UploadStream"]

Progress: TypeAlias = Callable[[int, int], object]
"""Called with the bytes of a body that were sent, and the bytes in all."""


class UploadStream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """Wraps the body of a request, for both kinds of clients.

    Args:
        request: Its body is replaced by this one.
        on_progress: Called after each piece that was sent; for async clients it may be a coroutine function.

    Attributes:
        failure: What reading the file, or `on_progress`, has raised; a transport may have taken it for the network's.
    """

    def __init__(self, request: httpx.Request, on_progress: Progress | None) -> None:
        self._body = cast("httpx.SyncByteStream", request.stream)
        self._total = int(request.headers["Content-Length"])
        self._on_progress = on_progress
        self.failure: Exception | None = None
        request.stream = self

    def __iter__(self) -> Iterator[bytes]:
        """Read piece by piece, and report each before the next one is read."""
        sent, pieces = 0, iter(self._body)
        while (piece := self._read(pieces)) is not None:
            yield piece
            sent += len(piece)
            try:
                if self._on_progress is not None:
                    self._on_progress(sent, self._total)
            except Exception as error:
                self.failure = error
                raise

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Read in worker threads."""
        return _AsyncPieces(self._read, self._report, iter(self._body))

    def _read(self, pieces: Iterator[bytes]) -> bytes | None:
        """Return the next piece; None at the end.

        Raises:
            InvalidRequest: The file cannot be read.
        """
        try:
            return next(pieces, None)
        except (OSError, ValueError) as error:  # a ValueError: it was closed meanwhile
            self.failure = InvalidRequest(f"source: the file cannot be read: {error}")
            raise self.failure from error

    async def _report(self, sent: int) -> None:
        try:
            result = None if self._on_progress is None else self._on_progress(sent, self._total)
            if inspect.isawaitable(result):
                await result
        except Exception as error:
            self.failure = error
            raise


class _AsyncPieces(AsyncIterator[bytes]):
    """The pieces of a body; no async generator, which trio would miss if it were abandoned half-way."""

    def __init__(
        self, read: Callable[[Iterator[bytes]], bytes | None], report: Callable[[int], Any], pieces: Iterator[bytes]
    ) -> None:
        self._read = read
        self._report = report
        self._pieces = pieces
        self._sent = 0

    async def __anext__(self) -> bytes:
        if self._sent:
            await self._report(self._sent)
        import anyio.to_thread  # noqa: PLC0415 - loaded already, by what sends it

        piece = await anyio.to_thread.run_sync(self._read, self._pieces)
        if piece is None:
            raise StopAsyncIteration
        self._sent += len(piece)
        return piece
