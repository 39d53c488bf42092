# Written by `make generate` from openapi/relay.yaml; never edited by hand.
from typing import Literal

TaskStatus = Literal["failed", "processing", "submitted", "succeed"]
