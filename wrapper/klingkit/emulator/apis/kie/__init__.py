"""kie.ai's job API: as its documents say, and as observed."""

from klingkit.emulator.apis.kie._official import OfficialKie
from klingkit.emulator.apis.kie._service import Kie
from klingkit.emulator.apis.kie._uploads import Uploads

__all__ = ["Kie", "OfficialKie", "Uploads"]
