# Written by `make generate` from openapi/kie.yaml; never edited by hand.
from typing import Literal

Kling30VideoAspectRatio = Literal["16:9", "1:1", "9:16"]
