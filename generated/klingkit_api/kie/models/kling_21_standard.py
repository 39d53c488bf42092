# Written by `make generate` from openapi/kie.yaml; never edited by hand.
from __future__ import annotations

from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ...checks import (
    Choice,
    Number,
    Text,
    checked,
    read_closed,
    write,
)
from ..models.kling_21_standard_duration import (
    Kling21StandardDuration,
)
from ..types import UNSET, Unset


@_attrs_define
class Kling21Standard:
    """A video from a first image with Kling 2.1 Standard."""

    prompt: str = _attrs_field(
        validator=checked("prompt", Text(max_length=5000, sendable=True)),
    )
    """ What happens in the video; at most 5000 characters. """

    image_url: str = _attrs_field(
        validator=checked("image_url", Text(sendable=True)),
    )
    """ The address of the first image (JPEG or PNG, at most 10 MB). """

    duration: Kling21StandardDuration | Unset = _attrs_field(
        default="5",
        validator=checked("duration", Choice("5", "10"), optional=True),
    )
    """ Length in seconds. """

    negative_prompt: str | Unset = _attrs_field(
        default=UNSET,
        validator=checked(
            "negative_prompt", Text(max_length=500, sendable=True), optional=True
        ),
    )
    """ What the video must not show; at most 500 characters. """

    cfg_scale: float | Unset = _attrs_field(
        default=0.5,
        validator=checked(
            "cfg_scale", Number(minimum=0, maximum=1, multiple_of=0.1), optional=True
        ),
    )
    """ How closely the prompt is followed, in tenths. """

    def to_dict(self) -> dict[str, Any]:
        return write(self)

    @classmethod
    def from_dict(cls, src_dict: object) -> Self:
        return cls(**read_closed(cls, src_dict))
