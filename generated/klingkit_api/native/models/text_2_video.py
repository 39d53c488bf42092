# Written by `make generate` from openapi/native.yaml; never edited by hand.
from __future__ import annotations

from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ...checks import (
    Choice,
    Model,
    Number,
    Text,
    checked,
    read_closed,
    write,
)
from ..models.camera import Camera
from ..models.text_2_video_aspect_ratio import (
    Text2VideoAspectRatio,
)
from ..models.text_2_video_duration import (
    Text2VideoDuration,
)
from ..models.text_2_video_mode import Text2VideoMode
from ..models.text_2_video_model_name import (
    Text2VideoModelName,
)
from ..types import UNSET, Unset


@_attrs_define
class Text2Video:
    """A video from text."""

    model_name: Text2VideoModelName = _attrs_field(
        validator=checked(
            "model_name",
            Choice("kling-v1-6", "kling-v2-master", "kling-v2-1", "kling-v2-1-master"),
        ),
    )
    """ Names the model; every one takes all options. """

    mode: Text2VideoMode = _attrs_field(
        validator=checked("mode", Choice("std", "pro")),
    )
    """ Standard or high quality. """

    prompt: str = _attrs_field(
        validator=checked("prompt", Text(max_length=2500, sendable=True)),
    )
    """ What the video shows; at most 2500 characters, Chinese or English. """

    negative_prompt: str | Unset = _attrs_field(
        default=UNSET,
        validator=checked(
            "negative_prompt", Text(max_length=2500, sendable=True), optional=True
        ),
    )
    """ What the video must not show; at most 2500 characters. """

    duration: Text2VideoDuration | Unset = _attrs_field(
        default=5,
        validator=checked("duration", Choice(5, 10), optional=True),
    )
    """ Length in seconds. """

    aspect_ratio: Text2VideoAspectRatio | Unset = _attrs_field(
        default="16:9",
        validator=checked(
            "aspect_ratio",
            Choice("16:9", "9:16", "1:1", "3:2", "2:3", "3:4", "4:3"),
            optional=True,
        ),
    )
    """ Width to height. """

    cfg_scale: float | Unset = _attrs_field(
        default=0.5,
        validator=checked("cfg_scale", Number(minimum=0, maximum=1), optional=True),
    )
    """ How closely the prompt is followed. """

    camera_control: Camera | Unset = _attrs_field(
        default=UNSET,
        validator=checked("camera_control", Model(Camera), optional=True),
    )
    """ How the camera moves. """

    def to_dict(self) -> dict[str, Any]:
        return write(self)

    @classmethod
    def from_dict(cls, src_dict: object) -> Self:
        return cls(**read_closed(cls, src_dict))
