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
from ..models.kling_avatar_pro import KlingAvatarPro
from ..types import UNSET, Unset


@_attrs_define
class CreateKlingAvatarPro:
    """A Pro Kling avatar task."""

    input_: KlingAvatarPro = _attrs_field(
        validator=checked("input", Model(KlingAvatarPro)),
    )
    """ A video of a face that speaks, or sings, what is heard in an audio file (Pro). """

    model: Literal["kling/ai-avatar-pro"] = _attrs_field(
        default="kling/ai-avatar-pro",
        validator=checked("model", Choice("kling/ai-avatar-pro")),
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
