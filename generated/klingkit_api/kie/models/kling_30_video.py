# Written by `make generate` from openapi/kie.yaml; never edited by hand.
from __future__ import annotations

from typing import (
    Any,
    ClassVar,
    Self,
)

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ...checks import (
    Anything,
    Boolean,
    Choice,
    List,
    Model,
    Rule,
    Text,
    checked,
    hold,
    read_closed,
    write,
)
from ...rules import Part, Sum, When
from ..models.element import Element
from ..models.kling_30_video_aspect_ratio import (
    Kling30VideoAspectRatio,
)
from ..models.kling_30_video_duration import (
    Kling30VideoDuration,
)
from ..models.kling_30_video_mode import Kling30VideoMode
from ..models.shot import Shot
from ..types import UNSET, Unset


def _hold_image_urls(
    value: list[str] | Unset | tuple[str, ...] | Unset,
) -> tuple[str, ...] | Unset:
    held: tuple[str, ...] | Unset = hold(value)
    return held


def _hold_multi_prompt(
    value: list[Shot] | Unset | tuple[Shot, ...] | Unset,
) -> tuple[Shot, ...] | Unset:
    held: tuple[Shot, ...] | Unset = hold(value)
    return held


def _hold_kling_elements(
    value: list[Element] | Unset | tuple[Element, ...] | Unset,
) -> tuple[Element, ...] | Unset:
    held: tuple[Element, ...] | Unset = hold(value)
    return held


@_attrs_define
class Kling30Video:
    """A video with Kling 3.0, of one shot (`prompt`, `sound`) or of several (`multi_shots`, `multi_prompt`)."""

    duration: Kling30VideoDuration = _attrs_field(
        default="5",
        validator=checked(
            "duration",
            Choice(
                "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"
            ),
        ),
    )
    """ Length of the whole video in seconds. """

    aspect_ratio: Kling30VideoAspectRatio = _attrs_field(
        default="16:9",
        validator=checked("aspect_ratio", Choice("16:9", "9:16", "1:1")),
    )
    """ Width to height. """

    mode: Kling30VideoMode = _attrs_field(
        default="pro",
        validator=checked("mode", Choice("std", "pro", "4K")),
    )
    """ The resolution; the shorter side has 720 pixels (std), 1080 (pro) or 2160 (4K). """

    multi_shots: bool = _attrs_field(
        default=False,
        validator=checked("multi_shots", Boolean()),
    )
    """ Whether the video has several shots. """

    prompt: str | Unset = _attrs_field(
        default=UNSET,
        validator=checked("prompt", Text(sendable=True), optional=True),
    )
    """ What happens in the one shot; `@` and the name of an element refer to it. """

    image_urls: tuple[str, ...] | Unset = _attrs_field(
        default=UNSET,
        converter=_hold_image_urls,
        validator=checked(
            "image_urls",
            List(Text(sendable=True, uri=True, file=True), max_items=2),
            optional=True,
        ),
    )
    """ The addresses of the first image and, of one shot, of the last. """

    sound: bool | Unset = _attrs_field(
        default=UNSET,
        validator=checked("sound", Boolean(), optional=True),
    )
    """ Whether the video has a sound track; several shots always have one. """

    multi_prompt: tuple[Shot, ...] | Unset = _attrs_field(
        default=UNSET,
        converter=_hold_multi_prompt,
        validator=checked(
            "multi_prompt", List(Model(Shot), max_items=5), optional=True
        ),
    )
    """ The shots, five at most, where there are several. """

    kling_elements: tuple[Element, ...] | Unset = _attrs_field(
        default=UNSET,
        converter=_hold_kling_elements,
        validator=checked(
            "kling_elements", List(Model(Element), max_items=3), optional=True
        ),
    )
    """ Characters and things that the prompts refer to, three at most. """

    RULES: ClassVar[tuple[Rule, ...]] = (
        When(
            condition=Part(
                required=("multi_shots",), fields={"multi_shots": Choice(True)}
            ),
            then=Part(
                required=("multi_prompt",),
                fields={
                    "multi_prompt": List(Anything(), min_items=1),
                    "sound": Choice(True),
                    "image_urls": List(Anything(), max_items=1),
                },
                rules=(Sum(items="multi_prompt.duration", total="duration"),),
            ),
            otherwise=Part(required=("prompt", "sound")),
        ),
    )

    def __attrs_post_init__(self) -> None:
        write(self)

    def to_dict(self) -> dict[str, Any]:
        return write(self)

    @classmethod
    def from_dict(cls, src_dict: object) -> Self:
        return cls(**read_closed(cls, src_dict))
