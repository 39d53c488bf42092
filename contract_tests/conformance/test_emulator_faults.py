"""Who notices what is wrong with an emulator: every mistake is noticed by the check under whose name it stands."""

import pytest
from contract_tests.conformance.emulator_checks import CHECKS
from contract_tests.conformance.emulator_walk import KINDS, walk

from contract_tests.conformance.emulator_faults import FAULTS, Fault

MISTAKES = [(api, fault) for api, kind in KINDS.items() for fault in FAULTS if kind in fault.kinds]
CALLS = {"callbacks_tell_of_each_change", "callbacks_are_what_the_spec_declares", "callbacks_say_what_a_question_would"}


@pytest.mark.parametrize(("api", "fault"), MISTAKES, ids=str)
def test_a_mistake_is_noticed(api: str, fault: Fault) -> None:
    noticed = walk(api, fault.spoil(KINDS[api]), fault.falsify(KINDS[api]), until=fault.check).faults
    assert fault.check in {found.check for found in noticed}


@pytest.mark.parametrize("api", KINDS)
def test_each_check_has_a_mistake_to_notice(api: str) -> None:
    names = {check.name for check in CHECKS if api == "kie" or not check.name.startswith("kies_")} | CALLS
    assert {fault.check for other, fault in MISTAKES if other == api} >= names - ONE_FORM[api]


ONE_FORM = {"kie": set[str](), "native": {"envelopes_have_exactly_these_fields"}, "relay": set[str]()}
"""Native answers have no envelope."""
