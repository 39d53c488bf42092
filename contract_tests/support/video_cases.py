"""Every model with every option, length, ratio and sound that its spec has, and the video that it must become."""

from collections.abc import Iterator

from scripts.specs.files import apis
from scripts.video_requests import VideoRequest as VideoCase
from scripts.video_requests import variations

__all__ = ["VideoCase", "video_cases"]


def video_cases() -> Iterator[VideoCase]:
    for api in apis():
        yield from variations(api)
