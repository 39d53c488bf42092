# Written by `make generate` from openapi/native.yaml; never edited by hand.
from typing import Literal

CreateText2VideoModelName = Literal[
    "kling-v1-6", "kling-v2-1", "kling-v2-1-master", "kling-v2-master"
]
