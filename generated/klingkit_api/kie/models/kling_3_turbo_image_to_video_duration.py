# Written by `make generate` from openapi/kie.yaml; never edited by hand.
from typing import Literal

Kling3TurboImageToVideoDuration = Literal[
    "10", "11", "12", "13", "14", "15", "3", "4", "5", "6", "7", "8", "9"
]
