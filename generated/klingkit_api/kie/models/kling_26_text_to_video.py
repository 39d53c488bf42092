# Written by `make generate` from openapi/kie.yaml; never edited by hand.
from __future__ import annotations

from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ...checks import (
    Boolean,
    Choice,
    Text,
    checked,
    read_closed,
    write,
)
from ..models.kling_26_text_to_video_aspect_ratio import (
    Kling26TextToVideoAspectRatio,
)
from ..models.kling_26_text_to_video_duration import (
    Kling26TextToVideoDuration,
)


@_attrs_define
class Kling26TextToVideo:
    """A video from text with Kling 2.6, with sound if requested."""

    prompt: str = _attrs_field(
        validator=checked("prompt", Text(max_length=1000, sendable=True)),
    )
    """ What the video shows and what is heard in it; at most 1000 characters. """

    sound: bool = _attrs_field(
        default=False,
        validator=checked("sound", Boolean()),
    )
    """ Whether the video has a sound track. """

    aspect_ratio: Kling26TextToVideoAspectRatio = _attrs_field(
        default="1:1",
        validator=checked("aspect_ratio", Choice("1:1", "16:9", "9:16")),
    )
    """ Width to height. """

    duration: Kling26TextToVideoDuration = _attrs_field(
        default="5",
        validator=checked("duration", Choice("5", "10")),
    )
    """ Length in seconds. """

    def to_dict(self) -> dict[str, Any]:
        return write(self)

    @classmethod
    def from_dict(cls, src_dict: object) -> Self:
        return cls(**read_closed(cls, src_dict))
