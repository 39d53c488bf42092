# Written by `make generate` from openapi/relay.yaml; never edited by hand.
"""Contains all the data models used in inputs/outputs"""

from .camera import Camera
from .camera_config import CameraConfig
from .create_text_2_video import CreateText2Video
from .create_text_2_video_aspect_ratio import CreateText2VideoAspectRatio
from .create_text_2_video_duration_type_0 import CreateText2VideoDurationType0
from .create_text_2_video_duration_type_1 import CreateText2VideoDurationType1
from .create_text_2_video_mode import CreateText2VideoMode
from .create_text_2_video_model_name import CreateText2VideoModelName
from .error_response import ErrorResponse
from .response_code import ResponseCode
from .task_callback import TaskCallback
from .task_info import TaskInfo
from .task_response import TaskResponse
from .task_result import TaskResult
from .task_status import TaskStatus
from .task_video import TaskVideo
from .text_2_video import Text2Video
from .text_2_video_aspect_ratio import Text2VideoAspectRatio
from .text_2_video_duration import Text2VideoDuration
from .text_2_video_mode import Text2VideoMode
from .text_2_video_model_name import Text2VideoModelName
from .text_2_video_response import Text2VideoResponse
from .wire_camera import WireCamera
from .wire_camera_config import WireCameraConfig
from .wire_camera_move import WireCameraMove
from .wire_camera_move_type import WireCameraMoveType

__all__ = (
    "Camera",
    "CameraConfig",
    "CreateText2Video",
    "CreateText2VideoAspectRatio",
    "CreateText2VideoDurationType0",
    "CreateText2VideoDurationType1",
    "CreateText2VideoMode",
    "CreateText2VideoModelName",
    "ErrorResponse",
    "ResponseCode",
    "TaskCallback",
    "TaskInfo",
    "TaskResponse",
    "TaskResult",
    "TaskStatus",
    "TaskVideo",
    "Text2Video",
    "Text2VideoAspectRatio",
    "Text2VideoDuration",
    "Text2VideoMode",
    "Text2VideoModelName",
    "Text2VideoResponse",
    "WireCamera",
    "WireCameraConfig",
    "WireCameraMove",
    "WireCameraMoveType",
)
