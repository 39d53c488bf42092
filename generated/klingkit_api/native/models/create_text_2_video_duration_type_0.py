# Written by `make generate` from openapi/native.yaml; never edited by hand.
from typing import Literal

CreateText2VideoDurationType0 = Literal[5, 10]
