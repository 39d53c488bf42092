# Written by `make generate` from openapi/native.yaml; never edited by hand.
from typing import Literal

CreateOfficialText2VideoAspectRatio = Literal["16:9", "1:1", "9:16"]
