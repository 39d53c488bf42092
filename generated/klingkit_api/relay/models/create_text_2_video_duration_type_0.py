# Written by `make generate` from openapi/relay.yaml; never edited by hand.
from typing import Literal

CreateText2VideoDurationType0 = Literal[5, 10]
