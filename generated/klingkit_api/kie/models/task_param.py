# Written by `make generate` from openapi/kie.yaml; never edited by hand.
from __future__ import annotations

from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ...checks import (
    AnyOf,
    Model,
    Null,
    Text,
    checked,
    read_open,
    write,
)
from ..models.json_object import JsonObject
from ..types import UNSET, Unset


@_attrs_define
class TaskParam:
    """What `param` holds, the createTask request, read openly."""

    model: None | str | Unset = _attrs_field(
        default=UNSET,
        validator=checked("model", AnyOf(Text(), Null()), optional=True),
    )
    """ The requested model. """

    input_: JsonObject | None | Unset = _attrs_field(
        default=UNSET,
        validator=checked("input", AnyOf(Model(JsonObject), Null()), optional=True),
    )
    """ The model's own input. """

    call_back_url: None | str | Unset = _attrs_field(
        default=UNSET,
        validator=checked("callBackUrl", AnyOf(Text(), Null()), optional=True),
    )
    """ The callback address of the request. """

    additional_properties: dict[str, Any] = _attrs_field(
        init=False, factory=dict[str, Any]
    )

    def to_dict(self) -> dict[str, Any]:
        return {**self.additional_properties, **write(self)}

    @classmethod
    def from_dict(cls, src_dict: object) -> Self:
        known, unknown = read_open(cls, src_dict)
        task_param = cls(**known)
        task_param.additional_properties = unknown
        return task_param

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
