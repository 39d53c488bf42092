# Written by `make generate` from openapi/kie.yaml; never edited by hand.
from typing import Literal

Kling30VideoMode = Literal["4K", "pro", "std"]
