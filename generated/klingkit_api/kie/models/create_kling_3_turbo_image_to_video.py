# Written by `make generate` from openapi/kie.yaml; never edited by hand.
from __future__ import annotations

from typing import (
    Any,
    Literal,
    Self,
)

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ...checks import (
    Choice,
    Model,
    Text,
    checked,
    read_closed,
    write,
)
from ..models.kling_3_turbo_image_to_video import Kling3TurboImageToVideo
from ..types import UNSET, Unset


@_attrs_define
class CreateKling3TurboImageToVideo:
    """A Kling 3.0 Turbo image-to-video task."""

    input_: Kling3TurboImageToVideo = _attrs_field(
        validator=checked("input", Model(Kling3TurboImageToVideo)),
    )
    """ A video from a first image with Kling 3.0 Turbo. """

    model: Literal["kling/v3-turbo-image-to-video"] = _attrs_field(
        default="kling/v3-turbo-image-to-video",
        validator=checked("model", Choice("kling/v3-turbo-image-to-video")),
    )
    """ Names the model. """

    call_back_url: str | Unset = _attrs_field(
        default=UNSET,
        validator=checked("callBackUrl", Text(sendable=True, uri=True), optional=True),
    )
    """ Where to POST when the task ends; nothing is sent without it. """

    def to_dict(self) -> dict[str, Any]:
        return write(self)

    @classmethod
    def from_dict(cls, src_dict: object) -> Self:
        return cls(**read_closed(cls, src_dict))
