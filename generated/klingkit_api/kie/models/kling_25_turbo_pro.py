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
from ..models.kling_25_turbo_pro_aspect_ratio import (
    Kling25TurboProAspectRatio,
)
from ..models.kling_25_turbo_pro_duration import (
    Kling25TurboProDuration,
)
from ..types import UNSET, Unset


@_attrs_define
class Kling25TurboPro:
    """A video from text with Kling 2.5 Turbo Pro."""

    prompt: str = _attrs_field(
        validator=checked("prompt", Text(max_length=2500, sendable=True)),
    )
    """ What the video shows; at most 2500 characters. """

    duration: Kling25TurboProDuration | Unset = _attrs_field(
        default="5",
        validator=checked("duration", Choice("5", "10"), optional=True),
    )
    """ Length in seconds. """

    aspect_ratio: Kling25TurboProAspectRatio | Unset = _attrs_field(
        default="16:9",
        validator=checked("aspect_ratio", Choice("16:9", "9:16", "1:1"), optional=True),
    )
    """ Width to height. """

    negative_prompt: str | Unset = _attrs_field(
        default=UNSET,
        validator=checked(
            "negative_prompt", Text(max_length=2500, sendable=True), optional=True
        ),
    )
    """ What the video must not show; at most 2500 characters. """

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
