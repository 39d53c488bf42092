"""What the documents allow in a request, as data.

Sources: documents 000, 002, 003; each model's table is the input section of its own document.
The three ask for the same task in the same way; they differ in the fields of `input`, and in
what they say of `callBackUrl`: a string in 000, a URI in 002 and 003.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from klingkit.emulator._field_rules import Choice, Fields, Flag, Number, Rule, Text, Uri

RATIOS = Choice(("1:1", "16:9", "9:16"))
DURATIONS = Choice(("5", "10"))
CFG_SCALE = Number(0, 1, step="0.1")

# The film of a task that left these out: the default of 003, and of 002 and 003. In 002 the image
# decides on the ratio; the emulator fetches no image and takes the same.
RATIO = "16:9"
DURATION = "5"


def masked_hex(random: Random) -> str:
    """A task id like the one in 000, which shows the ends of a long hexadecimal number."""
    return f"{random.getrandbits(128):032x}"


def stamped(random: Random) -> str:
    """A task id like those in 002 and 003: thirteen digits."""
    return f"task_kling_{random.randrange(10**12, 10**13)}"


@dataclass(frozen=True)
class Model:
    """What one model takes, and what the ids of its tasks look like."""

    input: Fields
    callback: Rule
    draw_id: Callable[[Random], str]

    @property
    def body(self) -> Fields:
        """What a request for it must be as a whole."""
        return Fields({"model": Text(), "input": self.input}, {"callBackUrl": self.callback})


MODELS = {
    # 000 requires all four fields although it gives each a default.
    "kling-2.6/text-to-video": Model(
        Fields(
            required={
                "prompt": Text(1000),
                "sound": Flag(),
                "aspect_ratio": RATIOS,
                "duration": DURATIONS,
            },
            optional={},
        ),
        callback=Text(),
        draw_id=masked_hex,
    ),
    # 002's own sample sends an empty tail_image_url for none: nothing says that it must be a URI.
    "kling/v2-1-pro": Model(
        Fields(
            required={"prompt": Text(5000), "image_url": Text()},
            optional={
                "duration": DURATIONS,
                "negative_prompt": Text(500),
                "cfg_scale": CFG_SCALE,
                "tail_image_url": Text(),
            },
        ),
        callback=Uri(),
        draw_id=stamped,
    ),
    "kling/v2-5-turbo-text-to-video-pro": Model(
        Fields(
            required={"prompt": Text(2500)},
            optional={
                "duration": DURATIONS,
                "aspect_ratio": RATIOS,
                "negative_prompt": Text(2500),
                "cfg_scale": CFG_SCALE,
            },
        ),
        callback=Uri(),
        draw_id=stamped,
    ),
}
