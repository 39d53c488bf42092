# Written by `make generate` from openapi/kie.yaml; never edited by hand.
from typing import Literal

Kling26MotionControlCharacterOrientation = Literal["image", "video"]
