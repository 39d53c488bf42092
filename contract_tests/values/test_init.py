"""The public names, and the cost of importing the package."""

import importlib
import pkgutil
import re
import subprocess
import sys
from importlib.metadata import version
from typing import get_args

import attrs
import pytest

import klingkit
from klingkit._base import APIS

PUBLIC = ["klingkit"] + [
    f"klingkit.{module.name}" for module in pkgutil.iter_modules(klingkit.__path__) if not module.name.startswith("_")
]
HOMES = {
    "AccessKey": "klingkit._auth",
    "AsyncClient": "klingkit._async_client",
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


def test_the_version_is_that_of_the_installed_package():
    assert klingkit.__version__ == version("klingkit")


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


@pytest.mark.parametrize("api", APIS)
def test_every_type_that_a_request_names_is_importable_beside_it(api: str):
    """Choices too: a service writes `ratio: Kling26TextToVideoAspectRatio`."""
    module, models = (importlib.import_module(name) for name in (f"klingkit.{api}", f"klingkit_api.{api}.models"))
    known = {name for name in module.__all__ if hasattr(models, name)}
    requests = [kind for kind in (getattr(models, name) for name in known) if attrs.has(kind)]
    named = {word for each in requests for kind in each.__annotations__.values() for word in re.findall(r"\w+", kind)}
    types = {name for name in named if hasattr(models, name)}
    assert any(name.endswith("Duration") for name in types)
    assert types <= known
