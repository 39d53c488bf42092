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
    Integer,
    List,
    Rule,
    Text,
    checked,
    hold,
    read_closed,
    write,
)
from ...rules import Absent, Contains, Difference, Matches, Part, When
from ..types import UNSET, Unset


def _hold_element_input_urls(value: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    held: tuple[str, ...] = hold(value)
    return held


def _hold_element_input_audio_urls(
    value: list[str] | Unset | tuple[str, ...] | Unset,
) -> tuple[str, ...] | Unset:
    held: tuple[str, ...] | Unset = hold(value)
    return held


@_attrs_define
class Element:
    """A character or a thing that prompts refer to by `@` and its name, from images or from a video."""

    name: str = _attrs_field(
        validator=checked("name", Text(sendable=True)),
    )
    """ The name, without the `@` of the prompts. """

    description: str = _attrs_field(
        validator=checked("description", Text(sendable=True)),
    )
    """ What it is. """

    element_input_urls: tuple[str, ...] = _attrs_field(
        converter=_hold_element_input_urls,
        validator=checked(
            "element_input_urls",
            List(Text(sendable=True, uri=True, file=True), min_items=1, max_items=4),
        ),
    )
    """ The addresses of two to four images (JPEG or PNG, at most 10 MB each), or of one video (MP4 or MOV). """

    element_input_audio_urls: tuple[str, ...] | Unset = _attrs_field(
        default=UNSET,
        converter=_hold_element_input_audio_urls,
        validator=checked(
            "element_input_audio_urls",
            List(Text(sendable=True, uri=True, file=True), max_items=1),
            optional=True,
        ),
    )
    """ The address of one recording of a voice, 5 to 30 s long. """

    start_time: int | Unset = _attrs_field(
        default=UNSET,
        validator=checked("start_time", Integer(), optional=True),
    )
    """ Where the part of a video begins, in milliseconds; 0 if left out. """

    end_time: int | Unset = _attrs_field(
        default=UNSET,
        validator=checked("end_time", Integer(), optional=True),
    )
    """ Where it ends, 3000 to 8000 milliseconds later; 8000 if left out. """

    RULES: ClassVar[tuple[Rule, ...]] = (
        Difference(
            fields=("end_time", "start_time"),
            defaults=(8000, 0),
            minimum=3000,
            maximum=8000,
        ),
        When(
            condition=Part(
                required=("element_input_urls",),
                fields={
                    "element_input_urls": Contains(
                        Matches("\\.(mp4|MP4|mov|MOV)($|[?#])")
                    )
                },
            ),
            then=Part(fields={"element_input_urls": List(Anything(), max_items=1)}),
        ),
        When(
            condition=Part(
                required=("element_input_urls",),
                fields={
                    "element_input_urls": Contains(
                        Matches("\\.(jpg|JPG|jpeg|JPEG|png|PNG)($|[?#])")
                    )
                },
            ),
            then=Part(fields={"element_input_urls": List(Anything(), min_items=2)}),
        ),
        When(
            condition=Part(
                required=("element_input_urls",),
                fields={"element_input_urls": List(Anything(), min_items=2)},
            ),
            then=Part(fields={"start_time": Absent(), "end_time": Absent()}),
        ),
    )

    def __attrs_post_init__(self) -> None:
        write(self)

    def to_dict(self) -> dict[str, Any]:
        return write(self)

    @classmethod
    def from_dict(cls, src_dict: object) -> Self:
        return cls(**read_closed(cls, src_dict))
