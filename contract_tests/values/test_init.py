"""Tests of the public names, and of the cost of importing the package."""

import importlib
import pkgutil
import re
import subprocess
import sys
from importlib.metadata import version
from typing import Any, get_args

import attrs
import pytest

import klingkit
from klingkit._base import APIS

PUBLIC_MODULES = ["klingkit"] + [
    f"klingkit.{module.name}" for module in pkgutil.iter_modules(klingkit.__path__) if not module.name.startswith("_")
]
MODULE_BY_TYPE = {
    "AccessKey": "klingkit._auth",
    "AsyncClient": "klingkit._async_client",
    "Auth": "klingkit._auth",
    "Client": "klingkit._client",
    "Events": "klingkit._events",
    "TaskRef": "klingkit._base",
    "parse_callback": "klingkit._callbacks",
}


@pytest.mark.parametrize("name", PUBLIC_MODULES)
def test_public_names_are_sorted_and_exist(name: str):
    module = importlib.import_module(name)
    assert list(module.__all__) == sorted(module.__all__)
    assert all(getattr(module, public) is not None for public in module.__all__)
    assert set(module.__all__) <= set(dir(module))


def test_the_version_is_that_of_the_installed_package():
    assert klingkit.__version__ == version("klingkit")


def test_types_that_users_construct_are_public():
    """`Relay(auth=...)` and `client.wait(events=...)` take values of these types."""
    assert {name: getattr(klingkit, name).__module__ for name in MODULE_BY_TYPE} == MODULE_BY_TYPE
    assert get_args(klingkit.Again) == ("pay", "ask", "never")
    assert get_args(klingkit.Status) == ("queued", "running", "succeeded", "failed")


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'Clinet'"):
        klingkit.Clinet  # noqa: B018 - the access is the test


def test_importing_klingkit_loads_no_dependency():
    """A service that imports klingkit without using it must not load more."""
    code = "import klingkit, sys; print(sorted({'httpx', 'attrs', 'anyio', 'starlette'} & set(sys.modules)))"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert process.stdout.strip() == "[]"


def test_an_adapter_is_imported_without_its_requests():
    """To make their classes takes longer than to import all the rest; a program that only waits needs none."""
    code = (
        "import sys; from klingkit import Client; from klingkit.kie import Kie; import klingkit.kie\n"
        "print('klingkit_api.kie.requests' in sys.modules, hasattr(klingkit.kie, '__path__'))\n"
        "from klingkit.kie import Kling21Pro, KieRequest, estimate\n"
        "print('Kling21Pro' in dir(klingkit.kie), hasattr(klingkit.kie, 'Kling99'))"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert process.stdout.split() == ["False", "False", "True", "False"]


def test_a_thread_that_missed_a_name_before_another_one_loaded_it_gets_it():
    """Python has looked for the name, in vain, before it calls `__getattr__`."""
    kie: Any = importlib.import_module("klingkit.kie")
    assert kie.__getattr__("estimate") is kie.estimate
    assert len(dir(kie)) == len(set(dir(kie)))


def test_a_request_of_the_generated_client_is_taken_too():
    """Its class may be all that is loaded of the requests."""
    code = (
        "from klingkit.kie import Kie; from klingkit_api.kie.models import Kling26TextToVideo\n"
        "print(Kie('any-key').submit(Kling26TextToVideo(prompt='a cat')).method)"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert process.stdout.strip() == "POST"


@pytest.mark.parametrize("api", APIS)
def test_every_type_that_a_request_names_is_importable_beside_it(api: str):
    """This holds for choices too: a service writes `ratio: Kling26TextToVideoAspectRatio`."""
    module, models = (importlib.import_module(name) for name in (f"klingkit.{api}", f"klingkit_api.{api}.models"))
    public_types = {name for name in module.__all__ if hasattr(models, name)}
    requests = [
        request_class for request_class in (getattr(models, name) for name in public_types) if attrs.has(request_class)
    ]
    annotated_names = {
        word
        for each in requests
        for request_class in each.__annotations__.values()
        for word in re.findall(r"\w+", request_class)
    }
    request_types = {name for name in annotated_names if hasattr(models, name)}
    assert any(name.endswith("Duration") for name in request_types)
    assert request_types <= public_types
