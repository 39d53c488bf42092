# Written by `make generate` from openapi/native.yaml; never edited by hand.
from __future__ import annotations

from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ...checks import (
    AnyOf,
    Choice,
    Model,
    Null,
    Number,
    Text,
    checked,
    read_open,
    write,
)
from ..models.task_info import TaskInfo
from ..models.task_result import TaskResult
from ..models.task_status import TaskStatus
from ..types import UNSET, Unset


@_attrs_define
class TaskResponse:
    """A task; its status decides, whatever else is filled in."""

    task_id: str = _attrs_field(
        validator=checked("task_id", Text()),
    )
    """ The id for queries; opaque, even where it looks like a number. """

    task_status: None | str | TaskStatus | Unset = _attrs_field(
        default=UNSET,
        validator=checked(
            "task_status",
            AnyOf(
                Choice("submitted", "processing", "completed", "failed"), Text(), Null()
            ),
            optional=True,
        ),
    )
    """ The status of the task; an unknown word means that it goes on. """

    task_status_msg: None | str | Unset = _attrs_field(
        default=UNSET,
        validator=checked("task_status_msg", AnyOf(Text(), Null()), optional=True),
    )
    """ About the status, in words; the reason where the task has failed. """

    task_info: None | TaskInfo | Unset = _attrs_field(
        default=UNSET,
        validator=checked("task_info", AnyOf(Model(TaskInfo), Null()), optional=True),
    )
    """ What the request stated about the task. """

    task_result: None | TaskResult | Unset = _attrs_field(
        default=UNSET,
        validator=checked(
            "task_result", AnyOf(Model(TaskResult), Null()), optional=True
        ),
    )
    """ The result, to be read only after success. """

    created_at: float | None | Unset = _attrs_field(
        default=UNSET,
        validator=checked("created_at", AnyOf(Number(), Null()), optional=True),
    )
    """ When it was created, in milliseconds since 1970. """

    updated_at: float | None | Unset = _attrs_field(
        default=UNSET,
        validator=checked("updated_at", AnyOf(Number(), Null()), optional=True),
    )
    """ When it last changed, in milliseconds since 1970. """

    final_unit_deduction: None | str | Unset = _attrs_field(
        default=UNSET,
        validator=checked("final_unit_deduction", AnyOf(Text(), Null()), optional=True),
    )
    """ What it has cost, in units. """

    additional_properties: dict[str, Any] = _attrs_field(
        init=False, factory=dict[str, Any]
    )

    def to_dict(self) -> dict[str, Any]:
        return {**self.additional_properties, **write(self)}

    @classmethod
    def from_dict(cls, src_dict: object) -> Self:
        known, unknown = read_open(cls, src_dict)
        task_response = cls(**known)
        task_response.additional_properties = unknown
        return task_response

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
