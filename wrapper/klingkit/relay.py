"""The relay of document 004: `Relay` and the requests it takes.

`Text2Video` checks the limits of the document: a wrong type, length or choice raises a `ValueError` that names field,
limit and value, on construction and on assignment. `Job` sends anything, unchecked: other models, and values that the
official API accepts beyond the document's tighter limits.
"""

from klingkit._models import Job
from klingkit.providers.relay import Relay, RelayRequest
from klingkit_api.relay.models import Camera, CameraConfig, Text2Video

__all__ = ["Camera", "CameraConfig", "Job", "Relay", "RelayRequest", "Text2Video"]
