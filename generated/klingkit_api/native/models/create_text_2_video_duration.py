# Written by `make generate` from openapi/native.yaml; never edited by hand.
from typing import Literal

CreateText2VideoDuration = Literal[5, 10]
