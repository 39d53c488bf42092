"""The tables of contract_tests/specs as a check: each case is asked, of any spec."""

import re

import pytest

from contract_tests.specs.documented import REQUESTS
from scripts.checks.verdicts import BESIDE, TABLES, about, cases, problems
from scripts.mutation.mutants import replaced
from scripts.specs.files import ROOT, apis, load


@pytest.mark.parametrize("api", apis())
def test_the_specs_as_they_are_pass(api):
    assert problems(api, load(api)) == []


def test_every_table_is_asked():
    """Whatever takes the specs, or verdicts by them, is a table; what takes one at a time is a rule for all."""
    folder = ROOT / "contract_tests" / "specs"
    asking = re.compile(r"def test_\w+\((?:.*, )?(?:specs|allows|takes)\b")
    assert {path.stem for path in folder.glob("test_*.py") if asking.search(path.read_text())} == {*TABLES}


def test_every_case_is_about_some_api():
    assert {id(case) for api in apis() for case in about(api)} == {id(case) for case in cases()}


def test_a_parametrised_test_has_a_case_for_each_row():
    named = [
        case.name for case in cases() if case.test.__name__ == "test_its_fields" and case.arguments["it"] in REQUESTS
    ]
    assert named == [f"test_its_fields[{it}]" for it in REQUESTS]


def test_what_stays_beside_exists():
    """Otherwise a renamed test would be asked unawares."""
    tables = [path.read_text() for path in (ROOT / "contract_tests" / "specs").glob("test_*.py")]
    assert [name for name in BESIDE if not any(f"def {name}(" in table for table in tables)] == []


def test_a_changed_limit_is_noticed_by_those_who_know_it():
    spec = load("kie")
    changed = replaced(spec, "/components/schemas/Kling21Pro/properties/prompt/maxLength", 5001)
    assert {name.partition("[")[0] for name in problems("kie", changed)} == {"test_lengths_are_counted_in_code_points"}


def test_a_test_that_cannot_even_look_has_failed():
    spec = load("relay")
    without = {**spec, "paths": {}}
    assert "test_the_two_addresses[relay]: AssertionError" in "\n".join(problems("relay", without))
    assert "KeyError '/kling/v1/videos/text2video'" in "\n".join(problems("relay", without))
