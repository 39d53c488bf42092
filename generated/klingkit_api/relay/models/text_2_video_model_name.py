# Written by `make generate` from openapi/relay.yaml; never edited by hand.
from typing import Literal

Text2VideoModelName = Literal[
    "kling-v1", "kling-v1-5", "kling-v1-6", "kling-v2-5-turbo"
]
