"""Kling's own text-to-video API at its own hosts (document 001)."""

from collections.abc import Mapping
from typing import Final

from klingkit.emulator.profiles._codes import GATEWAYS, OFFICIAL, KnownCode
from klingkit.emulator.profiles._profile import Profile
from klingkit.emulator.profiles._text2video import classify_below, prompt

PATH = "/v1/videos/text2video"

DOCUMENTED: Final[Mapping[int | str, KnownCode]] = {  # 001; 404: observed.md: native-not-found
    400: KnownCode(400, "A parameter is wrong."),
    401: KnownCode(401, "There is no such key."),
    403: KnownCode(403, "This is not allowed."),
    404: KnownCode(404, "There is no such task."),
    429: KnownCode(429, "Too many requests."),
    500: KnownCode(500, "Something went wrong inside."),
}

NATIVE: Final = Profile(
    variable="KLING",
    roots=("/v1/", "/account/"),  # the official hosts have the account beside the version
    classify=classify_below(PATH),
    prompt=prompt,
    # The documented codes come first, and their messages count.
    codes={
        **DOCUMENTED,
        **OFFICIAL,
        **GATEWAYS,
        **DOCUMENTED,
        "task_not_exist": KnownCode(400, "There is no such task."),
    },
    access_keys=True,
    failure_codes=False,
)
