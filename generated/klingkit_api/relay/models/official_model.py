# Written by `make generate` from openapi/relay.yaml; never edited by hand.
from typing import Literal

OfficialModel = Literal[
    "kling-v1",
    "kling-v1-5",
    "kling-v1-6",
    "kling-v2-1-master",
    "kling-v2-5-turbo",
    "kling-v2-6",
    "kling-v2-master",
]
