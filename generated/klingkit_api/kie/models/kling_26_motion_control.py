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
from ..models.kling_26_motion_control_character_orientation import (
    Kling26MotionControlCharacterOrientation,
)
from ..models.kling_26_motion_control_mode import (
    Kling26MotionControlMode,
)
from ..types import UNSET, Unset


def _hold_input_urls(value: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    held: tuple[str, ...] = hold(value)
    return held


def _hold_video_urls(value: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    held: tuple[str, ...] = hold(value)
    return held


@_attrs_define
class Kling26MotionControl:
    """A video of the character in an image, which moves as in another video, with Kling 2.6."""

    input_urls: tuple[str, ...] = _attrs_field(
        converter=_hold_input_urls,
        validator=checked(
            "input_urls", List(Text(sendable=True, uri=True, file=True), max_items=1)
        ),
    )
    """ The address of the image (JPEG or PNG, at most 10 MB, above 300 pixels, from 1:2.5 to 2.5:1). """

    video_urls: tuple[str, ...] = _attrs_field(
        converter=_hold_video_urls,
        validator=checked(
            "video_urls", List(Text(sendable=True, uri=True, file=True), max_items=1)
        ),
    )
    """ The address of the video with the motion (MP4, QuickTime or Matroska, at most 100 MB, 3 to 30 s). """

    character_orientation: Kling26MotionControlCharacterOrientation = _attrs_field(
        default="video",
        validator=checked("character_orientation", Choice("image", "video")),
    )
    """ Whether the character faces as in the image (up to 10 s) or as in the video (up to 30 s). """

    mode: Kling26MotionControlMode = _attrs_field(
        default="720p",
        validator=checked("mode", Choice("720p", "1080p")),
    )
    """ Resolution of the video. """

    prompt: str | Unset = _attrs_field(
        default=UNSET,
        validator=checked(
            "prompt", Text(max_length=2500, sendable=True), optional=True
        ),
    )
    """ What else the video shows; at most 2500 characters. """

    def to_dict(self) -> dict[str, Any]:
        return write(self)

    @classmethod
    def from_dict(cls, src_dict: object) -> Self:
        return cls(**read_closed(cls, src_dict))
