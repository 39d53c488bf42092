# Written by `make generate` from openapi/native.yaml; never edited by hand.
from __future__ import annotations

from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ...checks import (
    AnyOf,
    Choice,
    Model,
    Text,
    checked,
    read_closed,
    write,
)
from ..models.camera_config import CameraConfig
from ..models.camera_type import CameraType
from ..types import UNSET, Unset


@_attrs_define
class Camera:
    """How the camera moves."""

    type: CameraType | str | Unset = _attrs_field(
        default=UNSET,
        validator=checked(
            "type",
            AnyOf(Choice("zoom", "pan", "tilt"), Text(sendable=True)),
            optional=True,
        ),
    )
    """ The kind of movement; there are more than those named. """

    config: CameraConfig | Unset = _attrs_field(
        default=UNSET,
        validator=checked("config", Model(CameraConfig), optional=True),
    )
    """ The movement's extent, and its other parameters. """

    def to_dict(self) -> dict[str, Any]:
        return write(self)

    @classmethod
    def from_dict(cls, src_dict: object) -> Self:
        return cls(**read_closed(cls, src_dict))
