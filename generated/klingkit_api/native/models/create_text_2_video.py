# Written by `make generate` from openapi/native.yaml; never edited by hand.
from __future__ import annotations

from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ...checks import (
    AnyOf,
    Choice,
    Model,
    Number,
    Text,
    checked,
    read_open,
    write,
)
from ..models.create_text_2_video_aspect_ratio import (
    CreateText2VideoAspectRatio,
)
from ..models.create_text_2_video_duration_type_0 import (
    CreateText2VideoDurationType0,
)
from ..models.create_text_2_video_duration_type_1 import (
    CreateText2VideoDurationType1,
)
from ..models.create_text_2_video_mode import (
    CreateText2VideoMode,
)
from ..models.create_text_2_video_model_name import (
    CreateText2VideoModelName,
)
from ..models.wire_camera import WireCamera
from ..types import UNSET, Unset


@_attrs_define
class CreateText2Video:
    """The body of a request as the document has it, with the official form of a duration, `callback_url` and
    `external_task_id`, as observed.

    """

    model_name: CreateText2VideoModelName = _attrs_field(
        validator=checked(
            "model_name",
            Choice("kling-v1-6", "kling-v2-master", "kling-v2-1", "kling-v2-1-master"),
        ),
    )
    """ Names the model; every one takes all options. """

    mode: CreateText2VideoMode = _attrs_field(
        validator=checked("mode", Choice("std", "pro")),
    )
    """ Standard or high quality. """

    prompt: str = _attrs_field(
        validator=checked("prompt", Text(max_length=2500, sendable=True)),
    )
    """ What the video shows; at most 2500 characters, Chinese or English. """

    negative_prompt: str | Unset = _attrs_field(
        default=UNSET,
        validator=checked(
            "negative_prompt", Text(max_length=2500, sendable=True), optional=True
        ),
    )
    """ What the video must not show; at most 2500 characters. """

    duration: CreateText2VideoDurationType0 | CreateText2VideoDurationType1 | Unset = (
        _attrs_field(
            default=5,
            validator=checked(
                "duration", AnyOf(Choice(5, 10), Choice("5", "10")), optional=True
            ),
        )
    )
    """ Length in seconds; the official hosts require a string. """

    aspect_ratio: CreateText2VideoAspectRatio | Unset = _attrs_field(
        default="16:9",
        validator=checked(
            "aspect_ratio",
            Choice("16:9", "9:16", "1:1", "3:2", "2:3", "3:4", "4:3"),
            optional=True,
        ),
    )
    """ Width to height. """

    cfg_scale: float | Unset = _attrs_field(
        default=0.5,
        validator=checked("cfg_scale", Number(minimum=0, maximum=1), optional=True),
    )
    """ How closely the prompt is followed. """

    camera_control: WireCamera | Unset = _attrs_field(
        default=UNSET,
        validator=checked("camera_control", Model(WireCamera), optional=True),
    )
    """ How the camera moves, as sent. """

    callback_url: str | Unset = _attrs_field(
        default=UNSET,
        validator=checked("callback_url", Text(sendable=True), optional=True),
    )
    """ Where to POST on every change of the status; nothing is sent without it. """

    external_task_id: str | Unset = _attrs_field(
        default=UNSET,
        validator=checked("external_task_id", Text(sendable=True), optional=True),
    )
    """ A name of one's own for the task, unique in the account; queries may use it. """

    additional_properties: dict[str, Any] = _attrs_field(
        init=False, factory=dict[str, Any]
    )

    def to_dict(self) -> dict[str, Any]:
        return {**self.additional_properties, **write(self)}

    @classmethod
    def from_dict(cls, src_dict: object) -> Self:
        known, unknown = read_open(cls, src_dict)
        create_text_2_video = cls(**known)
        create_text_2_video.additional_properties = unknown
        return create_text_2_video

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
