# Written by `make generate` from openapi/kie.yaml; never edited by hand.
from __future__ import annotations

from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ...checks import (
    Text,
    checked,
    read_closed,
    write,
)


@_attrs_define
class KlingAvatarStandard:
    """A video of a face that speaks, or sings, what is heard in an audio file (Standard)."""

    image_url: str = _attrs_field(
        validator=checked("image_url", Text(sendable=True)),
    )
    """ The address of the picture of the face (JPEG or PNG, at most 10 MB). """

    audio_url: str = _attrs_field(
        validator=checked("audio_url", Text(sendable=True)),
    )
    """ The address of the sound (MP3, WAV, AAC, MP4 or Ogg, at most 100 MB and 5 minutes), which decides on the
    length. """

    prompt: str = _attrs_field(
        default="",
        validator=checked("prompt", Text(max_length=5000, sendable=True)),
    )
    """ How the avatar acts; at most 5000 characters, or none. """

    def to_dict(self) -> dict[str, Any]:
        return write(self)

    @classmethod
    def from_dict(cls, src_dict: object) -> Self:
        return cls(**read_closed(cls, src_dict))
