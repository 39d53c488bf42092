# Written by `make generate` from openapi/relay.yaml; never edited by hand.
from __future__ import annotations

from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ...checks import (
    Integer,
    checked,
    read_closed,
    write,
)


@_attrs_define
class CameraConfig:
    """The movement along and about each axis."""

    horizontal: int = _attrs_field(
        validator=checked("horizontal", Integer()),
    )
    """ To the side. """

    vertical: int = _attrs_field(
        validator=checked("vertical", Integer()),
    )
    """ Up and down. """

    pan: int = _attrs_field(
        validator=checked("pan", Integer()),
    )
    """ Turning to the side. """

    tilt: int = _attrs_field(
        validator=checked("tilt", Integer()),
    )
    """ Leaning up or down. """

    roll: int = _attrs_field(
        validator=checked("roll", Integer()),
    )
    """ Turning about the line of sight. """

    zoom: int = _attrs_field(
        validator=checked("zoom", Integer()),
    )
    """ Nearer or farther. """

    def to_dict(self) -> dict[str, Any]:
        return write(self)

    @classmethod
    def from_dict(cls, src_dict: object) -> Self:
        return cls(**read_closed(cls, src_dict))
