"""The one logger, `klingkit`: lines for people, and the same as fields for machines."""

from __future__ import annotations

import logging
from typing import Any, Final

from klingkit._errors import KlingkitError

__all__ = ["log_event"]

LOG: Final = logging.getLogger("klingkit")


def log_event(
    level: int, event: str, text: str, *args: object, cause: BaseException | None = None, **fields: Any
) -> None:
    """Log an event. A record carries its fields as `record.klingkit`: `event`, and whatever else is known.

    References stand as text. An error tells its kind, and its code where the vendor gave one.
    """
    known = {name: value for name, value in fields.items() if value is not None}
    for name, value in known.items():
        if isinstance(value, KlingkitError):
            known[name] = {"kind": type(value).__name__, "code": value.code, "again": value.again}
        elif not isinstance(value, str | int | float | bool):
            known[name] = str(value)
    LOG.log(level, text, *args, exc_info=cause, stacklevel=2, extra={"klingkit": {"event": event, **known}})
