"""Read the body of a response: decode it, bound its size, have it redacted."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import httpx

from klingkit._flow._redaction import Secrets

__all__ = ["UNREADABLE", "ResponseBody"]

MAX_BYTES: Final = 8 * 1024 * 1024
"""Bytes that a response may have, both as received and decoded: 200 KB of gzip can become 423 MiB."""

EXCERPT: Final = 2048
"""Bytes kept of a response that cannot be read: more than an error ever shows."""

UNREADABLE: Final = "klingkit.unreadable"
"""The response extension with the reason why a body was not kept."""

ANY_ZLIB: Final = 47
"""The `wbits` with which zlib detects gzip or zlib by itself, with any window size."""

GZIP_MAGIC: Final = b"\x1f\x8b"
"""The first bytes of each member of a gzip stream."""

TRANSFER_HEADERS: Final = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})
"""Headers that no longer hold once a response has been read."""


class Decoder:
    """Decodes zlib, or gzip of one or several members; other data that follows is ignored."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(wbits=ANY_ZLIB)
        self.error = ""
        self.finished = False
        """Whether other data has followed."""

    @property
    def whole(self) -> bool:
        """Whether a member has ended, and no other has begun."""
        return self._inflate.eof

    def decode(self, chunk: bytes, room: int) -> bytes:
        """Decode a chunk, to `room` bytes at most; of a broken chunk, the part before the error."""
        data = bytearray()
        while chunk and len(data) < room and self._continues(chunk):
            before = self._inflate.copy()
            try:
                data += self._inflate.decompress(chunk, room - len(data))
            except zlib.error as error:
                self.error = str(error)
                return bytes(data) + _decode_valid_part(before.decompress, chunk)
            chunk = self._inflate.unused_data
        return bytes(data)

    def _continues(self, chunk: bytes) -> bool:
        """Return whether a chunk continues a member, or begins another."""
        if self._inflate.eof:
            self.finished = not GZIP_MAGIC.startswith(chunk[: len(GZIP_MAGIC)])
            self._inflate = self._inflate if self.finished else zlib.decompressobj(wbits=ANY_ZLIB)
        return not self.finished


class ResponseBody:
    """Collects the body of a response, decoded and bounded; where that fails, the reason."""

    def __init__(self, response: httpx.Response, secrets: Secrets) -> None:
        self._response = response
        self._secrets = secrets
        self._data = bytearray()
        self._received = 0
        self._done = False
        self._reason = ""
        encoding = response.headers.get("Content-Encoding", "identity").lower()
        if response.is_stream_consumed:  # a mock's response, whole and decoded
            encoding = "identity"
        self._decoder = Decoder() if encoding in {"gzip", "deflate"} else None
        if self._decoder is None and encoding != "identity":
            self._reason = "a content encoding that was not requested"

    def feed(self, chunk: bytes) -> bool:
        """Take a chunk; return whether to read on."""
        if self._done:
            return False
        self._received += len(chunk)
        room = MAX_BYTES + 1 - len(self._data)
        if self._decoder is None:
            self._data += chunk[:room]
        else:
            self._decode(self._decoder, chunk, room)
        if max(self._received, len(self._data)) > MAX_BYTES:
            self._reason = self._reason or f"more than {MAX_BYTES} bytes"
        self._done = bool(self._reason) or self._ended()
        return not self._done

    def _decode(self, decoder: Decoder, chunk: bytes, room: int) -> None:
        self._data += decoder.decode(chunk, room)
        if decoder.error:
            self._reason = f"broken compression: {decoder.error}"
            self._data = self._data or bytearray(chunk[:EXCERPT])  # it may not be compressed at all

    def _ended(self) -> bool:
        """Return whether nothing is missing, so that there is nothing to wait for."""
        decoder = self._decoder
        return decoder is not None and (decoder.finished or (decoder.whole and self._is_object()))

    @property
    def whole(self) -> bool:
        """Whether it has ended by its compression, and nothing is wrong with it."""
        return self._done and not self._reason

    def complete(self) -> bool:
        """Return whether a body that was cut off is whole all the same: by its compression, or as a JSON object."""
        return (self._decoder is not None and self._decoder.whole) or self._is_object()

    def _is_object(self) -> bool:
        try:
            return isinstance(json.loads(self._data), dict)
        except (ValueError, RecursionError):
            return False

    def response(self) -> httpx.Response:
        """Return the response with its whole body, without transfer headers; an echoed key is redacted.

        Of a body that cannot be read the beginning is kept: it may name the task that was paid for.
        """
        if self._decoder and self._data and not self.complete():
            self._reason = self._reason or "compression ends early"
        data = _as_utf_8(bytes(self._data))
        if self._reason:
            data = self._secrets.redact_prefix(data, EXCERPT)
        headers = [each for each in self._response.headers.raw if each[0].lower() not in TRANSFER_HEADERS]
        shown = b"\n".join([data, *(value for _, value in headers)])
        if self._secrets.redact(shown) != shown:
            data = self._secrets.redact(data)
            headers = [(name, self._secrets.redact(value)) for name, value in headers]
        return httpx.Response(
            self._response.status_code,
            headers=headers,
            content=data,
            request=self._response.request,
            extensions={UNREADABLE: self._reason},
        )


def _as_utf_8(data: bytes) -> bytes:
    """Return JSON in UTF-16 or UTF-32 as UTF-8, in which an echoed key is found; anything else as it is."""
    encoding = json.detect_encoding(data)
    if encoding.startswith("utf-8"):
        return data
    return data.decode(encoding, "replace").encode(errors="replace")


def _decode_valid_part(decompress: Callable[[bytes, int], bytes], chunk: bytes) -> bytes:
    """Return what a broken chunk holds before its error, `EXCERPT` bytes at most."""
    found, bytewise = bytearray(), iter(chunk)
    with suppress(zlib.error, StopIteration):
        while len(found) < EXCERPT:
            found += decompress(bytes([next(bytewise)]), EXCERPT)
    return bytes(found)
