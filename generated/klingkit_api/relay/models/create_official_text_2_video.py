# Written by `make generate` from openapi/relay.yaml; never edited by hand.
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
from ..models.create_official_text_2_video_aspect_ratio import (
    CreateOfficialText2VideoAspectRatio,
)
from ..models.create_official_text_2_video_duration import (
    CreateOfficialText2VideoDuration,
)
from ..models.create_official_text_2_video_mode import (
    CreateOfficialText2VideoMode,
)
from ..models.create_official_text_2_video_sound import (
    CreateOfficialText2VideoSound,
)
from ..models.official_camera import OfficialCamera
from ..models.official_model import OfficialModel
from ..types import UNSET, Unset


@_attrs_define
class CreateOfficialText2Video:
    """The body of a request as the official hosts want it: that of the dialect `official`, which no operation here speaks."""

    prompt: str = _attrs_field(
        validator=checked("prompt", Text(max_length=2500, sendable=True)),
    )
    """ What the video shows; at most 2500 characters. """

    model_name: OfficialModel | str | Unset = _attrs_field(
        default=UNSET,
        validator=checked(
            "model_name",
            AnyOf(
                Choice(
                    "kling-v1",
                    "kling-v1-5",
                    "kling-v1-6",
                    "kling-v2-master",
                    "kling-v2-1-master",
                    "kling-v2-5-turbo",
                    "kling-v2-6",
                ),
                Text(sendable=True),
            ),
            optional=True,
        ),
    )
    """ Names the model; there are more than those seen. """

    mode: CreateOfficialText2VideoMode | Unset = _attrs_field(
        default=UNSET,
        validator=checked("mode", Choice("std", "pro"), optional=True),
    )
    """ Standard or high quality; standard if absent. """

    negative_prompt: str | Unset = _attrs_field(
        default=UNSET,
        validator=checked(
            "negative_prompt", Text(max_length=2500, sendable=True), optional=True
        ),
    )
    """ What the video must not show; at most 2500 characters. """

    duration: CreateOfficialText2VideoDuration | Unset = _attrs_field(
        default=UNSET,
        validator=checked("duration", Choice("5", "10"), optional=True),
    )
    """ Length in seconds, as a string. """

    aspect_ratio: CreateOfficialText2VideoAspectRatio | Unset = _attrs_field(
        default=UNSET,
        validator=checked("aspect_ratio", Choice("16:9", "9:16", "1:1"), optional=True),
    )
    """ Width to height. """

    cfg_scale: float | Unset = _attrs_field(
        default=UNSET,
        validator=checked("cfg_scale", Number(minimum=0, maximum=1), optional=True),
    )
    """ How closely the prompt is followed; no v2 model knows it. """

    sound: CreateOfficialText2VideoSound | Unset = _attrs_field(
        default=UNSET,
        validator=checked("sound", Choice("on", "off"), optional=True),
    )
    """ Whether the video has a sound track; from v2.6 on. """

    camera_control: OfficialCamera | Unset = _attrs_field(
        default=UNSET,
        validator=checked("camera_control", Model(OfficialCamera), optional=True),
    )
    """ How the camera moves; only `simple` takes a `config`. """

    callback_url: str | Unset = _attrs_field(
        default=UNSET,
        validator=checked("callback_url", Text(sendable=True), optional=True),
    )
    """ Where to POST on every change of the status; nothing is sent without it. """

    external_task_id: str | Unset = _attrs_field(
        default=UNSET,
        validator=checked("external_task_id", Text(sendable=True), optional=True),
    )
    """ A name of one's own for the task, unique in the account; one can ask with it. """

    additional_properties: dict[str, Any] = _attrs_field(
        init=False, factory=dict[str, Any]
    )

    def to_dict(self) -> dict[str, Any]:
        return {**self.additional_properties, **write(self)}

    @classmethod
    def from_dict(cls, src_dict: object) -> Self:
        known, unknown = read_open(cls, src_dict)
        create_official_text_2_video = cls(**known)
        create_official_text_2_video.additional_properties = unknown
        return create_official_text_2_video

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
