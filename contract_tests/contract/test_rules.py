"""Tests of the contract's verdicts on rules between fields."""

from typing import Any

import httpx
import pytest

from contract_tests.contract.test_contract import KIE_CONTRACT, create_request
from contract_tests.support.field_rule_cases import RULE_VIOLATIONS, VALID_INPUTS


def request_with_input(input_fields: dict[str, Any]) -> httpx.Request:
    return create_request("kie", {"model": "kling-3.0/video", "input": input_fields})


@pytest.mark.parametrize(("fields", "input_fields", "_"), RULE_VIOLATIONS)
def test_a_request_that_breaks_a_rule_violates_the_spec_in_the_named_field(
    fields: str, input_fields: dict[str, Any], _: str
) -> None:
    violations = {
        str(violation.where): violation.problem for violation in KIE_CONTRACT.request(request_with_input(input_fields))
    }
    expected = [f"input.{name}".replace("[0]", ".0") for name in fields.split(", ")]
    assert expected[0] in violations
    if "duration" in fields or ("start_time" in fields and "end_time" in fields):
        assert violations.keys() == {*expected}


@pytest.mark.parametrize("input_fields", VALID_INPUTS)
def test_a_request_at_the_limits_of_the_rules_violates_nothing(input_fields: dict[str, Any]) -> None:
    assert KIE_CONTRACT.request(request_with_input(input_fields)) == []
