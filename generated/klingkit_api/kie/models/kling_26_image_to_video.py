# Written by `make generate` from openapi/kie.yaml; never edited by hand.
from __future__ import annotations

from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ...checks import (
    Boolean,
    Choice,
    List,
    Text,
    checked,
    hold,
    read_closed,
    write,
)
from ..models.kling_26_image_to_video_duration import (
    Kling26ImageToVideoDuration,
)


def _hold_image_urls(value: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    held: tuple[str, ...] = hold(value)
    return held


@_attrs_define
class Kling26ImageToVideo:
    """A video from a first image with Kling 2.6, with sound if requested."""

    prompt: str = _attrs_field(
        validator=checked("prompt", Text(max_length=1000, sendable=True)),
    )
    """ What happens in the video and what is heard in it; at most 1000 characters. """

    image_urls: tuple[str, ...] = _attrs_field(
        converter=_hold_image_urls,
        validator=checked(
            "image_urls", List(Text(sendable=True, uri=True, file=True), max_items=1)
        ),
    )
    """ The address of the first image (JPEG or PNG, at most 10 MB). """

    sound: bool = _attrs_field(
        validator=checked("sound", Boolean()),
    )
    """ Whether the video has a sound track. """

    duration: Kling26ImageToVideoDuration = _attrs_field(
        default="5",
        validator=checked("duration", Choice("5", "10")),
    )
    """ Length in seconds. """

    def to_dict(self) -> dict[str, Any]:
        return write(self)

    @classmethod
    def from_dict(cls, src_dict: object) -> Self:
        return cls(**read_closed(cls, src_dict))
