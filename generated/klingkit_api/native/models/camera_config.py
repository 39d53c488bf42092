# Written by `make generate` from openapi/native.yaml; never edited by hand.
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
class CameraConfig:
    """The movement's extent, and its other parameters."""

    value: float | Unset = _attrs_field(
        default=UNSET,
        validator=checked("value", Number(), optional=True),
    )
    """ How far; positive is forward, negative backward. """

    additional_properties: dict[str, Any] = _attrs_field(
        init=False, factory=dict[str, Any]
    )

    def to_dict(self) -> dict[str, Any]:
        return {**self.additional_properties, **write(self)}

    @classmethod
    def from_dict(cls, src_dict: object) -> Self:
        known, unknown = read_open(cls, src_dict)
        camera_config = cls(**known)
        camera_config.additional_properties = unknown
        return camera_config

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
