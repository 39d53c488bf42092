"""The relay of document 004: `Relay` and the requests it takes.

`Text2Video` is what the document says: wrong types, lengths and choices are refused with a `ValueError` that names
field, limit and value, when it is made and when it is changed. `Job` is the way past the document's limits, which are
tighter than the official ones, and to any other model.
"""

from klingkit._models import Job
from klingkit.providers.relay import Relay, RelayRequest
from klingkit_api.relay.models import Camera, CameraConfig, Text2Video

__all__ = ["Camera", "CameraConfig", "Job", "Relay", "RelayRequest", "Text2Video"]
