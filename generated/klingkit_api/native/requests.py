# Written by `make generate` from openapi/native.yaml; never edited by hand.
"""The requests of createText2Video, with their choices."""

from .models.camera import Camera
from .models.camera_config import CameraConfig
from .models.camera_type import CameraType
from .models.text_2_video import Text2Video
from .models.text_2_video_aspect_ratio import Text2VideoAspectRatio
from .models.text_2_video_duration import Text2VideoDuration
from .models.text_2_video_mode import Text2VideoMode
from .models.text_2_video_model_name import Text2VideoModelName

__all__ = [
    "Camera",
    "CameraConfig",
    "CameraType",
    "Text2Video",
    "Text2VideoAspectRatio",
    "Text2VideoDuration",
    "Text2VideoMode",
    "Text2VideoModelName",
]
