# Written by `make generate` from openapi/kie.yaml; never edited by hand.
from typing import Literal

Kling3MotionControlBackgroundSource = Literal["input_image", "input_video"]
