# Written by `make generate` from openapi/relay.yaml; never edited by hand.
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
            Choice("kling-v1", "kling-v1-5", "kling-v1-6", "kling-v2-5-turbo"),
        ),
    )
    """ Names the model. """

    prompt: str = _attrs_field(
        validator=checked("prompt", Text(max_length=500, sendable=True)),
    )
    """ What the video shows; at most 500 characters. """

    negative_prompt: str | Unset = _attrs_field(
        default=UNSET,
        validator=checked(
            "negative_prompt", Text(max_length=200, sendable=True), optional=True
        ),
    )
    """ What the video must not show; at most 200 characters. """

    cfg_scale: float | Unset = _attrs_field(
        default=UNSET,
        validator=checked("cfg_scale", Number(minimum=0, maximum=1), optional=True),
    )
    """ How closely the prompt is followed. """

    mode: Text2VideoMode | Unset = _attrs_field(
        default=UNSET,
        validator=checked("mode", Choice("std", "pro"), optional=True),
    )
    """ Standard or high quality. """

    camera_control: Camera | Unset = _attrs_field(
        default=UNSET,
        validator=checked("camera_control", Model(Camera), optional=True),
    )
    """ How the camera moves; chosen to fit the prompt if absent. """

    aspect_ratio: Text2VideoAspectRatio | Unset = _attrs_field(
        default=UNSET,
        validator=checked("aspect_ratio", Choice("16:9", "9:16", "1:1"), optional=True),
    )
    """ Width to height. """

    duration: Text2VideoDuration | Unset = _attrs_field(
        default=UNSET,
        validator=checked("duration", Choice(5, 10), optional=True),
    )
    """ Length in seconds. """

    def to_dict(self) -> dict[str, Any]:
        return write(self)

    @classmethod
    def from_dict(cls, src_dict: object) -> Self:
        return cls(**read_closed(cls, src_dict))
