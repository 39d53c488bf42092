# Written by `make generate` from openapi/relay.yaml; never edited by hand.
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
from ..models.response_code import ResponseCode
from ..models.task_response import TaskResponse
from ..types import UNSET, Unset


@_attrs_define
class Text2VideoResponse:
    """A task in its envelope; also the form of an error inside an HTTP 200."""

    code: int | ResponseCode = _attrs_field(
        validator=checked(
            "code",
            AnyOf(
                Choice(
                    0,
                    1000,
                    1001,
                    1002,
                    1003,
                    1004,
                    1100,
                    1101,
                    1102,
                    1103,
                    1200,
                    1201,
                    1202,
                    1203,
                    1300,
                    1301,
                    1302,
                    1303,
                    1304,
                    5000,
                    5001,
                    5002,
                ),
                Integer(),
            ),
        ),
    )
    """ 0 on success of the request, whatever the task's own status. """

    message: None | str | Unset = _attrs_field(
        default=UNSET,
        validator=checked("message", AnyOf(Text(), Null()), optional=True),
    )
    """ What happened, in words. """

    request_id: None | str | Unset = _attrs_field(
        default=UNSET,
        validator=checked("request_id", AnyOf(Text(), Null()), optional=True),
    )
    """ The id of this exchange, for the relay's support. """

    data: None | TaskResponse | Unset = _attrs_field(
        default=UNSET,
        validator=checked("data", AnyOf(Model(TaskResponse), Null()), optional=True),
    )
    """ The task; null, absent or empty on errors. """

    additional_properties: dict[str, Any] = _attrs_field(
        init=False, factory=dict[str, Any]
    )

    def to_dict(self) -> dict[str, Any]:
        return {**self.additional_properties, **write(self)}

    @classmethod
    def from_dict(cls, src_dict: object) -> Self:
        known, unknown = read_open(cls, src_dict)
        text_2_video_response = cls(**known)
        text_2_video_response.additional_properties = unknown
        return text_2_video_response

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
