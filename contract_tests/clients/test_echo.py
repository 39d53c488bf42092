"""A server that echoes the key wherever h11, httpx and httpcore can quote it: it shows nowhere."""

import base64
import json
import logging
import re
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final
from urllib.parse import quote

import pytest

from contract_tests.support.clients import EACH_CLIENT, opened
from contract_tests.support.hostile import Exchange, hostile
from contract_tests.support.kie import CAT, KEY, REF
from contract_tests.support.leaks import Watch
from klingkit import KlingkitError, _submit
from klingkit._flow import _redaction
from klingkit._flow._redaction import Secrets
from klingkit.kie import Kie

pytestmark = pytest.mark.anyio


def with_body(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def spellings(key: str) -> dict[str, str]:
    def each(form: str) -> str:
        return "".join(form.format(ord(character)) for character in key)

    return {
        "plain": key,
        "upper": key.upper(),
        "swapped": key.swapcase(),
        "slash": key.replace("/", r"\/"),
        "json": each(r"\u{:04x}"),
        "json-upper": each(r"\u{:04X}").replace("U", "u"),
        "json-twice": json.dumps(each(r"\u{:04x}"))[1:-1],
        "json-one": key.replace("/", r"\u002f"),
        "python": each(r"\x{:02x}"),
        "url": each("%{:02X}"),
        "url-one": quote(key, safe=""),
        "url-twice": each("%25{:02x}"),
        "html": each("&#{};"),
        "html-hex": each("&#x{:x};"),
        "hex": key.encode().hex(),
        "base64": base64.b64encode(key.encode()).decode(),
        "base64-basic": base64.b64encode(f"Bearer {key}!".encode()).decode(),
        "base64-url": base64.urlsafe_b64encode(f"a{key}".encode()).decode(),
        "octal": each(r"\{:03o}"),
        "octal-json": each(r"\\{:o}"),
        "braces": each(r"\u{{{:x}}}"),
        "long-json": each(r"\U{:08x}"),
        "quoted-printable": each("={:02X}"),
        "quoted-printable-one": f"key={key[:8]}={ord(key[8]):02X}{key[9:]}",
    }


MIXED: Final = "Sk-Abc/DEF+9zQ_kLm-8Rt5"
SPELLINGS: Final = spellings(KEY)

WAYS: dict[str, Callable[[bytes], bytes]] = {
    "header-line": lambda key: b"HTTP/1.1 200 OK\r\nno colon " + key + b"\r\n\r\n",
    "header-name": lambda key: b"HTTP/1.1 200 OK\r\n" + key + b" : x\r\n\r\n",
    "header-value": lambda key: b"HTTP/1.1 200 OK\r\nX: \x00" + key + b"\r\n\r\n",
    "folded": lambda key: b"HTTP/1.1 200 OK\r\n " + key + b"\r\n\r\n",
    "two-lines": lambda key: b"HTTP/1.1 200 OK\r\nno " + key[:12] + b"\r\n" + key[12:] + b"\r\n\r\n",
    "status-line": lambda key: b"HTTP/1.1 " + key + b"\r\n\r\n",
    "version": lambda key: b"HTTP/" + key + b" 200 OK\r\n\r\n",
    "reason": lambda key: b"HTTP/1.1 401 " + key + b"\r\nContent-Length: 2\r\n\r\n{}",
    "length": lambda key: b"HTTP/1.1 200 OK\r\nContent-Length: " + key + b"\r\n\r\n",
    "lengths": lambda key: b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: " + key + b"\r\n\r\n",
    "transfer": lambda key: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: " + key + b"\r\n\r\n",
    "chunk": lambda key: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + key + b"\r\n",
    "trailer": lambda key: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + key + b"\r\n\r\n",
    "location": lambda key: b"HTTP/1.1 302 OK\r\nLocation: http://[" + key + b"/\r\nContent-Length: 0\r\n\r\n",
    "location-port": lambda key: b"HTTP/1.1 302 OK\r\nLocation: http://x:" + key + b"/\r\nContent-Length: 0\r\n\r\n",
    "encoding": lambda key: b"HTTP/1.1 200 OK\r\nContent-Encoding: " + key + b"\r\nContent-Length: 2\r\n\r\n{}",
    "charset": lambda key: (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/x; charset=" + key + b"\r\nContent-Length: 1\r\n\r\n{"
    ),
    "cookie": lambda key: b"HTTP/1.1 401 OK\r\nSet-Cookie: " + key + b"=1; Port=x\r\nContent-Length: 2\r\n\r\n{}",
    "request-id": lambda key: b"HTTP/1.1 401 OK\r\nX-Request-Id: " + key + b"\r\nContent-Length: 2\r\n\r\n{}",
    "retry-after": lambda key: b"HTTP/1.1 429 OK\r\nRetry-After: " + key + b"\r\nContent-Length: 2\r\n\r\n{}",
    "garbage": lambda key: key,
    "body": with_body,
    "cut-body": lambda key: b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + key,
    "message": lambda key: with_body(b'{"code": 401, "msg": "no key ' + key + b' here"}'),
    "code": lambda key: with_body(b'{"code": "' + key + b'"}'),
    "detail": lambda key: with_body(b'{"detail": {"' + key + b'": ["' + key + b'"]}}'),
    "task-id": lambda key: with_body(b'{"code": 200, "data": {"taskId": ["' + key + b'"]}}'),
    "other-task": lambda key: with_body(b'{"code":200,"data":{"taskId":"' + key + b'","state":"success"}}'),
    "utf-16": lambda key: with_body(
        b'{"code": 401, "msg": "'.decode().encode("utf-16-le") + key.decode().encode("utf-16-le")
    ),
    "broken-gzip": lambda key: (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(key) + key
    ),
}


NEEDLES: Final = [each.lower().rstrip("=")[:-2] for each in (*SPELLINGS.values(), KEY[:12], KEY[12:])]
OFTEN: Final = ("plain", "json", "octal-json", "url", "base64", "quoted-printable-one")
"""One spelling of each kind: in characters, escaped with one, two and no backslashes, encoded, and cut in two."""


def spelled(text: str) -> list[str]:
    """The spellings that a text shows, also across NULs, and halves of the key."""
    lower = text.lower().replace("\\x00", "").replace("\\\\", "\\").replace("\0", "")
    return [needle for needle in NEEDLES if needle in lower]


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(_submit, "RETRY_PAUSES", ())
    monkeypatch.setattr(_submit, "SEARCH_PAUSES", ())


@EACH_CLIENT
@pytest.mark.parametrize("way", WAYS)
async def test_an_echoed_key_shows_nowhere(kind: str, way: str, no_leaks: Watch, caplog):
    caplog.set_level(logging.DEBUG)
    made: list[str] = []

    def echo(exchange: Exchange) -> None:
        exchange.send(WAYS[way](made[-1].encode()))

    with hostile(echo) as server:
        async with opened(kind, Kie(KEY, server.url), pacing=None) as client:
            # Reading and redacting is the same code for all: one client gets every spelling, the others some.
            for name in SPELLINGS if kind == "sync" else OFTEN:
                made.append(SPELLINGS[name])
                with pytest.raises(KlingkitError):
                    await client.get(REF, timeout=5.0)
                with suppress(KlingkitError):
                    assert name not in OFTEN or spelled(str(await client.submit(CAT, timeout=5.0))) == []
    texts = list(no_leaks.texts())
    if spelled("\n".join(text for _, text in texts)):
        assert [(where, found) for where, text in texts if (found := spelled(text))] == []
    assert spelled(caplog.text) == []


@pytest.mark.parametrize("key", [KEY, MIXED])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_is_redacted(spelling: str, key: str):
    redacted = Secrets(key).redact_text(f"before {spellings(key)[spelling]} after")
    assert re.fullmatch(r"before (key=|QmVhcmVyI..?|Y[VW])?\*\*\*[A-Za-z0-9]{0,2}=* after", redacted)


@pytest.mark.parametrize("key", [KEY, MIXED])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_spelling_that_is_cut_off_is_redacted(spelling: str, key: str):
    text = spellings(key)[spelling].encode()
    for end in range(len(text) * 5 // 8, len(text)):
        redacted = Secrets(key).redact_prefix(b"before " + text[:end], 4096)
        assert len(redacted.partition(b"***")[2]) < 4, text[:end]
        assert len(redacted) < 29


def test_a_key_with_backslashes_is_redacted_as_it_is_and_escaped():
    key = r"sk-abc\def\ghi-1234567"
    for echoed in (key, json.dumps(key), json.dumps(json.dumps(key)), quote(key, safe="")):
        assert Secrets(key).redact_text(echoed).strip('"\\') == "***"


def test_what_is_no_key_is_kept():
    text = r'{"msg": "50% \u00e9 & \\ \"x\" %41 &#65; ' + KEY[:8] + '"}'
    assert Secrets(KEY).redact_text(text) == text
    assert Secrets(KEY).redact_prefix(b"", 5) == b""
    assert Secrets("short").redact(b"short") == b"short"
    assert repr(Secrets(KEY)) == "***"


def test_a_long_text_with_an_escaped_key_is_redacted_in_a_moment(monkeypatch):
    monkeypatch.setattr(_redaction, "LONGEST_EXACT", 100)
    began = time.monotonic()
    redacted = Secrets(KEY).redact(b"x" * 1_000_000 + SPELLINGS["json"].encode() + b"\\n")
    assert redacted[-8:] == b"xxxx***n"
    assert time.monotonic() - began < 10


def test_logs_of_others_are_redacted_during_an_exchange_alone(caplog):
    logger = logging.getLogger("httpx")
    with _redaction.redacting_logs(Secrets(KEY)):
        logger.warning("sent %s", KEY)
        logger.warning("sent %s", 5)
    logger.warning("sent %s", 6)
    assert [(record.getMessage(), record.args) for record in caplog.records] == [
        ("sent ***", ()),
        ("sent 5", (5,)),
        ("sent 6", (6,)),
    ]
