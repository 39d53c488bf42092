"""The one logger, `klingkit`: a text for people, and the same facts as fields for machines."""

from __future__ import annotations

import logging
from typing import Any, Final

from klingkit._errors import KlingkitError
from klingkit._text import MAX_QUOTE, printable

__all__ = ["log_event"]

LOG: Final = logging.getLogger("klingkit")


def log_event(
    level: int, event: str, text: str, *args: object, cause: BaseException | None = None, **fields: Any
) -> None:
    """Log an event. The record has its fields in `record.klingkit`: `event`, and the given ones that are not None.

    References are logged as text; an error as its class name, the vendor's code, and `again`. No text holds control
    characters, or more than a few hundred of a vendor's.
    """
    known = {name: value for name, value in fields.items() if value is not None}
    for name, value in known.items():
        if isinstance(value, KlingkitError):
            known[name] = {"kind": type(value).__name__, "code": value.code, "again": value.again}
        elif not isinstance(value, int | float | bool):
            known[name] = _shown(value)
    shown = [each if isinstance(each, int | float) else _shown(each) for each in args]
    LOG.log(level, text, *shown, exc_info=cause, stacklevel=2, extra={"klingkit": {"event": event, **known}})


def _shown(value: object) -> str:
    """Return the text of an error, which is short already, or of anything else, which is cut."""
    return str(value) if isinstance(value, KlingkitError) else printable(str(value), 2 * MAX_QUOTE)
