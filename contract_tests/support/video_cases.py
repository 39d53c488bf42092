"""Every model with every option, length, ratio and sound that its spec has, and the video that it must become."""

from collections.abc import Iterator
from typing import Any

from scripts.specs.files import apis
from scripts.video_requests import VideoRequest as VideoCase
from scripts.video_requests import variations

__all__ = ["VideoCase", "representative_cases", "video_cases"]


def video_cases() -> Iterator[VideoCase]:
    for api in apis():
        yield from variations(api)


def representative_cases() -> Iterator[VideoCase]:
    """Yield those with a value that no earlier one of the model has, or with another ratio with or without sound.

    A model has up to eighty combinations. That each length exists in each ratio is tested where the samples are.
    """
    seen: set[Any] = set()
    for case in video_cases():
        features = {(case.api, case.model, *each) for each in _features(case)}
        if not features <= seen:
            yield case
        seen |= features


def _features(case: VideoCase) -> Iterator[tuple[Any, ...]]:
    yield from ((name, repr(value)) for name, value in case.request.to_dict().items())
    yield case.video.ratio, case.video.sound
