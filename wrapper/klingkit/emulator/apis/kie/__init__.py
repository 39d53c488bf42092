"""kie.ai's job API: as its documents say, and as observed."""

from collections.abc import Mapping

from klingkit.emulator.apis.kie._official import OfficialKie
from klingkit.emulator.apis.kie._service import Kie

SERVICES: Mapping[str, type[Kie]] = {"document": Kie, "official": OfficialKie}
"""Dialect -> its service; other dialects have that of the document."""
