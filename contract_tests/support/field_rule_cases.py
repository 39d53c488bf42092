"""Inputs of kling-3.0/video that keep, or break, the rules between its fields, such as "shots add up to duration"."""

from typing import Any

SINGLE_SHOT: dict[str, Any] = {"prompt": "a cat", "sound": False, "multi_shots": False}
MULTI_SHOT: dict[str, Any] = {
    "multi_shots": True,
    "multi_prompt": [{"prompt": "a", "duration": 3}] * 2,
    "duration": "6",
}
CHOICES: dict[str, Any] = {"duration": "5", "aspect_ratio": "16:9", "mode": "pro"}
IMAGE_URL, CLIP_URL, URL_WITHOUT_SUFFIX = (f"https://studio.example/a{suffix}" for suffix in (".PNG?a=b", ".mov", ""))
SHOTS_AND_MODE = "multi_prompt, multi_shots"
ELEMENT_URLS, CLIP_START = "kling_elements[0].element_input_urls", "kling_elements[0].start_time"
CLIP_TIMES = f"kling_elements[0].end_time, {CLIP_START}"


def single_shot(**fields: Any) -> dict[str, Any]:
    return {**CHOICES, **SINGLE_SHOT, **fields}


def multi_shot(**fields: Any) -> dict[str, Any]:
    return {**CHOICES, **MULTI_SHOT, **fields}


def element(*urls: str, **fields: Any) -> dict[str, Any]:
    return single_shot(kling_elements=[{"name": "a", "description": "a cat", "element_input_urls": [*urls], **fields}])


def shots(*lengths: int) -> list[dict[str, Any]]:
    return [{"prompt": "a", "duration": length} for length in lengths]


def without(fields: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key != name}


RULE_VIOLATIONS: list[tuple[str, dict[str, Any], str]] = [
    (SHOTS_AND_MODE, without(multi_shot(), "multi_prompt"), "present where multi_shots is True, not UNSET"),
    (SHOTS_AND_MODE, multi_shot(multi_prompt=[]), "at least 1 items where multi_shots is True, not "),
    ("sound, multi_shots", multi_shot(sound=False), "True where multi_shots is True, not False"),
    (
        "image_urls, multi_shots",
        multi_shot(image_urls=[IMAGE_URL] * 2),
        "at most 1 items where multi_shots is True, not ",
    ),
    ("multi_prompt, duration", multi_shot(duration="5"), "such that multi_prompt[].duration adds up to 5, not 6"),
    ("multi_prompt, duration", multi_shot(multi_prompt=shots(3, 2)), "such that .* adds up to 6, not 5"),
    ("prompt, multi_shots", without(single_shot(), "prompt"), "present where multi_shots is False"),
    ("sound, multi_shots", without(single_shot(), "sound"), "present where multi_shots is False"),
    (CLIP_TIMES, element(CLIP_URL, end_time=2999), "such that end_time - start_time is at least 3000, not 2999"),
    (CLIP_TIMES, element(CLIP_URL, start_time=5001), "at least 3000, not 2999"),
    (CLIP_TIMES, element(URL_WITHOUT_SUFFIX, start_time=1, end_time=8002), "at most 8000, not 8001"),
    (ELEMENT_URLS, element(CLIP_URL, CLIP_URL), "at most 1 items, not 2"),
    (ELEMENT_URLS, element(IMAGE_URL, CLIP_URL), "at most 1 items, not 2"),
    (ELEMENT_URLS, element(IMAGE_URL), "at least 2 items, not 1"),
    (
        f"{CLIP_START}, {ELEMENT_URLS}",
        element(IMAGE_URL, IMAGE_URL, start_time=0),
        "absent where element_input_urls is ",
    ),
    (
        f"kling_elements[0].end_time, {ELEMENT_URLS}",
        element(URL_WITHOUT_SUFFIX, IMAGE_URL, end_time=8000),
        "absent where",
    ),
]
"""The fields that the error names, an input that breaks one rule, and a pattern of the error's text."""
VALID_INPUTS: list[dict[str, Any]] = [
    single_shot(),
    single_shot(image_urls=[IMAGE_URL] * 2, multi_prompt=shots(1)),
    multi_shot(),
    multi_shot(sound=True, image_urls=[IMAGE_URL], prompt="a"),
    multi_shot(multi_prompt=shots(1, 1, 1, 1, 11), duration="15"),
    element(CLIP_URL, start_time=1000, end_time=4000),
    element(CLIP_URL, end_time=3000),
    element(URL_WITHOUT_SUFFIX, start_time=5000),
    element(URL_WITHOUT_SUFFIX),
    element(*[IMAGE_URL] * 4, element_input_audio_urls=[URL_WITHOUT_SUFFIX]),
    element(URL_WITHOUT_SUFFIX, URL_WITHOUT_SUFFIX),
]
