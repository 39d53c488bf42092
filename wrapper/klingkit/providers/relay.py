"""The adapter of a relay's text2video API (document 004)."""

from __future__ import annotations

from typing import ClassVar, TypeAlias

from klingkit._models import Job
from klingkit.providers._official import Official
from klingkit.providers._payloads import OfficialPayloads, Payloads
from klingkit_api.relay.models import Text2Video

__all__ = ["Relay", "RelayRequest"]

RelayRequest: TypeAlias = Text2Video | Job


class Relay(Official[Text2Video]):
    """A relay: its key (or KLING_RELAY_API_KEY), its host (or KLING_RELAY_BASE_URL; 004 names none), an account name.

    The account name is one of your own, kept in references where you use several accounts.

    `dialect="official"` writes requests in the official form: durations as strings, a camera's config only with its
    type `simple`. Some relays accept nothing else. `external_ids=True` gives every task an external id, by which it is
    searched for if the response to its submission is lost.

    Raises:
        ConfigurationError: The key or the host is missing, or an argument cannot be used.
    """

    name = "relay"
    variables = "KLING_RELAY"
    hosts = "the one your relay gave you with its key"
    path = "/kling/v1/videos/text2video"
    typed = Text2Video
    text_codes = True
    payloads: ClassVar[Payloads] = OfficialPayloads("succeed", enveloped=True)
