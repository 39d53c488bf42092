"""The root of all errors, and those of generated code: a value that its field does not allow, an unreadable response.

The root is here, below the client, so that an invalid field of a request is an error of the client's family.
"""

from __future__ import annotations

import pickle
import reprlib
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, cast

from .text import MAX_QUOTE, printable

if TYPE_CHECKING:
    from klingkit._base import TaskRef  # the type of an attribute alone: nothing here needs the client

__all__ = ["Again", "InvalidRequest", "InvalidValue", "KlingkitError", "ResponseParseError", "reading", "unreadable"]

MAX_MESSAGE = 2000  # characters that the text of an error may have

MAX_VENDOR_MESSAGE = 10_000  # characters that are kept of a vendor's message

EXCERPT = 200  # characters of an unreadable response that its error keeps

Again: TypeAlias = Literal["pay", "ask", "never"]
"""What may be done after an error.

"pay": send the same request again, even if it costs money: nothing was created, and it may go through now or later.
"ask": send the query again, which costs nothing. "never": neither would help.
"""


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
        """The name of the API, as in a `TaskRef`."""
        self.code: int | str | None = code[:MAX_QUOTE] if isinstance(code, str) else code
        """The vendor's own code, as received."""
        self.vendor_message: str | None = vendor_message and vendor_message[:MAX_VENDOR_MESSAGE]
        """The vendor's own words as received, 10,000 characters at most; the text shows 300 of them, escaped."""
        self.http_status = http_status
        self.request_id: str | None = request_id and request_id[:MAX_QUOTE]
        """The vendor's id of the exchange, for their support."""
        self.retry_after = retry_after
        """Seconds that the service asks to wait."""
        self.ref = ref
        """The task concerned: from the moment it is known, no error loses it."""
        self.request = request
        """The typed request concerned, where no task is known yet."""


class InvalidRequest(KlingkitError, ValueError):
    """The request is wrong; refused here before anything was sent, or by the API (`code` is set)."""

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        limit: str | None = None,
        value: object = None,
        **known: Any,
    ) -> None:
        super().__init__(message, **known)
        self.field = field
        """The argument, or the field of the request by its wire name, as in ``image_urls[0]``; None: the API's word."""
        self.limit = limit
        """What it must be, in words."""
        self.value = value
        """What it was."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self.args, _picklable(vars(self)))


class InvalidValue(InvalidRequest):
    """A value that its field does not allow: raised when a request is made, and when a field is assigned."""

    def __init__(self, field: str, limit: str, value: object) -> None:
        super().__init__(_sentence(field, limit, value), field=field, limit=limit, value=value)

    def under(self, parent: str) -> InvalidValue:
        """Return the same error with the field, or each of several, named from the object that holds it."""
        inner, limit = (self.field or "").split(", "), self.limit or ""
        names = [f"{parent}{'.' if it and not it.startswith('[') else ''}{it}" for it in inner]
        return InvalidValue(", ".join(names), limit, self.value)


class ResponseParseError(KlingkitError, ValueError):
    """A response that cannot be read: not JSON, not the declared shape or not a declared status."""

    def __init__(self, status_code: int, reason: str, excerpt: str) -> None:
        super().__init__(f"unreadable response, HTTP {status_code}: {reason}: {excerpt!r}", http_status=status_code)
        self.status_code = status_code
        self.reason = reason
        self.excerpt = excerpt

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self.args, vars(self))


class Response(Protocol):
    """The parts of an HTTP response that an error needs."""

    status_code: int

    @property
    def content(self) -> bytes:
        """The whole body."""
        ...


@contextmanager
def reading(response: Response) -> Generator[None, None, None]:
    """Raise `ResponseParseError` for any error in the block, which parses the response."""
    try:
        yield
    except (ValueError, TypeError, RecursionError) as error:
        raise unreadable(response, str(error) or type(error).__name__) from error


def unreadable(response: Response, reason: str) -> ResponseParseError:
    """Return the error for an unreadable response."""
    start = response.content[: 4 * EXCERPT]  # a character takes four bytes at most
    return ResponseParseError(response.status_code, reason, start.decode(errors="replace")[:EXCERPT])


def _restored(kind: type[KlingkitError], args: tuple[Any, ...], known: dict[str, Any]) -> KlingkitError:
    """Return a copy of an error, whatever its own arguments are."""
    error = kind.__new__(kind, *args)
    vars(error).update(known)
    return error


def _picklable(known: dict[str, Any]) -> dict[str, Any]:
    """Return what is known of an invalid value; the value as text, if it cannot be pickled."""
    try:
        pickle.dumps(known["value"])
    except Exception:  # noqa: BLE001 - a value may be anything
        return {**known, "value": repr(known["value"])}
    return known


_repr = reprlib.Repr()
_repr.maxstring = 60


def _sentence(field: str, limit: str, value: object) -> str:
    shown = _abridged(value)
    if limit.endswith(" items"):
        shown = f"{len(cast('Sequence[object]', value))}: {shown}"
    return f"{field or 'the value'} must be {limit}, not {shown}"


def _abridged(value: object) -> str:
    shown = _repr.repr(value)
    if isinstance(value, str) and len(value) > _repr.maxstring:
        return f"{shown} ({len(value)} characters)"
    return shown
