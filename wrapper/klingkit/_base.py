"""The root of the errors, and the task reference: each needs the other, so they share the lowest module."""

from __future__ import annotations

import re
from typing import Any, Final, Literal, TypeAlias

from attrs import asdict, field, frozen

from klingkit._text import MAX_QUOTE, printable

__all__ = ["Again", "InvalidRequest", "KlingkitError", "Status", "TaskRef"]

Status: TypeAlias = Literal["queued", "running", "succeeded", "failed"]

Again: TypeAlias = Literal["pay", "ask", "never"]
"""What may be done after an error.

"pay": send the same request again, even if it costs money: nothing was created, and it may go through now or later.
"ask": send the query again, which costs nothing. "never": neither would help.
"""


MAX_MESSAGE: Final = 2000
"""Characters that the text of an error may have."""

MAX_VENDOR_MESSAGE: Final = 10_000
"""Characters that are kept of a vendor's message."""


class KlingkitError(Exception):
    """The root of all errors of this library; each attribute is None where it is not known."""

    again: Again = "never"
    """What may be done; by the vendor's code where there is one."""

    def __init__(
        self,
        message: str,
        *,
        api: str | None = None,
        code: int | str | None = None,
        vendor_message: str | None = None,
        http_status: int | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        ref: TaskRef | None = None,
        request: Any = None,
    ) -> None:
        super().__init__(printable(message, MAX_MESSAGE))
        self.api = api
        """Which API: "kie", "native", "relay"."""
        self.code = code[:MAX_QUOTE] if isinstance(code, str) else code
        """The vendor's own code, as received."""
        self.vendor_message = vendor_message and vendor_message[:MAX_VENDOR_MESSAGE]
        """The vendor's own words as received, at most 10,000 characters; the error's text shows 300, without control
        characters."""
        self.http_status = http_status
        self.request_id = request_id and request_id[:MAX_QUOTE]
        """The vendor's id of the exchange, for their support."""
        self.retry_after = retry_after
        """Seconds that the service asks to wait."""
        self.ref = ref
        """The task concerned: from the moment it is known, no error loses it."""
        self.request = request
        """The typed request concerned, where no task is known yet."""


class InvalidRequest(KlingkitError, ValueError):
    """The request is wrong; refused here before anything was sent, or by the API (`code` is set)."""


_REF: Final = re.compile(
    r"(?P<api>[a-z][a-z0-9-]*)(?:@(?P<account>[A-Za-z0-9._-]+))?:(?P<route>[a-z0-9-]+):(?P<id>.+)",
    re.DOTALL,
)
_MAX_ID: Final = 512


def _check_id(_: object, __: object, value: Any) -> None:
    """Refuse an id that no service issues, or that would change the path of a URL."""
    if not isinstance(value, str):
        raise InvalidRequest(f"task id: a string, not {value!r}")
    if value in {"", ".", ".."} or len(value) > _MAX_ID:
        raise InvalidRequest(f"task id: neither empty, '.', '..' nor over {_MAX_ID} characters, not {value[:80]!r}")
    if not value.isprintable() or " " in value:
        raise InvalidRequest(f"task id: printable characters without spaces, not {value[:80]!r}")


@frozen
class TaskRef:
    """Names one task of one API. Its text form is `<api>[@account]:<route>:<id>`.

    Store the text anywhere: `TaskRef.parse(str(ref)) == ref`, in this process or in another.

    Raises:
        InvalidRequest: A part has characters that the text form cannot hold, or the id is empty or too long.
    """

    api: str
    route: str
    id: str = field(validator=_check_id)
    account: str | None = None

    def __attrs_post_init__(self) -> None:
        match = _REF.fullmatch(str(self))
        if match is None or match.groupdict() != asdict(self):
            raise InvalidRequest(f"task reference: <api>[@account]:<route>:<id>, not {str(self)!r}")

    def __str__(self) -> str:
        account = "" if self.account is None else f"@{self.account}"
        return f"{self.api}{account}:{self.route}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> TaskRef:
        """Read a reference from its text form.

        Raises:
            InvalidRequest: The text is no task reference.
        """
        match = _REF.fullmatch(text) if isinstance(text, str) else None  # pyright: ignore[reportUnnecessaryIsInstance]
        if match is None:
            raise InvalidRequest(f"task reference: <api>[@account]:<route>:<id>, not {str(text)[:80]!r}")
        return cls(**match.groupdict())
