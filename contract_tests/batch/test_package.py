"""The extra."""

from __future__ import annotations

import importlib
import sys

import pytest


def test_without_sqlalchemy_the_extra_is_named(monkeypatch):
    batch = importlib.import_module("klingkit.batch")
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    with pytest.raises(ImportError, match=r"klingkit\[batch\]"):
        importlib.reload(batch)
