"""What the input of kling-3.0/video may contain: its fields, and what the page says of several of them together."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import urlsplit

from klingkit.emulator._field_rules import Choice, Fields, Flag, Integer, ListOf, Text, Uri

SECONDS: Final = Choice(tuple(str(seconds) for seconds in range(3, 16)))
IMAGES: Final = (".jpg", ".jpeg", ".png")
VIDEOS: Final = (".mp4", ".mov")
SHORTEST, LONGEST = 3000, 8000  # milliseconds that are cut from the video of an element
START, END = 0, 8000

SHOT: Final = Fields({"prompt": Text(500), "duration": Integer(1, 12)}, {})
ELEMENT_FIELDS: Final = Fields(
    {"name": Text(), "description": Text(), "element_input_urls": ListOf(Uri(), 1, 4)},
    {"element_input_audio_urls": ListOf(Uri(), most=1), "start_time": Integer(), "end_time": Integer()},
)


@dataclass(frozen=True)
class Element:
    """A character or a thing: two to four images, or one video with the part to be cut from it.

    A URL whose path ends in no known suffix may be either.
    """

    def problem(self, name: str, value: object) -> str | None:
        """Reject wrong fields first, then the first rule between fields that is broken."""
        if problem := ELEMENT_FIELDS.problem(name, value):
            return problem
        return next(self._problems(f"{name}.", value), None)

    def _problems(self, prefix: str, element: Any) -> Iterator[str]:
        urls: list[str] = element["element_input_urls"]
        suffixes = [PurePosixPath(urlsplit(url).path).suffix.lower() for url in urls]
        if len(urls) > 1 and any(suffix in VIDEOS for suffix in suffixes):
            yield f"{prefix}element_input_urls has {len(urls)} items, may have one if it is a video"
        if len(urls) == 1 and suffixes[0] in IMAGES:
            yield f"{prefix}element_input_urls has 1 image, must have 2 at least"
        for field in ("start_time", "end_time"):
            if len(urls) > 1 and field in element:
                yield f"{prefix}{field} is for a video, and {prefix}element_input_urls has {len(urls)} images"
        part = element.get("end_time", END) - element.get("start_time", START)
        if not SHORTEST <= part <= LONGEST:
            yield f"{prefix}end_time - {prefix}start_time must be {SHORTEST} to {LONGEST}, is {part}"


FIELDS: Final = Fields(
    {"duration": SECONDS, "aspect_ratio": Choice(("16:9", "9:16", "1:1")), "mode": Choice(("std", "pro", "4K"))}
    | {"multi_shots": Flag()},
    {
        "prompt": Text(),
        "image_urls": ListOf(Uri(), most=2),
        "sound": Flag(),
        "multi_prompt": ListOf(SHOT, most=5),
        "kling_elements": ListOf(Element(), most=3),
    },
)


@dataclass(frozen=True)
class Input:
    """One shot from `prompt`, or several from `multi_prompt`.

    Required are the fields that the page's own samples have; those of the other kind are ignored, as in a sample.
    """

    def problem(self, name: str, value: object) -> str | None:
        """Reject wrong fields first, then the first rule between fields that is broken."""
        if problem := FIELDS.problem(name, value):
            return problem
        return next(self._problems(f"{name}.", value), None)

    def _problems(self, prefix: str, content: Any) -> Iterator[str]:
        several = content["multi_shots"]
        for field in ("multi_prompt",) if several else ("prompt", "sound"):
            if field not in content:
                yield f"{prefix}{field} is missing, and multi_shots is {str(several).lower()}"
        if several:
            yield from self._of_several(prefix, content)

    def _of_several(self, prefix: str, content: Any) -> Iterator[str]:
        shots, images, total = content["multi_prompt"], content.get("image_urls", []), content["duration"]
        if not shots:
            yield f"{prefix}multi_prompt has 0 items, must have 1 at least if multi_shots is true"
        if content.get("sound") is False:
            yield f"{prefix}sound is false, must be true if multi_shots is true"
        if len(images) > 1:
            yield f"{prefix}image_urls has {len(images)} items, may have 1 if multi_shots is true"
        if (added := sum(shot["duration"] for shot in shots)) != int(total):
            yield f"{prefix}duration is {total}, and {prefix}multi_prompt adds up to {added:g}"
