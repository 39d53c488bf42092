# Written by `make generate` from openapi/relay.yaml; never edited by hand.
from __future__ import annotations

from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ...checks import (
    Model,
    Text,
    checked,
    read_closed,
    write,
)
from ..models.camera_config import CameraConfig


@_attrs_define
class Camera:
    """How the camera moves; chosen to fit the prompt if absent."""

    type: str = _attrs_field(
        validator=checked("type", Text(sendable=True)),
    )
    """ The kind of movement. """

    config: CameraConfig = _attrs_field(
        validator=checked("config", Model(CameraConfig)),
    )
    """ The movement along and about each axis. """

    def to_dict(self) -> dict[str, Any]:
        return write(self)

    @classmethod
    def from_dict(cls, src_dict: object) -> Self:
        return cls(**read_closed(cls, src_dict))
