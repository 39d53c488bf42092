# Written by `make generate` from openapi/native.yaml; never edited by hand.
from typing import Literal

Text2VideoAspectRatio = Literal["16:9", "1:1", "2:3", "3:2", "3:4", "4:3", "9:16"]
