"""What both drivers do to an answer while it arrives: decode it, bound it, and blot out what is secret."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import httpx

__all__ = ["UNREADABLE", "Body", "Secrets"]

LIMIT: Final = 8 * 1024 * 1024
"""Bytes an answer may have, as it comes and decoded: 200 KB of gzip can become 423 MiB."""

SHOWN: Final = 2048
"""Bytes that are kept of an answer that is not read: more than an error ever shows."""

UNREADABLE: Final = "klingkit.unreadable"
"""The response extension that says why a body was not kept."""

SHORTEST_SECRET: Final = 16
"""Characters from which on a key is blotted out where an answer echoes it: shorter ones occur by chance."""

TELLTALE: Final = 3
"""Characters at the beginning of a key that tell nothing of it."""

GZIP: Final = 47
"""Lets zlib find out by itself whether something is gzip or zlib, with any window."""

MEMBER: Final = b"\x1f\x8b"
"""How each member of a gzip stream begins."""

TRANSFER: Final = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})
"""Headers of an answer that no longer hold once it has been read."""


class Secrets:
    """What belongs to a key and is blotted out wherever an answer echoes it; it shows nothing of itself."""

    def __init__(self, *texts: str) -> None:
        long = {text for text in texts if len(text) >= SHORTEST_SECRET}
        self._texts = {form.encode() for text in long for form in (text, text.replace("/", r"\/"))}

    def __repr__(self) -> str:
        return "***"

    def blot(self, data: bytes) -> bytes:
        """Return the data without them."""
        for text in self._texts:
            data = data.replace(text, b"***")
        return data

    def beginning(self, data: bytes, size: int) -> bytes:
        """Return so many bytes of what may end anywhere, without them: also without one that is not all there."""
        data = self.blot(data)
        starts = (text[:length] for text in self._texts for length in range(len(text) - 1, TELLTALE, -1))
        if cut := next(filter(data.endswith, starts), b""):
            data = data[: -len(cut)] + b"***"
        return data[:size]


class Members:
    """Decodes what is compressed by zlib, or by gzip in one member or several; whatever else follows is passed over."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(wbits=GZIP)
        self.flaw = ""
        self.over = False
        """Whether something has followed that is none of it."""

    @property
    def whole(self) -> bool:
        """Whether a member has ended, and no other has begun."""
        return self._inflate.eof

    def decode(self, chunk: bytes, room: int) -> bytes:
        """Decode a chunk, to so many bytes at most; of a broken one what stands before the flaw."""
        data = bytearray()
        while chunk and len(data) < room and self._belongs(chunk):
            before = self._inflate.copy()
            try:
                data += self._inflate.decompress(chunk, room - len(data))
            except zlib.error as error:
                self.flaw = str(error)
                return bytes(data) + _salvaged(before.decompress, chunk)
            chunk = self._inflate.unused_data
        return bytes(data)

    def _belongs(self, chunk: bytes) -> bool:
        """Tell whether this goes on with a member, or begins another."""
        if self._inflate.eof:
            self.over = not MEMBER.startswith(chunk[: len(MEMBER)])
            self._inflate = self._inflate if self.over else zlib.decompressobj(wbits=GZIP)
        return not self.over


class Body:
    """Collects an answer, decoded and bounded; anything else becomes a reason not to read it."""

    def __init__(self, response: httpx.Response, secrets: Secrets) -> None:
        self._response = response
        self._secrets = secrets
        self._data = bytearray()
        self._came = 0
        self._enough = False
        self._reason = ""
        encoding = response.headers.get("Content-Encoding", "identity").lower()
        if response.is_stream_consumed:  # a mock's answer, whole and decoded
            encoding = "identity"
        self._members = Members() if encoding in {"gzip", "deflate"} else None
        if self._members is None and encoding != "identity":
            self._reason = f"content encoding {encoding!r} was not asked for"

    def feed(self, chunk: bytes) -> bool:
        """Take a chunk; return whether more is wanted."""
        if self._enough:
            return False
        self._came += len(chunk)
        room = LIMIT + 1 - len(self._data)
        if self._members is None:
            self._data += chunk[:room]
        else:
            self._decode(self._members, chunk, room)
        if max(self._came, len(self._data)) > LIMIT:
            self._reason = self._reason or f"more than {LIMIT} bytes"
        self._enough = bool(self._reason) or self._ended()
        return not self._enough

    def _decode(self, members: Members, chunk: bytes, room: int) -> None:
        self._data += members.decode(chunk, room)
        if members.flaw:
            self._reason = f"broken compression: {members.flaw}"
            self._data = self._data or bytearray(chunk[:SHOWN])  # it may not be compressed at all

    def _ended(self) -> bool:
        """Tell whether nothing is missing, so that nobody waits for what may follow."""
        members = self._members
        return members is not None and (members.over or (members.whole and self._is_object()))

    def complete(self) -> bool:
        """Tell whether a body that was broken off is whole all the same: by its compression, or as a JSON object."""
        return (self._members is not None and self._members.whole) or self._is_object()

    def _is_object(self) -> bool:
        try:
            return isinstance(json.loads(self._data), dict)
        except (ValueError, RecursionError):
            return False

    def response(self) -> httpx.Response:
        """Return the answer, whole, without what described its transfer; an echoed key is blotted out.

        Of one that cannot be read the beginning is kept: it may name what was paid for.
        """
        if self._members and self._data and not self.complete():
            self._reason = self._reason or "compression ends early"
        raw, data = self._response.headers.raw, bytes(self._data)
        headers = [(name, self._secrets.blot(value)) for name, value in raw if name.lower() not in TRANSFER]
        return httpx.Response(
            self._response.status_code,
            headers=headers,
            content=self._secrets.beginning(data, SHOWN) if self._reason else self._secrets.blot(data),
            request=self._response.request,
            extensions={UNREADABLE: self._reason},
        )


def _salvaged(decompress: Callable[[bytes, int], bytes], chunk: bytes) -> bytes:
    """Return what a broken chunk holds before its flaw, as far as it is ever shown."""
    found, bytewise = bytearray(), iter(chunk)
    with suppress(zlib.error, StopIteration):
        while len(found) < SHOWN:
            found += decompress(bytes([next(bytewise)]), SHOWN)
    return bytes(found)
