"""The emulator's own reading of the rules between the fields of kling-3.0/video."""

from typing import Any

import pytest

from contract_tests.emulator.kit import Kie
from contract_tests.support.field_rule_cases import IMAGE_URL, RULE_VIOLATIONS, VALID_INPUTS, multi_shot
from klingkit.emulator.apis.kie._models import sample_video

MODEL = "kling-3.0/video"


@pytest.mark.parametrize(("fields", "given", "_"), RULE_VIOLATIONS)
def test_an_input_that_breaks_a_rule_is_refused_and_its_field_is_named(
    fields: str, given: dict[str, Any], _: str
) -> None:
    api = Kie()
    message = api.message(api.create({"model": MODEL, "input": given}), "value")
    assert all(name.rpartition(".")[2] in message for name in fields.split(", "))


@pytest.mark.parametrize("given", VALID_INPUTS)
def test_an_input_at_the_limits_of_the_rules_is_taken(given: dict[str, Any]) -> None:
    assert Kie().make({"model": MODEL, "input": given}).startswith("task_kling_")


@pytest.mark.parametrize(("sound", "heard"), [({}, True), ({"sound": True}, True)])
def test_several_shots_have_sound(sound: dict[str, Any], heard: bool) -> None:
    assert sample_video(multi_shot(image_urls=[IMAGE_URL], **sound)).sound is heard
