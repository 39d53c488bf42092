"""The one logger, `klingkit`: a text for people, and the same facts as fields for machines."""

from __future__ import annotations

import logging
from typing import Any, Final

from klingkit._errors import KlingkitError

__all__ = ["log_event"]

LOG: Final = logging.getLogger("klingkit")


def log_event(
    level: int, event: str, text: str, *args: object, cause: BaseException | None = None, **fields: Any
) -> None:
    """Log an event. The record has its fields in `record.klingkit`: `event`, and the given ones that are not None.

    References are logged as text; an error as its class name, the vendor's code, and `again`.
    """
    known = {name: value for name, value in fields.items() if value is not None}
    for name, value in known.items():
        if isinstance(value, KlingkitError):
            known[name] = {"kind": type(value).__name__, "code": value.code, "again": value.again}
        elif not isinstance(value, str | int | float | bool):
            known[name] = str(value)
    LOG.log(level, text, *args, exc_info=cause, stacklevel=2, extra={"klingkit": {"event": event, **known}})
