"""kie.ai's job API: as documents 000 (Kling 2.6), 002 (v2.1 Pro) and 003 (v2.5 Turbo Pro) say, and as observed."""

from klingkit.emulator.apis.kie._official import OfficialKie
from klingkit.emulator.apis.kie._service import Kie

__all__ = ["Kie", "OfficialKie"]
