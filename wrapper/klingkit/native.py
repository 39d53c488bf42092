"""The native Kling API (document 001): `Native` and the requests it takes.

`Text2Video` is what the document says: wrong types, lengths and choices are refused with a `ValueError` that names
field, limit and value, when it is made and when it is changed. `Job` is the unchecked way to any other model.
"""

from klingkit._models import Job
from klingkit.providers.native import Native, NativeRequest
from klingkit_api.native.models import Camera, CameraConfig, Text2Video

__all__ = ["Camera", "CameraConfig", "Job", "Native", "NativeRequest", "Text2Video"]
