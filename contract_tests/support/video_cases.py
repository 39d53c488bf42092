"""Requests for every model with every option, length, ratio and sound of its spec, each with the expected video."""

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
    """Yield the cases with a value, or a combination of ratio and sound, that no earlier case of the model has.

    A model has up to eighty combinations; `emulator/test_sample_videos.py` tests that each length exists in each ratio.
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
