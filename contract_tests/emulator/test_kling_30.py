"""Tests of the emulator's rules between the fields of kling-3.0/video."""

from typing import Any

import pytest

from contract_tests.emulator.kit import Kie
from contract_tests.support.field_rule_cases import IMAGE_URL, RULE_VIOLATIONS, VALID_INPUTS, multi_shot
from klingkit.emulator.apis.kie._models import sample_video

MODEL = "kling-3.0/video"


@pytest.mark.parametrize(("fields", "input_fields", "_"), RULE_VIOLATIONS)
def test_an_input_that_breaks_a_rule_is_refused_and_its_field_is_named(
    fields: str, input_fields: dict[str, Any], _: str
) -> None:
    api = Kie()
    message = api.message(api.create({"model": MODEL, "input": input_fields}), "value")
    assert all(name.rpartition(".")[2] in message for name in fields.split(", "))


@pytest.mark.parametrize("input_fields", VALID_INPUTS)
def test_an_input_at_the_limits_of_the_rules_is_accepted(input_fields: dict[str, Any]) -> None:
    assert Kie().create_task({"model": MODEL, "input": input_fields}).startswith("task_kling_")


@pytest.mark.parametrize(("sound", "has_sound"), [({}, True), ({"sound": True}, True)])
def test_several_shots_have_sound(sound: dict[str, Any], has_sound: bool) -> None:
    assert sample_video(multi_shot(image_urls=[IMAGE_URL], **sound)).sound is has_sound
