"""Measure MP4 files as a player sees them: decoded by FFmpeg (PyAV)."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
from attrs import frozen

__all__ = ["VideoProperties", "probe"]


@frozen
class VideoProperties:
    """Length in seconds, width to height, and whether there is a sound track."""

    seconds: float
    ratio: Fraction
    sound: bool


def probe(path: Path) -> VideoProperties:
    """Decode all pictures of a video, and measure it.

    Raises:
        ValueError: It has no video, or pictures that cannot be decoded.
    """
    with av.open(path) as container:
        video = container.streams.video[0] if container.streams.video else None
        if video is None or video.average_rate is None or container.duration is None:
            raise ValueError(f"{path} holds no video")
        pictures = sum(1 for _ in container.decode(video))
        seconds = container.duration / av.time_base
        if abs(pictures / video.average_rate - seconds) > 0.1:
            raise ValueError(f"{path} says {seconds:g} s and holds {pictures} pictures")
        return VideoProperties(seconds, Fraction(video.width, video.height), bool(container.streams.audio))
