"""Recognise the media type of a file: by its first bytes, or else by the suffix of its name."""

from __future__ import annotations

import mimetypes
from pathlib import PurePosixPath
from typing import Final

__all__ = ["HEAD", "of_content", "of_file", "of_name", "suffix_of"]

HEAD: Final = 64
"""Bytes at the beginning of a file by which its type is recognised."""

SUFFIXES: Final = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/x-matroska": ".mkv",
    "video/webm": ".webm",
    "audio/mpeg": ".mp3",
    "audio/wav": ".wav",
    "audio/aac": ".aac",
    "audio/ogg": ".ogg",
    "audio/mp4": ".m4a",
}
"""The usual suffix of each type that services take; `mimetypes` differs from version to version."""

TYPES: Final = {suffix: media_type for media_type, suffix in SUFFIXES.items()} | {".jpeg": "image/jpeg"}

MAGIC: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
)
RIFF: Final = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
BRANDS: Final = {b"qt  ": "video/quicktime", b"M4A ": "audio/mp4", b"M4B ": "audio/mp4"}
"""Brands of ISO media files that are no `video/mp4`."""
IMAGES: Final = (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1")
"""Brands of images in the same container, which no service here takes."""
BOXES: Final = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
"""The first boxes of QuickTime files from before there were brands."""


def of_file(head: bytes, stated: str | None) -> str | None:
    """Return the media type of a file: by its first bytes, or else the stated one.

    A container of ISO media may hold sound alone whatever its brand is, so there a name that says so is believed.
    """
    found = of_content(head) or stated
    return stated if found == "video/mp4" and stated == "audio/mp4" else found


def of_content(head: bytes) -> str | None:
    """Return the media type of a file by its first bytes; None if they are of no known type."""
    for magic, media_type in MAGIC:
        if head.startswith(magic):
            return media_type
    if head.startswith(b"RIFF"):
        return RIFF.get(head[8:12])
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "video/webm" if b"webm" in head else "video/x-matroska"
    return _iso_media(head) or _mpeg_audio(head[:2])


def of_name(name: str) -> str | None:
    """Return the media type of a file by the suffix of its name; None if it is unknown."""
    suffix = PurePosixPath(name).suffix.lower()
    return TYPES.get(suffix) or mimetypes.guess_type(f"file{suffix}")[0]


def suffix_of(media_type: str | None, name: str) -> str:
    """Return a suffix for a media type: the usual one, or that of the file's own name, or none."""
    own = PurePosixPath(name).suffix
    return SUFFIXES.get(media_type or "") or (own if own[1:].isalnum() and own.isascii() else "")


def _iso_media(head: bytes) -> str | None:
    kind, brand = head[4:8], head[8:12]
    if kind != b"ftyp":
        return "video/quicktime" if kind in BOXES else None
    if brand in IMAGES:
        return None
    end = min(len(head), int.from_bytes(head[:4], "big"))
    brands = {brand, *(head[at : at + 4] for at in range(16, end - 3, 4))}
    sound = bool(brands & {b"M4A ", b"M4B "}) and b"M4V " not in brands  # files of iTunes with pictures name both
    return BRANDS.get(brand, "audio/mp4" if sound else "video/mp4")


def _mpeg_audio(start: bytes) -> str | None:
    """Read the sync word of a frame: twelve bits set, then the version and the layer."""
    if len(start) < 2 or start[0] != 0xFF:
        return None
    if start[1] & 0xF6 == 0xF0:  # layer 0: ADTS
        return "audio/aac"
    return "audio/mpeg" if start[1] & 0xE6 == 0xE2 else None  # layer III
