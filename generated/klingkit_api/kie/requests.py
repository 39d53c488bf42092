# Written by `make generate` from openapi/kie.yaml; never edited by hand.
"""The requests of createTask: the model that each is for, and the body that carries it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from .models.create_kling_3_motion_control import CreateKling3MotionControl
from .models.create_kling_3_turbo_image_to_video import CreateKling3TurboImageToVideo
from .models.create_kling_3_turbo_text_to_video import CreateKling3TurboTextToVideo
from .models.create_kling_21_master_image_to_video import (
    CreateKling21MasterImageToVideo,
)
from .models.create_kling_21_master_text_to_video import CreateKling21MasterTextToVideo
from .models.create_kling_21_pro import CreateKling21Pro
from .models.create_kling_21_standard import CreateKling21Standard
from .models.create_kling_25_turbo_pro import CreateKling25TurboPro
from .models.create_kling_25_turbo_pro_image_to_video import (
    CreateKling25TurboProImageToVideo,
)
from .models.create_kling_26_image_to_video import CreateKling26ImageToVideo
from .models.create_kling_26_motion_control import CreateKling26MotionControl
from .models.create_kling_26_text_to_video import CreateKling26TextToVideo
from .models.create_kling_30_video import CreateKling30Video
from .models.create_kling_avatar_pro import CreateKlingAvatarPro
from .models.create_kling_avatar_standard import CreateKlingAvatarStandard
from .models.element import Element
from .models.kling_3_motion_control import Kling3MotionControl
from .models.kling_3_motion_control_background_source import (
    Kling3MotionControlBackgroundSource,
)
from .models.kling_3_motion_control_character_orientation import (
    Kling3MotionControlCharacterOrientation,
)
from .models.kling_3_motion_control_mode import Kling3MotionControlMode
from .models.kling_3_turbo_image_to_video import Kling3TurboImageToVideo
from .models.kling_3_turbo_image_to_video_duration import (
    Kling3TurboImageToVideoDuration,
)
from .models.kling_3_turbo_image_to_video_resolution import (
    Kling3TurboImageToVideoResolution,
)
from .models.kling_3_turbo_text_to_video import Kling3TurboTextToVideo
from .models.kling_3_turbo_text_to_video_aspect_ratio import (
    Kling3TurboTextToVideoAspectRatio,
)
from .models.kling_3_turbo_text_to_video_duration import Kling3TurboTextToVideoDuration
from .models.kling_3_turbo_text_to_video_resolution import (
    Kling3TurboTextToVideoResolution,
)
from .models.kling_21_master_image_to_video import Kling21MasterImageToVideo
from .models.kling_21_master_image_to_video_duration import (
    Kling21MasterImageToVideoDuration,
)
from .models.kling_21_master_text_to_video import Kling21MasterTextToVideo
from .models.kling_21_master_text_to_video_aspect_ratio import (
    Kling21MasterTextToVideoAspectRatio,
)
from .models.kling_21_master_text_to_video_duration import (
    Kling21MasterTextToVideoDuration,
)
from .models.kling_21_pro import Kling21Pro
from .models.kling_21_pro_duration import Kling21ProDuration
from .models.kling_21_standard import Kling21Standard
from .models.kling_21_standard_duration import Kling21StandardDuration
from .models.kling_25_turbo_pro import Kling25TurboPro
from .models.kling_25_turbo_pro_aspect_ratio import Kling25TurboProAspectRatio
from .models.kling_25_turbo_pro_duration import Kling25TurboProDuration
from .models.kling_25_turbo_pro_image_to_video import Kling25TurboProImageToVideo
from .models.kling_25_turbo_pro_image_to_video_duration import (
    Kling25TurboProImageToVideoDuration,
)
from .models.kling_26_image_to_video import Kling26ImageToVideo
from .models.kling_26_image_to_video_duration import Kling26ImageToVideoDuration
from .models.kling_26_motion_control import Kling26MotionControl
from .models.kling_26_motion_control_character_orientation import (
    Kling26MotionControlCharacterOrientation,
)
from .models.kling_26_motion_control_mode import Kling26MotionControlMode
from .models.kling_26_text_to_video import Kling26TextToVideo
from .models.kling_26_text_to_video_aspect_ratio import Kling26TextToVideoAspectRatio
from .models.kling_26_text_to_video_duration import Kling26TextToVideoDuration
from .models.kling_30_video import Kling30Video
from .models.kling_30_video_aspect_ratio import Kling30VideoAspectRatio
from .models.kling_30_video_duration import Kling30VideoDuration
from .models.kling_30_video_mode import Kling30VideoMode
from .models.kling_avatar_pro import KlingAvatarPro
from .models.kling_avatar_standard import KlingAvatarStandard
from .models.shot import Shot

__all__ = [
    "Element",
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
    "Shot",
]

Request: TypeAlias = (
    Kling26TextToVideo
    | Kling21Pro
    | Kling25TurboPro
    | Kling26ImageToVideo
    | Kling25TurboProImageToVideo
    | Kling21MasterTextToVideo
    | Kling21MasterImageToVideo
    | Kling21Standard
    | Kling3TurboTextToVideo
    | Kling3TurboImageToVideo
    | KlingAvatarStandard
    | KlingAvatarPro
    | Kling26MotionControl
    | Kling30Video
    | Kling3MotionControl
)
Body: TypeAlias = (
    CreateKling26TextToVideo
    | CreateKling21Pro
    | CreateKling25TurboPro
    | CreateKling26ImageToVideo
    | CreateKling25TurboProImageToVideo
    | CreateKling21MasterTextToVideo
    | CreateKling21MasterImageToVideo
    | CreateKling21Standard
    | CreateKling3TurboTextToVideo
    | CreateKling3TurboImageToVideo
    | CreateKlingAvatarStandard
    | CreateKlingAvatarPro
    | CreateKling26MotionControl
    | CreateKling30Video
    | CreateKling3MotionControl
)

MODELS: Final[Mapping[str, type[Request]]] = {
    "kling-2.6/text-to-video": Kling26TextToVideo,
    "kling/v2-1-pro": Kling21Pro,
    "kling/v2-5-turbo-text-to-video-pro": Kling25TurboPro,
    "kling-2.6/image-to-video": Kling26ImageToVideo,
    "kling/v2-5-turbo-image-to-video-pro": Kling25TurboProImageToVideo,
    "kling/v2-1-master-text-to-video": Kling21MasterTextToVideo,
    "kling/v2-1-master-image-to-video": Kling21MasterImageToVideo,
    "kling/v2-1-standard": Kling21Standard,
    "kling/v3-turbo-text-to-video": Kling3TurboTextToVideo,
    "kling/v3-turbo-image-to-video": Kling3TurboImageToVideo,
    "kling/ai-avatar-standard": KlingAvatarStandard,
    "kling/ai-avatar-pro": KlingAvatarPro,
    "kling-2.6/motion-control": Kling26MotionControl,
    "kling-3.0/video": Kling30Video,
    "kling-3.0/motion-control": Kling3MotionControl,
}
"""Name of a model -> the class of its requests."""

BODIES: Final[Mapping[type[Request], Callable[..., Body]]] = {
    Kling26TextToVideo: CreateKling26TextToVideo,
    Kling21Pro: CreateKling21Pro,
    Kling25TurboPro: CreateKling25TurboPro,
    Kling26ImageToVideo: CreateKling26ImageToVideo,
    Kling25TurboProImageToVideo: CreateKling25TurboProImageToVideo,
    Kling21MasterTextToVideo: CreateKling21MasterTextToVideo,
    Kling21MasterImageToVideo: CreateKling21MasterImageToVideo,
    Kling21Standard: CreateKling21Standard,
    Kling3TurboTextToVideo: CreateKling3TurboTextToVideo,
    Kling3TurboImageToVideo: CreateKling3TurboImageToVideo,
    KlingAvatarStandard: CreateKlingAvatarStandard,
    KlingAvatarPro: CreateKlingAvatarPro,
    Kling26MotionControl: CreateKling26MotionControl,
    Kling30Video: CreateKling30Video,
    Kling3MotionControl: CreateKling3MotionControl,
}
"""Class of a request -> the class of the body that names its model."""
