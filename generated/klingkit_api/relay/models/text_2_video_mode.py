# Written by `make generate` from openapi/relay.yaml; never edited by hand.
from typing import Literal

Text2VideoMode = Literal["pro", "std"]
