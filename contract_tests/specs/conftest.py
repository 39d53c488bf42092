"""The specs, and verdicts by their schemas."""

from collections.abc import Callable
from typing import Any

import jsonschema_rs
import pytest

from scripts.codegen.build import apis, load

Spec = dict[str, Any]


@pytest.fixture(params=apis())
def spec(request: pytest.FixtureRequest) -> Spec:
    """Each spec in turn."""
    return load(request.param)


@pytest.fixture(scope="session")
def kie() -> Spec:
    return load("kie")


@pytest.fixture(scope="session")
def allows(kie: Spec) -> Callable[[str, object], bool]:
    """Whether a component schema of kie.ai allows a value."""

    def verdict(name: str, value: object) -> bool:
        schema = {"$ref": f"#/components/schemas/{name}", "components": kie["components"]}
        return jsonschema_rs.Draft202012Validator(schema).is_valid(value)

    return verdict
