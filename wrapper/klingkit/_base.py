"""The root of the errors, which generated code shares, and the task reference."""

from __future__ import annotations

import re
from typing import Any, Final, Literal, TypeAlias, get_args

from attrs import asdict, field, frozen

from klingkit_api.errors import Again, InvalidRequest, KlingkitError

__all__ = ["APIS", "Again", "Api", "InvalidRequest", "KlingkitError", "Status", "TaskRef", "invalid"]

Api: TypeAlias = Literal["kie", "native", "relay"]
"""The names of the APIs. Each has its module in `klingkit` and in `klingkit.providers`."""

APIS: Final[tuple[Api, ...]] = get_args(Api)

Status: TypeAlias = Literal["queued", "running", "succeeded", "failed"]

MAX_SHOWN: Final = 200
"""Characters of an invalid value that its error shows."""


def invalid(field: str, limit: str, value: object) -> InvalidRequest:
    """Return the error of an invalid argument; its text names the field, the limit and the value."""
    shown = repr(value)
    shown = shown if len(shown) <= MAX_SHOWN else f"{shown[:MAX_SHOWN]}..."
    return InvalidRequest(f"{field}: {limit}, not {shown}", field=field, limit=limit, value=value)


_REF: Final = re.compile(
    r"(?P<api>[a-z][a-z0-9-]*)(?:@(?P<account>[A-Za-z0-9._-]+))?:(?P<route>[a-z0-9-]+):(?P<id>.+)",
    re.DOTALL,
)
_MAX_ID: Final = 512


def _check_id(_: object, __: object, value: Any) -> None:
    """Refuse an id that no service issues, or that would change the path of a URL."""
    if not isinstance(value, str):
        raise invalid("task id", "a string", value)
    if value in {"", ".", ".."} or len(value) > _MAX_ID:
        raise invalid("task id", f"neither empty, '.', '..' nor over {_MAX_ID} characters", value[:80])
    if not value.isprintable() or " " in value:
        raise invalid("task id", "printable characters without spaces", value[:80])


@frozen
class TaskRef:
    """Names one task of one API. Its text form is `<api>[@account]:<route>:<id>`.

    `api` names the adapter ("kie"), `account` the account if you have several, `route` the query that knows the task
    ("jobs", "text2video"), `id` is the service's own id. Store the text anywhere: `TaskRef.parse(str(ref)) == ref`, in
    this process or in another.

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
            raise invalid("task reference", "<api>[@account]:<route>:<id>", str(self))

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
            raise invalid("task reference", "<api>[@account]:<route>:<id>", str(text)[:80])
        return cls(**match.groupdict())
