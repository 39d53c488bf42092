"""Tests of the package: its public names, and the error without its extra."""

import sys

import pytest

from klingkit import emulator as emulator_package


@pytest.mark.parametrize("missing", ["starlette", "uvicorn"])
def test_without_its_extra_it_reports_what_to_install(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == missing or name.startswith("klingkit.emulator")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ImportError, match=r'pip install "klingkit\[emulator\]"'):
        __import__("klingkit.emulator")


def test_all_public_names_can_be_imported() -> None:
    assert "Emulator" in dir(emulator_package)
    assert all(getattr(emulator_package, name) for name in dir(emulator_package))
    with pytest.raises(AttributeError, match="no attribute 'Simulator'"):
        emulator_package.Simulator  # noqa: B018 - the access is the test
