"""The specs, and verdicts by their schemas."""

from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

import jsonschema_rs
import pytest

from scripts.codegen.build import apis, load

Spec: TypeAlias = dict[str, Any]
Verdict: TypeAlias = Callable[[str, str, object], bool]


@pytest.fixture(params=apis())
def spec(request: pytest.FixtureRequest) -> Spec:
    """Each spec in turn."""
    return load(request.param)


@pytest.fixture(scope="session")
def specs() -> dict[str, Spec]:
    return {api: load(api) for api in apis()}


@pytest.fixture(scope="session")
def allows(specs: dict[str, Spec]) -> Verdict:
    """Whether a component schema of an API allows a value."""

    @cache
    def validator(api: str, name: str) -> jsonschema_rs.Draft202012Validator:
        schema = {"$ref": f"#/components/schemas/{name}", "components": specs[api]["components"]}
        return jsonschema_rs.Draft202012Validator(schema)

    return lambda api, name, value: validator(api, name).is_valid(value)
