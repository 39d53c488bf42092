# Written by `make generate` from openapi/kie.yaml; never edited by hand.
from __future__ import annotations

from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ...checks import (
    AnyOf,
    Choice,
    Integer,
    Model,
    Null,
    Text,
    checked,
    read_open,
    write,
)
from ..models.created_task import CreatedTask
from ..models.response_code import ResponseCode
from ..types import UNSET, Unset


@_attrs_define
class CreateTaskResponse:
    """The response to createTask; also the form of an error inside an HTTP 200."""

    code: int | ResponseCode = _attrs_field(
        validator=checked(
            "code",
            AnyOf(
                Choice(200, 400, 401, 402, 404, 422, 429, 433, 455, 500, 501, 505),
                Integer(),
            ),
        ),
    )
    """ 200 when the task was created. """

    msg: None | str | Unset = _attrs_field(
        default=UNSET,
        validator=checked("msg", AnyOf(Text(), Null()), optional=True),
    )
    """ What happened, in words. """

    message: None | str | Unset = _attrs_field(
        default=UNSET,
        validator=checked("message", AnyOf(Text(), Null()), optional=True),
    )
    """ Another name for `msg`. """

    data: CreatedTask | None | Unset = _attrs_field(
        default=UNSET,
        validator=checked("data", AnyOf(Model(CreatedTask), Null()), optional=True),
    )
    """ The created task; null or absent on errors. """

    additional_properties: dict[str, Any] = _attrs_field(
        init=False, factory=dict[str, Any]
    )

    def to_dict(self) -> dict[str, Any]:
        return {**self.additional_properties, **write(self)}

    @classmethod
    def from_dict(cls, src_dict: object) -> Self:
        known, unknown = read_open(cls, src_dict)
        create_task_response = cls(**known)
        create_task_response.additional_properties = unknown
        return create_task_response

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
