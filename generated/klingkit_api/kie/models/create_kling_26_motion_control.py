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
from ..models.kling_26_motion_control import Kling26MotionControl
from ..types import UNSET, Unset


@_attrs_define
class CreateKling26MotionControl:
    """A Kling 2.6 motion control task."""

    input_: Kling26MotionControl = _attrs_field(
        validator=checked("input", Model(Kling26MotionControl)),
    )
    """ A video of the character in an image, which moves as in another video, with Kling 2.6. """

    model: Literal["kling-2.6/motion-control"] = _attrs_field(
        default="kling-2.6/motion-control",
        validator=checked("model", Choice("kling-2.6/motion-control")),
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
