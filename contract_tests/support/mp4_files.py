"""Files of any size with the boxes of an MP4 file, whose bytes are determined by their offsets."""

from __future__ import annotations


def box(kind: bytes, content: bytes = b"") -> bytes:
    return (8 + len(content)).to_bytes(4, "big") + kind + content


def mp4(size: int = 100, seed: int = 0) -> bytes:
    """Return a file of this size; another seed makes another file."""
    head = box(b"ftyp", b"isom\0\0\0\0") + box(b"moov")
    pattern = bytes((seed + at * 7 + at // 256) % 256 for at in range(min(size, 65536)))
    room = size - len(head) - 8
    return head + box(b"mdat", (pattern * (room // len(pattern) + 1))[:room])


MP4 = mp4()
