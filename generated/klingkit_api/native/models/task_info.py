# Written by `make generate` from openapi/native.yaml; never edited by hand.
from __future__ import annotations

from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ...checks import (
    AnyOf,
    Null,
    Text,
    checked,
    read_open,
    write,
)
from ..types import UNSET, Unset


@_attrs_define
class TaskInfo:
    """What the request stated about the task."""

    external_task_id: None | str | Unset = _attrs_field(
        default=UNSET,
        validator=checked("external_task_id", AnyOf(Text(), Null()), optional=True),
    )
    """ The creator's own name for it. """

    additional_properties: dict[str, Any] = _attrs_field(
        init=False, factory=dict[str, Any]
    )

    def to_dict(self) -> dict[str, Any]:
        return {**self.additional_properties, **write(self)}

    @classmethod
    def from_dict(cls, src_dict: object) -> Self:
        known, unknown = read_open(cls, src_dict)
        task_info = cls(**known)
        task_info.additional_properties = unknown
        return task_info

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
