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
from ..models.kling_26_text_to_video import Kling26TextToVideo
from ..types import UNSET, Unset


@_attrs_define
class CreateKling26TextToVideo:
    """A Kling 2.6 text-to-video task."""

    input_: Kling26TextToVideo = _attrs_field(
        validator=checked("input", Model(Kling26TextToVideo)),
    )
    """ A video from text with Kling 2.6, with sound if requested. """

    model: Literal["kling-2.6/text-to-video"] = _attrs_field(
        default="kling-2.6/text-to-video",
        validator=checked("model", Choice("kling-2.6/text-to-video")),
    )
    """ Names the model. """

    call_back_url: str | Unset = _attrs_field(
        default=UNSET,
        validator=checked("callBackUrl", Text(sendable=True), optional=True),
    )
    """ Where to POST when the task ends; nothing is sent without it. """

    def to_dict(self) -> dict[str, Any]:
        return write(self)

    @classmethod
    def from_dict(cls, src_dict: object) -> Self:
        return cls(**read_closed(cls, src_dict))
