"""The native Kling API (document 001): `Native` and the requests it takes.

`Text2Video` checks the limits of the document: a wrong type, length or choice raises a `ValueError` that names field,
limit and value, on construction and on assignment. `Job` sends any other model or parameter, unchecked.
"""

from klingkit._models import Job
from klingkit.providers.native import Native, NativeRequest
from klingkit_api.native.models import Camera, CameraConfig, Text2Video

__all__ = ["Camera", "CameraConfig", "Job", "Native", "NativeRequest", "Text2Video"]
