# Written by `make generate` from openapi/relay.yaml; never edited by hand.
from typing import Literal

ResponseCode = Literal[
    0,
    1000,
    1001,
    1002,
    1003,
    1004,
    1100,
    1101,
    1102,
    1103,
    1200,
    1201,
    1202,
    1203,
    1300,
    1301,
    1302,
    1303,
    1304,
    5000,
    5001,
    5002,
]
