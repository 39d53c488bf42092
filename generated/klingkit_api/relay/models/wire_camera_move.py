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
from ..models.wire_camera_config import WireCameraConfig
from ..models.wire_camera_move_type import (
    WireCameraMoveType,
)
from ..types import UNSET, Unset


@_attrs_define
class WireCameraMove:
    """An official movement, which needs no config."""

    type: WireCameraMoveType = _attrs_field(
        validator=checked(
            "type",
            Choice(
                "down_back", "forward_up", "right_turn_forward", "left_turn_forward"
            ),
        ),
    )
    """ The kind of movement. """

    config: WireCameraConfig | Unset = _attrs_field(
        default=UNSET,
        validator=checked("config", Model(WireCameraConfig), optional=True),
    )
    """ The movement along and about each axis, as sent. """

    additional_properties: dict[str, Any] = _attrs_field(
        init=False, factory=dict[str, Any]
    )

    def to_dict(self) -> dict[str, Any]:
        return {**self.additional_properties, **write(self)}

    @classmethod
    def from_dict(cls, src_dict: object) -> Self:
        known, unknown = read_open(cls, src_dict)
        wire_camera_move = cls(**known)
        wire_camera_move.additional_properties = unknown
        return wire_camera_move

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
