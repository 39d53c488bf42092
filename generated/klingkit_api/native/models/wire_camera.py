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
    read_open,
    write,
)
from ..models.camera_config import CameraConfig
from ..models.camera_type import CameraType
from ..types import UNSET, Unset


@_attrs_define
class WireCamera:
    """How the camera moves, as sent."""

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

    additional_properties: dict[str, Any] = _attrs_field(
        init=False, factory=dict[str, Any]
    )

    def to_dict(self) -> dict[str, Any]:
        return {**self.additional_properties, **write(self)}

    @classmethod
    def from_dict(cls, src_dict: object) -> Self:
        known, unknown = read_open(cls, src_dict)
        wire_camera = cls(**known)
        wire_camera.additional_properties = unknown
        return wire_camera

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
