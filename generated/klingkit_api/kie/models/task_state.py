# Written by `make generate` from openapi/kie.yaml; never edited by hand.
from typing import Literal

TaskState = Literal["fail", "success", "waiting"]
