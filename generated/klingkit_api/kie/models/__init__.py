# Written by `make generate` from openapi/kie.yaml; never edited by hand.
"""Contains all the data models used in inputs/outputs"""

from .create_kling_3_motion_control import CreateKling3MotionControl
from .create_kling_3_turbo_image_to_video import CreateKling3TurboImageToVideo
from .create_kling_3_turbo_text_to_video import CreateKling3TurboTextToVideo
from .create_kling_21_master_image_to_video import CreateKling21MasterImageToVideo
from .create_kling_21_master_text_to_video import CreateKling21MasterTextToVideo
from .create_kling_21_pro import CreateKling21Pro
from .create_kling_21_standard import CreateKling21Standard
from .create_kling_25_turbo_pro import CreateKling25TurboPro
from .create_kling_25_turbo_pro_image_to_video import CreateKling25TurboProImageToVideo
from .create_kling_26_image_to_video import CreateKling26ImageToVideo
from .create_kling_26_motion_control import CreateKling26MotionControl
from .create_kling_26_text_to_video import CreateKling26TextToVideo
from .create_kling_30_video import CreateKling30Video
from .create_kling_avatar_pro import CreateKlingAvatarPro
from .create_kling_avatar_standard import CreateKlingAvatarStandard
from .create_task_response import CreateTaskResponse
from .created_task import CreatedTask
from .element import Element
from .error_response import ErrorResponse
from .json_object import JsonObject
from .kling_3_motion_control import Kling3MotionControl
from .kling_3_motion_control_background_source import (
    Kling3MotionControlBackgroundSource,
)
from .kling_3_motion_control_character_orientation import (
    Kling3MotionControlCharacterOrientation,
)
from .kling_3_motion_control_mode import Kling3MotionControlMode
from .kling_3_turbo_image_to_video import Kling3TurboImageToVideo
from .kling_3_turbo_image_to_video_duration import Kling3TurboImageToVideoDuration
from .kling_3_turbo_image_to_video_resolution import Kling3TurboImageToVideoResolution
from .kling_3_turbo_text_to_video import Kling3TurboTextToVideo
from .kling_3_turbo_text_to_video_aspect_ratio import Kling3TurboTextToVideoAspectRatio
from .kling_3_turbo_text_to_video_duration import Kling3TurboTextToVideoDuration
from .kling_3_turbo_text_to_video_resolution import Kling3TurboTextToVideoResolution
from .kling_21_master_image_to_video import Kling21MasterImageToVideo
from .kling_21_master_image_to_video_duration import Kling21MasterImageToVideoDuration
from .kling_21_master_text_to_video import Kling21MasterTextToVideo
from .kling_21_master_text_to_video_aspect_ratio import (
    Kling21MasterTextToVideoAspectRatio,
)
from .kling_21_master_text_to_video_duration import Kling21MasterTextToVideoDuration
from .kling_21_pro import Kling21Pro
from .kling_21_pro_duration import Kling21ProDuration
from .kling_21_standard import Kling21Standard
from .kling_21_standard_duration import Kling21StandardDuration
from .kling_25_turbo_pro import Kling25TurboPro
from .kling_25_turbo_pro_aspect_ratio import Kling25TurboProAspectRatio
from .kling_25_turbo_pro_duration import Kling25TurboProDuration
from .kling_25_turbo_pro_image_to_video import Kling25TurboProImageToVideo
from .kling_25_turbo_pro_image_to_video_duration import (
    Kling25TurboProImageToVideoDuration,
)
from .kling_26_image_to_video import Kling26ImageToVideo
from .kling_26_image_to_video_duration import Kling26ImageToVideoDuration
from .kling_26_motion_control import Kling26MotionControl
from .kling_26_motion_control_character_orientation import (
    Kling26MotionControlCharacterOrientation,
)
from .kling_26_motion_control_mode import Kling26MotionControlMode
from .kling_26_text_to_video import Kling26TextToVideo
from .kling_26_text_to_video_aspect_ratio import Kling26TextToVideoAspectRatio
from .kling_26_text_to_video_duration import Kling26TextToVideoDuration
from .kling_30_video import Kling30Video
from .kling_30_video_aspect_ratio import Kling30VideoAspectRatio
from .kling_30_video_duration import Kling30VideoDuration
from .kling_30_video_mode import Kling30VideoMode
from .kling_avatar_pro import KlingAvatarPro
from .kling_avatar_standard import KlingAvatarStandard
from .record_info import RecordInfo
from .record_info_response import RecordInfoResponse
from .response_code import ResponseCode
from .shot import Shot
from .task_callback import TaskCallback
from .task_param import TaskParam
from .task_result import TaskResult
from .task_state import TaskState

__all__ = (
    "CreatedTask",
    "CreateKling21MasterImageToVideo",
    "CreateKling21MasterTextToVideo",
    "CreateKling21Pro",
    "CreateKling21Standard",
    "CreateKling25TurboPro",
    "CreateKling25TurboProImageToVideo",
    "CreateKling26ImageToVideo",
    "CreateKling26MotionControl",
    "CreateKling26TextToVideo",
    "CreateKling30Video",
    "CreateKling3MotionControl",
    "CreateKling3TurboImageToVideo",
    "CreateKling3TurboTextToVideo",
    "CreateKlingAvatarPro",
    "CreateKlingAvatarStandard",
    "CreateTaskResponse",
    "Element",
    "ErrorResponse",
    "JsonObject",
    "Kling21MasterImageToVideo",
    "Kling21MasterImageToVideoDuration",
    "Kling21MasterTextToVideo",
    "Kling21MasterTextToVideoAspectRatio",
    "Kling21MasterTextToVideoDuration",
    "Kling21Pro",
    "Kling21ProDuration",
    "Kling21Standard",
    "Kling21StandardDuration",
    "Kling25TurboPro",
    "Kling25TurboProAspectRatio",
    "Kling25TurboProDuration",
    "Kling25TurboProImageToVideo",
    "Kling25TurboProImageToVideoDuration",
    "Kling26ImageToVideo",
    "Kling26ImageToVideoDuration",
    "Kling26MotionControl",
    "Kling26MotionControlCharacterOrientation",
    "Kling26MotionControlMode",
    "Kling26TextToVideo",
    "Kling26TextToVideoAspectRatio",
    "Kling26TextToVideoDuration",
    "Kling30Video",
    "Kling30VideoAspectRatio",
    "Kling30VideoDuration",
    "Kling30VideoMode",
    "Kling3MotionControl",
    "Kling3MotionControlBackgroundSource",
    "Kling3MotionControlCharacterOrientation",
    "Kling3MotionControlMode",
    "Kling3TurboImageToVideo",
    "Kling3TurboImageToVideoDuration",
    "Kling3TurboImageToVideoResolution",
    "Kling3TurboTextToVideo",
    "Kling3TurboTextToVideoAspectRatio",
    "Kling3TurboTextToVideoDuration",
    "Kling3TurboTextToVideoResolution",
    "KlingAvatarPro",
    "KlingAvatarStandard",
    "RecordInfo",
    "RecordInfoResponse",
    "ResponseCode",
    "Shot",
    "TaskCallback",
    "TaskParam",
    "TaskResult",
    "TaskState",
)
