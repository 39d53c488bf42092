"""The exceptions of generated code: a value that its field does not allow, and an unreadable response."""

import reprlib
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Protocol, cast

__all__ = ["InvalidValue", "ResponseParseError", "reading", "unreadable"]

EXCERPT = 200  # characters of an unreadable response that its error keeps


class InvalidValue(ValueError):
    """A value that its field does not allow; `field` is its wire name, as in ``input.image_urls[0]`` where nested."""

    def __init__(self, field: str, limit: str, value: object) -> None:
        super().__init__(field, limit, value)
        self.field = field
        self.limit = limit
        self.value = value

    def __str__(self) -> str:
        shown = _abridged(self.value)
        if self.limit.endswith(" items"):
            shown = f"{len(cast('Sequence[object]', self.value))}: {shown}"
        return f"{self.field or 'the value'} must be {self.limit}, not {shown}"

    def under(self, parent: str) -> "InvalidValue":
        """Return the same error with the field named from the object that holds it."""
        dot = "." if self.field and not self.field.startswith("[") else ""
        field = f"{parent}{dot}{self.field}"
        return InvalidValue(field, self.limit, self.value)


class ResponseParseError(ValueError):
    """A response that cannot be read: not JSON, not the declared shape or not a declared status."""

    def __init__(self, status_code: int, reason: str, excerpt: str) -> None:
        super().__init__(status_code, reason, excerpt)
        self.status_code = status_code
        self.reason = reason
        self.excerpt = excerpt

    def __str__(self) -> str:
        return f"unreadable response, HTTP {self.status_code}: {self.reason}: {self.excerpt!r}"


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


_repr = reprlib.Repr()
_repr.maxstring = 60


def _abridged(value: object) -> str:
    shown = _repr.repr(value)
    if isinstance(value, str) and len(value) > _repr.maxstring:
        return f"{shown} ({len(value)} characters)"
    return shown
