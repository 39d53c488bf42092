"""Redact the key, however it is spelled, wherever a server or a library quotes it: in bodies, headers, errors, logs."""

from __future__ import annotations

import base64
import functools
import logging
import re
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Final

from klingkit._flow._bound import Bound

__all__ = ["Secrets", "redacting_logs"]

SHORTEST_SECRET: Final = 16
"""Characters that a key must have to be redacted where a response echoes it: shorter ones occur by chance."""

HARMLESS_PREFIX: Final = 3
"""Characters at the beginning of a key that reveal nothing of it."""

LONGEST_ESCAPE: Final = 12
"""Bytes that one escaped character takes, at most, where a text is cut off within a key."""

LONGEST_EXACT: Final = 262_144
"""Bytes of a text up to which it is kept as it is but for an escaped key, which is slow; in a longer one all escapes
are undone."""

LOGGERS: Final = tuple(
    name
    for version in ("", "2")
    for name in (
        f"httpx{version}",
        *(f"httpcore{version}.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")),
    )
)
"""The loggers of others that quote what a server sent; httpx2 can stand in for httpx."""

_HEX: Final = b"[0-9a-fA-F]{2}"

_ESCAPE: Final = (
    rb"(?<=\\)\\*(?:u00|x|U000000|u\{0*)(H)\}?|(?<=\\)\\*([0-3][0-7]{2}|[0-7]{2})"
    rb"|(?<=%)(?:25)*(H)|(?<=&)#[xX]0*(H);?|(?<=&)#0*([0-9]{2,3});?|(?<=[\\\0])[\\\0]*"
).replace(b"H", _HEX)

_ESCAPED: Final = re.compile(rb"[\\%&\0](?:" + _ESCAPE + rb")()")  # begins with a set, for which sre searches fast
"""A character that is escaped as in JSON, in Python, in URLs or in HTML; or what UTF-16 and escaping add to one."""

_QUOTED: Final = re.compile(rb"[\\%&\0=](?:" + _ESCAPE + rb"|(?<==)(" + _HEX + rb"))")
"""The same, and quoted-printable, in which a plain key after `key=` may be taken for an escape: both are tried."""

_CUT_ESCAPE: Final = re.compile(
    rb"(?:\\+(?:u0{0,6}[0-9a-f]?|u\{0*[0-9a-f]{0,2}|x[0-9a-f]?|[0-7]{0,2})|(?:%(?:25)*|=)[0-9a-f]?|&#?x?[0-9a-f]*)\Z",
    re.IGNORECASE,
)
"""The beginning of an escaped character at the end of a text."""

MASK: Final = b"***"


class Secrets:
    """The texts that belong to a key; the repr shows nothing.

    A text is recognised in any case, in base64 and hexadecimal, and with its characters escaped as in JSON, in Python,
    in URLs, in HTML or in quoted-printable, or in UTF-16; not in two of these at once, nor across line breaks.
    """

    def __init__(self, *texts: str) -> None:
        self._texts = sorted({text for text in texts if len(text) >= SHORTEST_SECRET}, key=len, reverse=True)

    def __repr__(self) -> str:
        return "***"

    def redact(self, data: bytes) -> bytes:
        """Return the data with each secret replaced by `***`."""
        for text in self._texts:
            data = _redacted(data, text)
        return data

    def redact_text(self, text: str) -> str:
        """Return a text with each secret replaced."""
        return self.redact(text.encode(errors="surrogatepass")).decode(errors="surrogatepass")

    def redact_prefix(self, data: bytes, size: int) -> bytes:
        """Return the first `size` bytes of data that may end anywhere, redacted: also a secret that is cut off."""
        data = self.redact(data)
        for text in self._texts:
            cut = max(_cut_off(data, form, escaped) for form in _forms(text) for escaped in (_ESCAPED, _QUOTED))
            data = data[: len(data) - cut] + MASK if cut else data
        return data[:size]


def _redacted(data: bytes, text: str) -> bytes:
    lower = data.lower()
    for form in _forms(text):
        if form in lower:
            data = re.sub(re.escape(form), MASK, data, flags=re.IGNORECASE)
    for escaped in (_ESCAPED, _QUOTED) if b"=" in data else (_ESCAPED,):
        data = _redacted_escapes(data, text, escaped)
    return data


def _redacted_escapes(data: bytes, text: str, escaped: re.Pattern[bytes]) -> bytes:
    plain = escaped.sub(_unescaped, data)
    if len(plain) == len(data):
        return data
    lower = plain.lower()
    for form in _forms(text):
        if form in lower:
            long = len(data) > LONGEST_EXACT
            pattern = re.escape(form) if long else _escaped(form)
            data = re.sub(pattern, MASK, plain if long else data, flags=re.IGNORECASE)
    return data


def _unescaped(match: re.Match[bytes]) -> bytes:
    """Return the character that was escaped; nothing for what surrounds one."""
    python, octal, url, entity, decimal, quoted = match.groups()
    code = int(python or url or entity or quoted or b"0", 16) or int(octal or b"0", 8) or int(decimal or b"0")
    return bytes([code]) if 0 < code < 256 else b""


def _cut_off(data: bytes, form: bytes, escaped: re.Pattern[bytes]) -> int:
    """Return how many bytes at the end of data are the beginning of a form of a secret, escaped or not."""
    tail = data[-LONGEST_ESCAPE * len(form) :]
    whole = _CUT_ESCAPE.sub(b"", tail)
    units = [(match.start(), match[0]) for match in re.finditer(escaped.pattern + b"|.", whole, re.DOTALL)]
    plain = [(start, escaped.sub(_unescaped, unit).lower()) for start, unit in units]
    plain = [(start, unit) for start, unit in plain if unit]
    text = b"".join(unit for _, unit in plain)
    for length in range(min(len(form) - 1, len(text)), HARMLESS_PREFIX, -1):
        if text.endswith(form[:length]):
            return len(tail) - plain[-length][0]
    return 0


@functools.lru_cache(64)
def _forms(text: str) -> tuple[bytes, ...]:
    """Return the spellings of a secret without escapes, in lower case; also of what is left where they are undone."""
    data = text.encode()
    plain = {escaped.sub(_unescaped, data) for escaped in (_ESCAPED, _QUOTED)}
    forms = {data, *(one for one in plain if len(one) >= SHORTEST_SECRET // 2), data.hex().encode(), *_base64(data)}
    return tuple(sorted({form.lower() for form in forms}, key=len, reverse=True))


def _base64(data: bytes) -> Iterator[bytes]:
    """Yield what is the same in base64 whatever stands before and after it, at each of the three alignments."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + data)
        first = -(-before * 8 // 6)
        last = (before + len(data)) * 8 // 6
        yield encoded[first:last]
        yield encoded[first:last].translate(bytes.maketrans(b"+/", b"-_"))


@functools.lru_cache(64)
def _escaped(form: bytes) -> bytes:
    """Return a pattern of a secret with any of its characters escaped."""
    return b"".join(map(_character, form))


def _character(value: int) -> bytes:
    cases = sorted({value, *bytes([value]).upper()})
    code, octal, decimal = (
        b"(?:%s)" % "|".join(format(case, to) for case in cases).encode() for to in ("02x", "o", "d")
    )
    python = rb"(?<=\\)(?:(?:u00|x|U000000)%s|u\{0*%s\}|0*%s)" % (code, code, octal)
    others = b"%%(?:25)*%s|=%s|&#(?:x0*%s|0*%s);?" % (code, code, code, decimal)
    return rb"[\0\\]*(?:%s|%s|%s)" % (re.escape(bytes([value])), python, others)


_QUOTING: Final = re.compile(r"(exception=\w*ProtocolError).*", re.DOTALL)
"""A log of httpcore about a response that is no HTTP: h11's error quotes it, and may quote half of a key."""

_REDACTING: Final[ContextVar[Secrets | None]] = ContextVar("klingkit_secrets", default=None)


def redacting_logs(secrets: Secrets) -> Bound[Secrets | None]:
    """Redact what httpx and httpcore log inside a block."""
    return Bound(_REDACTING, secrets)


def _redact_record(record: logging.LogRecord) -> bool:
    """Replace the text of a record if it shows a secret; a filter, which keeps every record."""
    if (secrets := _REDACTING.get()) is not None:
        text = record.getMessage()
        redacted = secrets.redact_text(_QUOTING.sub(r"\1", text))
        if redacted != text:
            record.msg, record.args = redacted, ()
    return True


for _name in LOGGERS:
    logging.getLogger(_name).addFilter(_redact_record)
