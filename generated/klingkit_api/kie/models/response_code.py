# Written by `make generate` from openapi/kie.yaml; never edited by hand.
from typing import Literal

ResponseCode = Literal[200, 400, 401, 402, 404, 422, 429, 433, 455, 500, 501, 505]
