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
from ..models.kling_21_standard import Kling21Standard
from ..types import UNSET, Unset


@_attrs_define
class CreateKling21Standard:
    """A Kling 2.1 Standard image-to-video task."""

    input_: Kling21Standard = _attrs_field(
        validator=checked("input", Model(Kling21Standard)),
    )
    """ A video from a first image with Kling 2.1 Standard. """

    model: Literal["kling/v2-1-standard"] = _attrs_field(
        default="kling/v2-1-standard",
        validator=checked("model", Choice("kling/v2-1-standard")),
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
