# Written by `make generate` from openapi/kie.yaml; never edited by hand.
from __future__ import annotations

from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ...checks import (
    AnyOf,
    Choice,
    Integer,
    Null,
    Number,
    Text,
    checked,
    read_open,
    write,
)
from ..models.task_state import TaskState
from ..types import UNSET, Unset


@_attrs_define
class RecordInfo:
    """The record of a task."""

    task_id: None | str | Unset = _attrs_field(
        default=UNSET,
        validator=checked("taskId", AnyOf(Text(), Null()), optional=True),
    )
    """ The task's id. """

    model: None | str | Unset = _attrs_field(
        default=UNSET,
        validator=checked("model", AnyOf(Text(), Null()), optional=True),
    )
    """ The model in use. """

    state: None | str | TaskState | Unset = _attrs_field(
        default=UNSET,
        validator=checked(
            "state",
            AnyOf(Choice("waiting", "success", "fail"), Text(), Null()),
            optional=True,
        ),
    )
    """ The state of the task; an unknown word means that it goes on. """

    param: None | str | Unset = _attrs_field(
        default=UNSET,
        validator=checked("param", AnyOf(Text(), Null()), optional=True),
    )
    """ The whole createTask request, as JSON in a string. """

    result_json: None | str | Unset = _attrs_field(
        default=UNSET,
        validator=checked("resultJson", AnyOf(Text(), Null()), optional=True),
    )
    """ The result, as JSON in a string; to be read only after success. """

    fail_code: int | None | str | Unset = _attrs_field(
        default=UNSET,
        validator=checked("failCode", AnyOf(Text(), Integer(), Null()), optional=True),
    )
    """ Why it failed, as a code. """

    fail_msg: None | str | Unset = _attrs_field(
        default=UNSET,
        validator=checked("failMsg", AnyOf(Text(), Null()), optional=True),
    )
    """ Why it failed, in words. """

    cost_time: int | None | Unset = _attrs_field(
        default=UNSET,
        validator=checked("costTime", AnyOf(Integer(), Null()), optional=True),
    )
    """ How long it took, in milliseconds by the document. """

    complete_time: int | None | Unset = _attrs_field(
        default=UNSET,
        validator=checked("completeTime", AnyOf(Integer(), Null()), optional=True),
    )
    """ When it ended, in milliseconds since 1970. """

    create_time: int | None | Unset = _attrs_field(
        default=UNSET,
        validator=checked("createTime", AnyOf(Integer(), Null()), optional=True),
    )
    """ When it was created, in milliseconds since 1970. """

    update_time: int | None | Unset = _attrs_field(
        default=UNSET,
        validator=checked("updateTime", AnyOf(Integer(), Null()), optional=True),
    )
    """ When it last changed, in milliseconds since 1970. """

    progress: float | None | Unset = _attrs_field(
        default=UNSET,
        validator=checked("progress", AnyOf(Number(), Null()), optional=True),
    )
    """ How far it has come. """

    credits_consumed: float | None | Unset = _attrs_field(
        default=UNSET,
        validator=checked("creditsConsumed", AnyOf(Number(), Null()), optional=True),
    )
    """ What it has cost, in credits. """

    additional_properties: dict[str, Any] = _attrs_field(
        init=False, factory=dict[str, Any]
    )

    def to_dict(self) -> dict[str, Any]:
        return {**self.additional_properties, **write(self)}

    @classmethod
    def from_dict(cls, src_dict: object) -> Self:
        known, unknown = read_open(cls, src_dict)
        record_info = cls(**known)
        record_info.additional_properties = unknown
        return record_info

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
