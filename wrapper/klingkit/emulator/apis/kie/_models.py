"""The models of kie.ai and what their requests may contain: one row each.

The source of each row is the input section of the model's own document. A new model needs a row here, and
nothing else in the emulator.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from klingkit.emulator._field_rules import Choice, FieldRule, Fields, Flag, ListOf, Number, Text, Uri
from klingkit.emulator.apis.kie import _kling_30
from klingkit.emulator.tasks._sample_videos import SampleVideo

RATIOS = Choice(("1:1", "16:9", "9:16"))
DURATIONS = Choice(("5", "10"))
SECONDS = Choice(tuple(map(str, range(3, 16))))
RESOLUTIONS = Choice(("720p", "1080p"))
ORIENTATIONS = Choice(("image", "video"))
URI = Uri()
CFG_SCALE = Number(0, 1, step="0.1")

# Of a task whose request leaves these out: the default of 003, and of 002 and 003. In 002 the image
# decides on the ratio; the emulator fetches no image and takes the same.
RATIO = "16:9"
DURATION = "5"


@dataclass(frozen=True)
class Model:
    """The rules for the requests of one model.

    Attributes:
        required: the fields of `input` that it needs.
        optional: those that it may have.
        callback: the rule for `callBackUrl`: a URI, but in 000 any string.
        whole: the rule for `input` where fields depend on each other, in place of `required` and `optional`.
        id_prefix: task ids are this and thirteen digits; None: a long hexadecimal number, of which 000 shows the ends.
    """

    required: Mapping[str, FieldRule] = field(default_factory=dict[str, FieldRule])
    optional: Mapping[str, FieldRule] = field(default_factory=dict[str, FieldRule])
    callback: FieldRule = URI
    whole: FieldRule | None = None
    id_prefix: str | None = "task_kling_"

    @property
    def body(self) -> Fields:
        """The rule for the whole body of a request."""
        content = self.whole or Fields(self.required, self.optional)
        return Fields({"model": Text(), "input": content}, {"callBackUrl": self.callback})

    def draw_id(self, random: Random) -> str:
        """Draw the id of a new task."""
        if self.id_prefix is None:
            return f"{random.getrandbits(128):032x}"
        return f"{self.id_prefix}{random.randrange(10**12, 10**13)}"


MODELS: Mapping[str, Model] = {
    # 000 requires all four fields although it gives each a default.
    "kling-2.6/text-to-video": Model(
        required={"prompt": Text(1000), "sound": Flag(), "aspect_ratio": RATIOS, "duration": DURATIONS},
        callback=Text(),
        id_prefix=None,
    ),
    # 002's own sample sends an empty tail_image_url for none, so it need not be a URI.
    "kling/v2-1-pro": Model(
        required={"prompt": Text(5000), "image_url": Text()},
        optional={
            "duration": DURATIONS,
            "negative_prompt": Text(500),
            "cfg_scale": CFG_SCALE,
            "tail_image_url": Text(),
        },
    ),
    "kling/v2-5-turbo-text-to-video-pro": Model(
        required={"prompt": Text(2500)},
        optional={
            "duration": DURATIONS,
            "aspect_ratio": RATIOS,
            "negative_prompt": Text(2500),
            "cfg_scale": CFG_SCALE,
        },
    ),
    "kling-2.6/image-to-video": Model(
        required={"prompt": Text(1000), "image_urls": ListOf(URI, most=1), "sound": Flag(), "duration": DURATIONS},
    ),
    "kling/v2-5-turbo-image-to-video-pro": Model(
        required={"prompt": Text(2500), "image_url": Text()},
        optional={
            "tail_image_url": Text(),
            "duration": DURATIONS,
            "negative_prompt": Text(2496),
            "cfg_scale": CFG_SCALE,
        },
    ),
    "kling/v2-1-master-text-to-video": Model(
        required={"prompt": Text(5000)},
        optional={
            "duration": DURATIONS,
            "aspect_ratio": RATIOS,
            "negative_prompt": Text(500),
            "cfg_scale": CFG_SCALE,
        },
    ),
    "kling/v2-1-master-image-to-video": Model(
        required={"prompt": Text(5000), "image_url": Text()},
        optional={"duration": DURATIONS, "negative_prompt": Text(500), "cfg_scale": CFG_SCALE},
    ),
    "kling/v2-1-standard": Model(
        required={"prompt": Text(5000), "image_url": Text()},
        optional={"duration": DURATIONS, "negative_prompt": Text(500), "cfg_scale": CFG_SCALE},
    ),
    # 010 names the lengths only in words: 3 to 15 seconds.
    "kling/v3-turbo-text-to-video": Model(
        required={"prompt": Text(2500), "duration": SECONDS, "aspect_ratio": RATIOS, "resolution": RESOLUTIONS},
    ),
    # 011 does not say how many images there may be (observed.md: kie-turbo-image).
    "kling/v3-turbo-image-to-video": Model(
        required={
            "prompt": Text(2500),
            "image_urls": ListOf(URI, most=1),
            "duration": SECONDS,
            "resolution": RESOLUTIONS,
        },
    ),
    # 012 requires a prompt, which its own sample leaves empty.
    "kling/ai-avatar-standard": Model(
        required={"image_url": Text(), "audio_url": Text(), "prompt": Text(5000)},
    ),
    "kling/ai-avatar-pro": Model(
        required={"image_url": Text(), "audio_url": Text(), "prompt": Text(5000)},
    ),
    "kling-2.6/motion-control": Model(
        required={
            "input_urls": ListOf(URI, most=1),
            "video_urls": ListOf(URI, most=1),
            "character_orientation": ORIENTATIONS,
            "mode": RESOLUTIONS,
        },
        optional={"prompt": Text(2500)},
    ),
    "kling-3.0/video": Model(whole=_kling_30.Input()),
    # 015 has std and pro for a mode and sends 720p; it requires a callBackUrl, which clients leave out
    # (observed.md: kie-motion-mode, kie-motion-callback).
    "kling-3.0/motion-control": Model(
        required={"input_urls": ListOf(Text(), most=1), "video_urls": ListOf(Text(), most=1)},
        optional={
            "prompt": Text(2500),
            "mode": Choice(("std", "pro", "720p", "1080p")),
            "character_orientation": ORIENTATIONS,
            "background_source": Choice(("input_video", "input_image")),
        },
        callback=Text(),
    ),
}


UNKNOWN = Fields({"model": Text(), "input": Fields({}, {}, allow_unknown=True)}, {"callBackUrl": Text()})
"""The rule for a request of a model that no document names, where such models are accepted."""


def sample_video(content: Mapping[str, Any]) -> SampleVideo:
    """Return the video that fits the `input` of a request; of other ratios and lengths, the nearest there is.

    Where a video or an audio file decides on the length, it has the default: the emulator fetches none.
    """
    ratio, duration = content.get("aspect_ratio", RATIO), content.get("duration", DURATION)
    # Several shots have sound by default; an avatar sounds as its audio file does.
    sound = "audio_url" in content or content.get("sound", content.get("multi_shots")) is True
    return SampleVideo.nearest(ratio, duration, sound=sound)
