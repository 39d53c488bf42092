"""The adapter of the native text2video API (document 001)."""

from __future__ import annotations

from typing import ClassVar, TypeAlias

from klingkit._models import Job
from klingkit.providers import _common as common
from klingkit.providers._dialects import Dialect
from klingkit.providers._official import Official
from klingkit.providers._payloads import OfficialPayloads, Payloads
from klingkit_api.native.models import Text2Video

__all__ = ["Native", "NativeRequest"]

NativeRequest: TypeAlias = Text2Video | Job


class Native(Official[Text2Video]):
    """The native API: its key (or KLING_API_KEY), its host (or KLING_BASE_URL; 001 names none), an account name.

    The account name is one of your own, kept in references where you use several accounts.

    The official hosts accept two kinds of keys: a plain one, and an access key with a secret (KLING_ACCESS_KEY and
    KLING_SECRET_KEY), which signs a token for each half hour; that needs the extra `jwt`.

    `dialect` is how requests are written: "document", as 001 has them, or "official", as the official hosts expect
    them: durations as strings, a camera's config only with `simple`. None: by the host. Document 001 is a third party's
    rewrite of the official ones. `external_ids=True` gives every task an external id, by which it is searched for if
    the response to its submission is lost.

    Raises:
        ConfigurationError: The key or the host is missing, or an argument cannot be used.
    """

    name = "native"
    variables = "KLING"
    hosts = "https://api-singapore.klingai.com, or in China https://api-beijing.klingai.com"
    path = "/v1/videos/text2video"
    typed = Text2Video
    payloads: ClassVar[Payloads] = OfficialPayloads("completed", enveloped=False)

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        account: str | None = None,
        *,
        access_key: str | None = None,
        secret_key: str | None = None,
        dialect: Dialect | None = None,
        external_ids: bool = False,
    ) -> None:
        auth = common.signing(api_key, access_key, secret_key, self.variables)
        super().__init__(api_key, base_url, account, dialect=dialect, external_ids=external_ids, auth=auth)
