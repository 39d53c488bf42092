# Written by `make generate` from openapi/relay.yaml; never edited by hand.
from typing import Literal

CreateOfficialText2VideoSound = Literal["off", "on"]
