"""The class of each API's adapter: one that is new is tested without being named."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from klingkit._base import APIS

ADAPTERS: Mapping[str, Callable[..., Any]] = {
    api: getattr(import_module(f"klingkit.{api}"), api.capitalize()) for api in APIS
}
