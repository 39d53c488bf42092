"""The sample videos that all tasks end with, and the label that makes each task's file its own."""

import json
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from os import PathLike
from pathlib import Path

from klingkit.emulator import _json
from klingkit.emulator.tasks._mp4_cut import cut

LENGTHS = range(3, 16)  # seconds of the sample videos
SECONDS = 5  # of what names no length
RATIOS = ("16:9", "9:16", "1:1", "3:2", "2:3", "3:4", "4:3")
SOUND_RATIOS = RATIOS[:3]  # there are videos with sound in these


@dataclass(frozen=True)
class SampleVideo:
    """One of the sample videos: `ratio` as "16:9", whole `seconds`, `sound` for a tone instead of no track."""

    ratio: str
    seconds: int
    sound: bool = False

    def read(self) -> bytes:
        """Return its MP4 file."""
        return _cut(self)

    @classmethod
    def nearest(cls, ratio: object, seconds: object, *, sound: bool) -> "SampleVideo":
        """Return the video that comes nearest to what a request says, which may be anything."""
        digits = str(seconds)[:9]
        length = int(digits) if digits.isascii() and digits.isdecimal() else SECONDS
        there_are = SOUND_RATIOS if sound else RATIOS
        return cls(
            ratio if isinstance(ratio, str) and ratio in there_are else RATIOS[0],
            max(LENGTHS[0], min(length, LENGTHS[-1])),
            sound,
        )


@dataclass(frozen=True)
class Label:
    """The task that a video belongs to, as written in its file, so that another task's can't pass for it."""

    task_id: str
    model: str
    prompt: str

    def box(self) -> bytes:
        """Return the label as a `free` box to append to an MP4; players skip it (ISO/IEC 14496-12)."""
        text = _json.write(asdict(self)).encode()
        return (8 + len(text)).to_bytes(4, "big") + b"free" + text


def read_label(video: bytes | str | PathLike[str]) -> Label:
    """Read the label of a video that the emulator made.

    Args:
        video: the file's content, or its path.

    Raises:
        ValueError: it has no label: it is from elsewhere, or truncated.
    """
    data = video if isinstance(video, bytes) else Path(video).read_bytes()
    try:
        return Label(**json.loads(_last_box(data)))
    except (TypeError, ValueError) as error:
        raise ValueError(f"no label: {error}") from error


def _last_box(data: bytes) -> bytes:
    """Return the content of the free box that ends the file."""
    kind, at, size = b"", 0, 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        # Sizes 0 and 1 have a meaning in MP4, but do not occur in the sample videos.
        if size < 8:
            break
        kind = data[at + 4 : at + 8]
        at += size
    if kind != b"free" or at != len(data):
        raise ValueError("the file does not end in a free box")
    return data[at - size + 8 :]


@cache
def _cut(video: SampleVideo) -> bytes:
    name = f"{video.ratio.replace(':', 'x')}{'-sound' * video.sound}.mp4"
    whole = resources.files("klingkit.emulator.tasks").joinpath("videos", name).read_bytes()
    return cut(whole, video.seconds)
