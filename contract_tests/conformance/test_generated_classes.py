"""The generated classes take what their schemas allow, and a schema with another limit is noticed."""

import pytest

from scripts.checks.generated_classes import disagreements, models
from scripts.mutation.mutants import mutants
from scripts.specs.files import apis, load

SPECS = {api: load(api) for api in apis()}
COMPONENTS = "/components/schemas/"
LIMITS = {
    *("shift limit", "drop limit", "make limit exclusive", "drop choice", "add choice", "open choices"),
    *("change constant", "open constant", "drop default", "change default", "drop property", "toggle required"),
    *("open object", "close object", "forbid null", "change type"),
}
"""What mutants do to the limits that a class holds."""
HIDDEN = (
    *(": -0.001", ": 1.001"),
    *("Kling30Video/properties/prompt toggle required", "Kling30Video/properties/sound toggle required"),
    "Element/properties/end_time/type change type: number",
)
"""What the documents' check sees, and no single value: limits of cfg_scale, which is in tenths, and fields in rules."""

CLASSES = [(api, name) for api in SPECS for name in models(api)]


@pytest.mark.parametrize(("api", "name"), CLASSES)
def test_a_class_takes_what_its_schema_allows(api: str, name: str):
    assert [*disagreements(api, name, SPECS[api])] == []


@pytest.mark.parametrize("api", SPECS)
def test_a_schema_with_another_limit_is_noticed(api: str):
    """Without a value on either side of each limit, a class could be generated wrongly and no test would see."""
    changed = [
        (mutant, name)
        for mutant in mutants(SPECS[api])
        if mutant.operator in LIMITS and not str(mutant).endswith(HIDDEN)
        for name in [mutant.pointer.removeprefix(COMPONENTS).partition("/")[0]]
        if mutant.pointer.startswith(COMPONENTS) and name in models(api) and "x-" not in mutant.pointer
    ]
    assert len({mutant.operator for mutant, _ in changed}) > len(LIMITS) / 2
    assert [str(mutant) for mutant, name in changed if not any(disagreements(api, name, mutant.spec))] == []
