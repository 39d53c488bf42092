# Written by `make generate` from openapi/relay.yaml; never edited by hand.
from __future__ import annotations

from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ...checks import (
    Number,
    checked,
    read_open,
    write,
)
from ..types import UNSET, Unset


@_attrs_define
class OfficialCameraConfig:
    """Six axes, of which exactly one is not zero."""

    horizontal: float | Unset = _attrs_field(
        default=UNSET,
        validator=checked("horizontal", Number(minimum=-10, maximum=10), optional=True),
    )

    vertical: float | Unset = _attrs_field(
        default=UNSET,
        validator=checked("vertical", Number(minimum=-10, maximum=10), optional=True),
    )

    pan: float | Unset = _attrs_field(
        default=UNSET,
        validator=checked("pan", Number(minimum=-10, maximum=10), optional=True),
    )

    tilt: float | Unset = _attrs_field(
        default=UNSET,
        validator=checked("tilt", Number(minimum=-10, maximum=10), optional=True),
    )

    roll: float | Unset = _attrs_field(
        default=UNSET,
        validator=checked("roll", Number(minimum=-10, maximum=10), optional=True),
    )

    zoom: float | Unset = _attrs_field(
        default=UNSET,
        validator=checked("zoom", Number(minimum=-10, maximum=10), optional=True),
    )

    additional_properties: dict[str, Any] = _attrs_field(
        init=False, factory=dict[str, Any]
    )

    def to_dict(self) -> dict[str, Any]:
        return {**self.additional_properties, **write(self)}

    @classmethod
    def from_dict(cls, src_dict: object) -> Self:
        known, unknown = read_open(cls, src_dict)
        official_camera_config = cls(**known)
        official_camera_config.additional_properties = unknown
        return official_camera_config

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
