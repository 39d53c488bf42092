# Written by `make generate` from openapi/native.yaml; never edited by hand.
from typing import Literal

TaskStatus = Literal["completed", "failed", "processing", "submitted"]
