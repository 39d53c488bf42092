"""Tests of field rules that are built here; other tests check the limits of the models by requests."""

from typing import Any

import pytest

from klingkit.emulator._field_rules import Choice, Fields, Integer, ListOf, Text, Uri

SHOT = Fields({"prompt": Text(20), "duration": Integer(1, 12)}, {"mode": Choice(("std", "pro"))})
BODY = Fields(
    required={"image_urls": ListOf(Uri(), 1, 1)},
    optional={"multi_prompt": ListOf(SHOT, most=3), "tags": ListOf(Text(5)), "grid": ListOf(ListOf(Integer()), 2)},
)
IMAGES = {"image_urls": ["https://example.com/a.png"]}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"multi_prompt": []},
        {"multi_prompt": [{"prompt": "a", "duration": 1}, {"prompt": "", "duration": 12.0, "mode": "pro"}]},
        {"tags": ["a"] * 100},
        {"grid": [[], [1, 2]]},
    ],
)
def test_a_valid_list_has_no_problem(fields: dict[str, Any]) -> None:
    assert BODY.problem("", IMAGES | fields) is None


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, "image_urls is missing"),
        ({"image_urls": None}, "image_urls must be an array, is None"),
        ({"image_urls": "https://example.com/a.png"}, "image_urls must be an array, is 'https://example.com/a.png'"),
        ({"image_urls": {}}, "image_urls must be an array, is {}"),
        ({"image_urls": []}, "image_urls has 0 items, must have 1 at least"),
        ({"image_urls": ["a:b", "a:c"]}, "image_urls has 2 items, may have 1"),
        ({"image_urls": ["no url"]}, "image_urls[0] must be a URI, is 'no url'"),
        ({"image_urls": [None]}, "image_urls[0] must be a URI, is None"),
        ({"tags": ["a", 5]}, "tags[1] must be a string, is 5"),
        ({"tags": ["a", "b", "x" * 6]}, "tags[2] has 6 characters, may have 5"),
        ({"multi_prompt": [{"prompt": "a", "duration": 5}] * 4}, "multi_prompt has 4 items, may have 3"),
        ({"multi_prompt": ["a"]}, "multi_prompt[0] must be an object, is 'a'"),
        ({"multi_prompt": [{"prompt": "a"}]}, "multi_prompt[0].duration is missing"),
        (
            {"multi_prompt": [{"prompt": "a", "duration": 1}, {"prompt": "a", "duration": 13}]},
            "multi_prompt[1].duration must be 12 at most, is 13",
        ),
        ({"multi_prompt": [{"prompt": "a", "duration": 0}]}, "multi_prompt[0].duration must be 1 at least, is 0"),
        ({"multi_prompt": [{"prompt": "a", "duration": 1.5}]}, "multi_prompt[0].duration must be an integer, is 1.5"),
        ({"multi_prompt": [{"prompt": "a", "duration": "5"}]}, "multi_prompt[0].duration must be an integer, is '5'"),
        (
            {"multi_prompt": [{"prompt": "a", "duration": 5, "seed": 1}]},
            "multi_prompt[0].'seed' is unknown; known: prompt, duration, mode",
        ),
        ({"grid": [[1]]}, "grid has 1 items, must have 2 at least"),
        ({"grid": [[1], [2, "3"]]}, "grid[1][1] must be an integer, is '3'"),
    ],
)
def test_a_problem_names_field_index_limit_and_value(body: dict[str, Any], problem: str) -> None:
    assert BODY.problem("", body if "image_urls" in body or not body else IMAGES | body) == problem
