"""The public names, and the cost of importing the package."""

import importlib
import pkgutil
import subprocess
import sys
from typing import get_args

import pytest

import klingkit

PUBLIC = ["klingkit"] + [
    f"klingkit.{module.name}" for module in pkgutil.iter_modules(klingkit.__path__) if not module.name.startswith("_")
]
HOMES = {
    "AccessKey": "klingkit._auth",
    "Auth": "klingkit._auth",
    "Client": "klingkit._client",
    "Events": "klingkit._events",
    "TaskRef": "klingkit._base",
    "parse_callback": "klingkit._callbacks",
}


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names_are_sorted_and_exist(name: str):
    module = importlib.import_module(name)
    assert list(module.__all__) == sorted(module.__all__)
    assert all(getattr(module, public) is not None for public in module.__all__)
    assert set(module.__all__) <= set(dir(module))


def test_types_that_users_construct_are_public():
    """`Relay(auth=...)` and `client.wait(events=...)` take values of these types."""
    assert {name: getattr(klingkit, name).__module__ for name in HOMES} == HOMES
    assert get_args(klingkit.Again) == ("pay", "ask", "never")
    assert get_args(klingkit.Status) == ("queued", "running", "succeeded", "failed")


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'Clinet'"):
        klingkit.Clinet  # noqa: B018 - the access is the test


def test_importing_klingkit_loads_no_dependency():
    """A service that only mentions klingkit pays nothing for it."""
    code = "import klingkit, sys; print(sorted({'httpx', 'attrs', 'anyio', 'starlette'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
