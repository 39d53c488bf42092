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
from ..models.kling_3_motion_control_background_source import (
    Kling3MotionControlBackgroundSource,
)
from ..models.kling_3_motion_control_character_orientation import (
    Kling3MotionControlCharacterOrientation,
)
from ..models.kling_3_motion_control_mode import (
    Kling3MotionControlMode,
)
from ..types import UNSET, Unset


def _hold_input_urls(value: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    held: tuple[str, ...] = hold(value)
    return held


def _hold_video_urls(value: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    held: tuple[str, ...] = hold(value)
    return held


@_attrs_define
class Kling3MotionControl:
    """A video of the character in an image, which moves as in another video, with Kling 3.0."""

    input_urls: tuple[str, ...] = _attrs_field(
        converter=_hold_input_urls,
        validator=checked("input_urls", List(Text(sendable=True), max_items=1)),
    )
    """ The address of the image (JPEG or PNG, at most 10 MB, above 340 pixels, from 2:5 to 5:2). """

    video_urls: tuple[str, ...] = _attrs_field(
        converter=_hold_video_urls,
        validator=checked("video_urls", List(Text(sendable=True), max_items=1)),
    )
    """ The address of the video with the motion (MP4 or QuickTime, at most 100 MB, 3 to 30 s, above 340 pixels,
    from 2:5 to 5:2). """

    prompt: str | Unset = _attrs_field(
        default=UNSET,
        validator=checked(
            "prompt", Text(max_length=2500, sendable=True), optional=True
        ),
    )
    """ What else the video shows; at most 2500 characters, or none. """

    mode: Kling3MotionControlMode | Unset = _attrs_field(
        default=UNSET,
        validator=checked("mode", Choice("720p", "1080p", "std", "pro"), optional=True),
    )
    """ Resolution of the video; std means 720p and pro 1080p, but the service has refused both words. """

    character_orientation: Kling3MotionControlCharacterOrientation | Unset = (
        _attrs_field(
            default="video",
            validator=checked(
                "character_orientation", Choice("video", "image"), optional=True
            ),
        )
    )
    """ Whether the character faces as in the video or as in the image. """

    background_source: Kling3MotionControlBackgroundSource | Unset = _attrs_field(
        default="input_video",
        validator=checked(
            "background_source", Choice("input_video", "input_image"), optional=True
        ),
    )
    """ Whether the background is that of the video or that of the image. """

    def to_dict(self) -> dict[str, Any]:
        return write(self)

    @classmethod
    def from_dict(cls, src_dict: object) -> Self:
        return cls(**read_closed(cls, src_dict))
