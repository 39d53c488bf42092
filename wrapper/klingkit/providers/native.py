"""The native text2video API (document 001)."""

from __future__ import annotations

from typing import TypeAlias

from klingkit._models import Job
from klingkit.providers._official import Official
from klingkit_api.native.models import Text2Video

__all__ = ["Native", "NativeRequest"]

NativeRequest: TypeAlias = Text2Video | Job


class Native(Official[Text2Video]):
    """The native API: its key (or KLING_API_KEY), its host (or KLING_BASE_URL; 001 names none), an account name.

    `wire="official"` writes requests as the official hosts want them: durations as strings, a camera's config only
    with `simple`. Document 001 is a third party's rewrite of the official ones.

    Raises:
        ConfigurationError: The key or the host is missing, or an argument cannot be used.
    """

    name = "native"
    variables = "KLING"
    hosts = "https://api-singapore.klingai.com, or in China https://api-beijing.klingai.com"
    path = "/v1/videos/text2video"
    typed = Text2Video
