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
from ..models.kling_30_video import Kling30Video
from ..types import UNSET, Unset


@_attrs_define
class CreateKling30Video:
    """A Kling 3.0 task, of one shot or of several."""

    input_: Kling30Video = _attrs_field(
        validator=checked("input", Model(Kling30Video)),
    )
    """ A video with Kling 3.0, of one shot (`prompt`, `sound`) or of several (`multi_shots`, `multi_prompt`). """

    model: Literal["kling-3.0/video"] = _attrs_field(
        default="kling-3.0/video",
        validator=checked("model", Choice("kling-3.0/video")),
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
