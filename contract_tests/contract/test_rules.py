"""The contract's verdicts on rules between fields."""

from typing import Any

import httpx
import pytest

from contract_tests.contract.test_contract import KIE, creation
from contract_tests.support.field_rule_cases import RULE_VIOLATIONS, VALID_INPUTS


def created(given: dict[str, Any]) -> httpx.Request:
    return creation("kie", {"model": "kling-3.0/video", "input": given})


@pytest.mark.parametrize(("fields", "given", "_"), RULE_VIOLATIONS)
def test_a_request_that_breaks_a_rule_violates_the_spec_in_the_field_that_is_named(
    fields: str, given: dict[str, Any], _: str
) -> None:
    found = {str(it.where): it.problem for it in KIE.request(created(given))}
    named = [f"input.{name}".replace("[0]", ".0") for name in fields.split(", ")]
    assert named[0] in found
    if "duration" in fields or ("start_time" in fields and "end_time" in fields):
        assert found.keys() == {*named}


@pytest.mark.parametrize("given", VALID_INPUTS)
def test_a_request_at_the_limits_of_the_rules_violates_nothing(given: dict[str, Any]) -> None:
    assert KIE.request(created(given)) == []
