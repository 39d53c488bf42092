"""The specs, and verdicts by their schemas."""

import pytest

from contract_tests.support.verdicts import Verdict, verdicts
from scripts.specs.files import apis, load
from scripts.specs.spec import Spec


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
    return verdicts(specs)
