"""What the package offers, and what importing it costs."""

import importlib
import subprocess
import sys

import pytest

import klingkit

PUBLIC = ["klingkit", "klingkit.callbacks", "klingkit.emulator", "klingkit.kie", "klingkit.native", "klingkit.relay"]


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names_are_sorted_and_exist(name: str):
    module = importlib.import_module(name)
    assert list(module.__all__) == sorted(module.__all__)
    assert all(getattr(module, public) is not None for public in module.__all__)
    assert set(module.__all__) <= set(dir(module))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'Clinet'"):
        klingkit.Clinet  # noqa: B018


def test_importing_loads_nothing_heavy():
    """A service that only mentions klingkit pays nothing for it."""
    code = "import klingkit, sys; print(sorted({'httpx', 'attrs', 'anyio', 'starlette'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
