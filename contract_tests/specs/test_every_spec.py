"""Tests that every spec in openapi/ is OpenAPI 3.1 for all YAML readers; the check `lint` tests the further rules."""

import pytest

from scripts.specs.files import SPECS, apis, load
from scripts.specs.lint import rules as lint


@pytest.mark.parametrize("api", apis())
def test_the_spec_is_openapi_3_1(api):
    assert lint.validity(api, load(api)) == []


@pytest.mark.parametrize("api", apis())
def test_any_yaml_reader_reads_the_whole_spec(api):
    """Merge keys are not part of YAML 1.2: a reader without them would lose fields."""
    assert "<<:" not in (SPECS / f"{api}.yaml").read_text("utf-8")
