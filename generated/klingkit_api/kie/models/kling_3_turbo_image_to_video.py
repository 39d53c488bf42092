# Written by `make generate` from openapi/kie.yaml; never edited by hand.
from __future__ import annotations

from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ...checks import (
    Choice,
    List,
    Text,
    checked,
    hold,
    read_closed,
    write,
)
from ..models.kling_3_turbo_image_to_video_duration import (
    Kling3TurboImageToVideoDuration,
)
from ..models.kling_3_turbo_image_to_video_resolution import (
    Kling3TurboImageToVideoResolution,
)


def _hold_image_urls(value: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    held: tuple[str, ...] = hold(value)
    return held


@_attrs_define
class Kling3TurboImageToVideo:
    """A video from a first image with Kling 3.0 Turbo."""

    prompt: str = _attrs_field(
        validator=checked("prompt", Text(max_length=2500, sendable=True)),
    )
    """ What happens in the video and what is said in it; at most 2500 characters. """

    image_urls: tuple[str, ...] = _attrs_field(
        converter=_hold_image_urls,
        validator=checked(
            "image_urls", List(Text(sendable=True, uri=True, file=True), max_items=1)
        ),
    )
    """ The address of the first image (JPEG or PNG, at most 10 MB). """

    duration: Kling3TurboImageToVideoDuration = _attrs_field(
        default="5",
        validator=checked(
            "duration",
            Choice(
                "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"
            ),
        ),
    )
    """ Length in seconds. """

    resolution: Kling3TurboImageToVideoResolution = _attrs_field(
        default="720p",
        validator=checked("resolution", Choice("720p", "1080p")),
    )
    """ Resolution of the video. """

    def to_dict(self) -> dict[str, Any]:
        return write(self)

    @classmethod
    def from_dict(cls, src_dict: object) -> Self:
        return cls(**read_closed(cls, src_dict))
