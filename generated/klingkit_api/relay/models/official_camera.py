# Written by `make generate` from openapi/relay.yaml; never edited by hand.
from __future__ import annotations

from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ...checks import (
    Choice,
    Model,
    checked,
    read_open,
    write,
)
from ..models.official_camera_config import OfficialCameraConfig
from ..models.official_camera_type import OfficialCameraType
from ..types import UNSET, Unset


@_attrs_define
class OfficialCamera:
    """How the camera moves; only `simple` takes a `config`."""

    type: OfficialCameraType = _attrs_field(
        validator=checked(
            "type",
            Choice(
                "simple",
                "down_back",
                "forward_up",
                "right_turn_forward",
                "left_turn_forward",
            ),
        ),
    )
    """ The kind of movement. """

    config: OfficialCameraConfig | Unset = _attrs_field(
        default=UNSET,
        validator=checked("config", Model(OfficialCameraConfig), optional=True),
    )
    """ Six axes, of which exactly one is not zero. """

    additional_properties: dict[str, Any] = _attrs_field(
        init=False, factory=dict[str, Any]
    )

    def to_dict(self) -> dict[str, Any]:
        return {**self.additional_properties, **write(self)}

    @classmethod
    def from_dict(cls, src_dict: object) -> Self:
        known, unknown = read_open(cls, src_dict)
        official_camera = cls(**known)
        official_camera.additional_properties = unknown
        return official_camera

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
