"""Tests that rules between fields are checked when a request is made and when it is written, not on assignment."""

import re
from typing import Any

import pytest

from contract_tests.support.field_rule_cases import (
    CLIP_URL,
    IMAGE_URL,
    RULE_VIOLATIONS,
    VALID_INPUTS,
    multi_shot,
    single_shot,
)
from klingkit import kie
from klingkit.kie import Element, Kie, Kling30Video, Shot
from klingkit_api.errors import InvalidValue
from klingkit_api.rules import Difference, Sum, parsed

each_violation = pytest.mark.parametrize(("fields", "input_fields", "message"), RULE_VIOLATIONS)


@each_violation
def test_a_request_that_breaks_a_rule_is_refused_and_both_fields_are_named(
    fields: str, input_fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidValue, match=message.replace("[", r"\[")) as caught:
        Kling30Video.from_dict(input_fields)
    assert caught.value.field == fields
    assert str(caught.value).startswith(f"{fields} must be {caught.value.limit}, not ")


@pytest.mark.parametrize("input_fields", VALID_INPUTS)
def test_a_request_at_the_limits_of_the_rules_is_kept(input_fields: dict[str, Any]) -> None:
    assert Kling30Video.from_dict(input_fields).to_dict() == input_fields


def test_fields_may_be_assigned_one_by_one_and_the_rules_hold_when_the_request_is_sent() -> None:
    request = Kling30Video.from_dict(multi_shot())
    request.duration = "5"
    with pytest.raises(InvalidValue) as caught:
        Kie("a-key").submit(request)
    assert (caught.value.field, caught.value.value) == ("multi_prompt, duration", 6)
    request.multi_prompt = (Shot("a", 3), Shot("b", 2))
    Kie("a-key").submit(request)


def test_a_rule_that_a_nested_object_breaks_is_found_when_the_request_is_sent() -> None:
    element = Element("a", "a cat", (CLIP_URL,))
    request = Kling30Video(prompt="a", sound=False, kling_elements=[element])
    element.end_time = 2999
    with pytest.raises(InvalidValue, match=re.escape("kling_elements[0].end_time, kling_elements[0].start_time must")):
        Kie("a-key").submit(request)


def test_lists_of_objects_become_tuples() -> None:
    element = Element("a", "a cat", [IMAGE_URL, IMAGE_URL])
    assert Kling30Video(prompt="a", sound=True, kling_elements=[element]).kling_elements == (element,)
    assert {"Element", "Kling30Video", "Shot"} <= set(kie.__all__)  # type: ignore[attr-defined]  # the list is computed at run time


@pytest.mark.parametrize("name", ["multi_prompt", "duration"])
def test_a_sum_of_other_values_than_numbers_is_left_to_other_checks(name: str) -> None:
    rule = Sum("multi_prompt.duration", "duration")
    invalid_values: tuple[Any, ...] = (None, "x", [1], [{}], [{"duration": True}])
    for invalid in invalid_values:
        assert rule.problem({**multi_shot(), name: invalid}) is None
    assert rule.problem({}) is None


def test_a_difference_of_other_values_than_numbers_is_left_to_other_checks() -> None:
    assert Difference(("b", "a"), (1, 0), 3, 4).problem({"a": "x"}) is None


@pytest.mark.parametrize("entry", [{}, {"sum": "a.b"}, {"sum": "a.b", "equals": "c", "most": 1}, {"difference": ["a"]}])
def test_an_unknown_rule_is_read_as_none(entry: dict[str, Any]) -> None:
    assert parsed(entry) is None


def test_a_request_for_one_shot_ignores_fields_for_several() -> None:
    assert Kling30Video.from_dict(single_shot(multi_prompt=[{"prompt": "a", "duration": 12}])).duration == "5"
