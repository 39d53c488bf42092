# Written by `make generate` from openapi/relay.yaml; never edited by hand.
from typing import Literal

WireCameraMoveType = Literal[
    "down_back", "forward_up", "left_turn_forward", "right_turn_forward"
]
