"""Tests that generated classes accept what their schemas allow, and that a schema with another limit is reported."""

import pytest

from scripts.checks.generated_classes import disagreements, models
from scripts.mutation.mutants import mutants
from scripts.specs.files import apis, load

SPECS = {api: load(api) for api in apis()}
COMPONENTS = "/components/schemas/"
LIMIT_OPERATORS = {
    *("shift limit", "drop limit", "make limit exclusive", "drop choice", "add choice", "open choices"),
    *("change constant", "open constant", "drop default", "change default", "drop property", "toggle required"),
    *("open object", "close object", "forbid null", "change type"),
}
"""Operators of mutants that change a limit that a class holds."""
UNDETECTED_MUTANTS = (
    *(": -0.001", ": 1.001"),
    *("Kling30Video/properties/prompt toggle required", "Kling30Video/properties/sound toggle required"),
    "Element/properties/end_time/type change type: number",
)
"""Mutants that only the check of documents reveals, no single value: limits of cfg_scale (tenths), fields in rules."""

CLASSES = [(api, name) for api in SPECS for name in models(api)]


@pytest.mark.parametrize(("api", "name"), CLASSES)
def test_a_class_accepts_what_its_schema_allows(api: str, name: str):
    assert [*disagreements(api, name, SPECS[api])] == []


@pytest.mark.parametrize("api", SPECS)
def test_a_schema_with_another_limit_is_reported(api: str):
    """Without a value on either side of each limit, a wrongly generated class would go unnoticed."""
    changed = [
        (mutant, name)
        for mutant in mutants(SPECS[api])
        if mutant.operator in LIMIT_OPERATORS and not str(mutant).endswith(UNDETECTED_MUTANTS)
        for name in [mutant.pointer.removeprefix(COMPONENTS).partition("/")[0]]
        if mutant.pointer.startswith(COMPONENTS) and name in models(api) and "x-" not in mutant.pointer
    ]
    assert len({mutant.operator for mutant, _ in changed}) > len(LIMIT_OPERATORS) / 2
    assert [str(mutant) for mutant, name in changed if not any(disagreements(api, name, mutant.spec))] == []
