"""Inputs of kling-3.0/video at the limits of each rule between its fields, and beyond them."""

from typing import Any

ONE: dict[str, Any] = {"prompt": "a cat", "sound": False, "multi_shots": False}
SEVERAL: dict[str, Any] = {"multi_shots": True, "multi_prompt": [{"prompt": "a", "duration": 3}] * 2, "duration": "6"}
CHOICES: dict[str, Any] = {"duration": "5", "aspect_ratio": "16:9", "mode": "pro"}
IMAGE, VIDEO, UNKNOWN = (f"https://studio.example/a{suffix}" for suffix in (".PNG?a=b", ".mov", ""))
SHOTS = "multi_prompt, multi_shots"
URLS, START = "kling_elements[0].element_input_urls", "kling_elements[0].start_time"
CUT = f"kling_elements[0].end_time, {START}"


def one(**fields: Any) -> dict[str, Any]:
    return {**CHOICES, **ONE, **fields}


def several(**fields: Any) -> dict[str, Any]:
    return {**CHOICES, **SEVERAL, **fields}


def element(*urls: str, **fields: Any) -> dict[str, Any]:
    return one(kling_elements=[{"name": "a", "description": "a cat", "element_input_urls": [*urls], **fields}])


def shots(*lengths: int) -> list[dict[str, Any]]:
    return [{"prompt": "a", "duration": length} for length in lengths]


def without(given: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in given.items() if key != name}


BROKEN: list[tuple[str, dict[str, Any], str]] = [
    (SHOTS, without(several(), "multi_prompt"), "present where multi_shots is True, not UNSET"),
    (SHOTS, several(multi_prompt=[]), "at least 1 items where multi_shots is True, not "),
    ("sound, multi_shots", several(sound=False), "True where multi_shots is True, not False"),
    ("image_urls, multi_shots", several(image_urls=[IMAGE] * 2), "at most 1 items where multi_shots is True, not "),
    ("multi_prompt, duration", several(duration="5"), "such that multi_prompt[].duration adds up to 5, not 6"),
    ("multi_prompt, duration", several(multi_prompt=shots(3, 2)), "such that .* adds up to 6, not 5"),
    ("prompt, multi_shots", without(one(), "prompt"), "present where multi_shots is False"),
    ("sound, multi_shots", without(one(), "sound"), "present where multi_shots is False"),
    (CUT, element(VIDEO, end_time=2999), "such that end_time - start_time is at least 3000, not 2999"),
    (CUT, element(VIDEO, start_time=5001), "at least 3000, not 2999"),
    (CUT, element(UNKNOWN, start_time=1, end_time=8002), "at most 8000, not 8001"),
    (URLS, element(VIDEO, VIDEO), "at most 1 items, not 2"),
    (URLS, element(IMAGE, VIDEO), "at most 1 items, not 2"),
    (URLS, element(IMAGE), "at least 2 items, not 1"),
    (f"{START}, {URLS}", element(IMAGE, IMAGE, start_time=0), "absent where element_input_urls is "),
    (f"kling_elements[0].end_time, {URLS}", element(UNKNOWN, IMAGE, end_time=8000), "absent where"),
]
"""The fields that an error names, an input, and the limit with the value."""
ALLOWED: list[dict[str, Any]] = [
    one(),
    one(image_urls=[IMAGE] * 2, multi_prompt=shots(1)),
    several(),
    several(sound=True, image_urls=[IMAGE], prompt="a"),
    several(multi_prompt=shots(1, 1, 1, 1, 11), duration="15"),
    element(VIDEO, start_time=1000, end_time=4000),
    element(VIDEO, end_time=3000),
    element(UNKNOWN, start_time=5000),
    element(UNKNOWN),
    element(*[IMAGE] * 4, element_input_audio_urls=[UNKNOWN]),
    element(UNKNOWN, UNKNOWN),
]
