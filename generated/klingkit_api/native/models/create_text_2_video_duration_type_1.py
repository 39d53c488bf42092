# Written by `make generate` from openapi/native.yaml; never edited by hand.
from typing import Literal

CreateText2VideoDurationType1 = Literal["10", "5"]
