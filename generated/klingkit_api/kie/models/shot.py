# Written by `make generate` from openapi/kie.yaml; never edited by hand.
from __future__ import annotations

from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ...checks import (
    Integer,
    Text,
    checked,
    read_closed,
    write,
)


@_attrs_define
class Shot:
    """One of several shots of a video."""

    prompt: str = _attrs_field(
        validator=checked("prompt", Text(max_length=500, sendable=True)),
    )
    """ What happens in the shot; at most 500 characters, of which each element takes 37. """

    duration: int = _attrs_field(
        validator=checked("duration", Integer(minimum=1, maximum=12)),
    )
    """ Length in seconds. """

    def to_dict(self) -> dict[str, Any]:
        return write(self)

    @classmethod
    def from_dict(cls, src_dict: object) -> Self:
        return cls(**read_closed(cls, src_dict))
