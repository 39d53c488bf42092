"""Every spec in openapi/ is OpenAPI 3.1, for all readers; the check `lint` holds it to the rules."""

import pytest

from scripts.specs.files import SPECS, apis, load
from scripts.specs.lint import rules as lint


@pytest.mark.parametrize("api", apis())
def test_the_spec_is_openapi_3_1(api):
    assert lint.validity(api, load(api)) == []


@pytest.mark.parametrize("api", apis())
def test_any_yaml_reader_reads_the_whole_spec(api):
    """Merge keys are no part of YAML 1.2: readers without them miss what they bring."""
    assert "<<:" not in (SPECS / f"{api}.yaml").read_text("utf-8")
