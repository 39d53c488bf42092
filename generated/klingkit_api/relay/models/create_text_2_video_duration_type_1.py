# Written by `make generate` from openapi/relay.yaml; never edited by hand.
from typing import Literal

CreateText2VideoDurationType1 = Literal["10", "5"]
