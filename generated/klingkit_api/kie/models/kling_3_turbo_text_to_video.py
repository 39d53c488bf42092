# Written by `make generate` from openapi/kie.yaml; never edited by hand.
from __future__ import annotations

from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ...checks import (
    Choice,
    Text,
    checked,
    read_closed,
    write,
)
from ..models.kling_3_turbo_text_to_video_aspect_ratio import (
    Kling3TurboTextToVideoAspectRatio,
)
from ..models.kling_3_turbo_text_to_video_duration import (
    Kling3TurboTextToVideoDuration,
)
from ..models.kling_3_turbo_text_to_video_resolution import (
    Kling3TurboTextToVideoResolution,
)


@_attrs_define
class Kling3TurboTextToVideo:
    """A video from a text with Kling 3.0 Turbo."""

    prompt: str = _attrs_field(
        validator=checked("prompt", Text(max_length=2500, sendable=True)),
    )
    """ What the video shows and what is said in it; at most 2500 characters. """

    duration: Kling3TurboTextToVideoDuration = _attrs_field(
        default="5",
        validator=checked(
            "duration",
            Choice(
                "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"
            ),
        ),
    )
    """ Length in seconds. """

    aspect_ratio: Kling3TurboTextToVideoAspectRatio = _attrs_field(
        default="16:9",
        validator=checked("aspect_ratio", Choice("1:1", "9:16", "16:9")),
    )
    """ Width to height. """

    resolution: Kling3TurboTextToVideoResolution = _attrs_field(
        default="720p",
        validator=checked("resolution", Choice("720p", "1080p")),
    )
    """ Resolution of the video. """

    def to_dict(self) -> dict[str, Any]:
        return write(self)

    @classmethod
    def from_dict(cls, src_dict: object) -> Self:
        return cls(**read_closed(cls, src_dict))
