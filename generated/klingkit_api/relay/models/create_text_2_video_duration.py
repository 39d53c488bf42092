# Written by `make generate` from openapi/relay.yaml; never edited by hand.
from typing import Literal

CreateText2VideoDuration = Literal[5, 10]
