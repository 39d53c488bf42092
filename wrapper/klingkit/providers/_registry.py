"""The adapters of all APIs by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from klingkit._base import Api
from klingkit.providers._adapter import Adapter
from klingkit.providers.kie import Kie
from klingkit.providers.native import Native
from klingkit.providers.relay import Relay

__all__ = ["ADAPTERS"]

ADAPTERS: Final[Mapping[Api, type[Adapter]]] = {"kie": Kie, "native": Native, "relay": Relay}
