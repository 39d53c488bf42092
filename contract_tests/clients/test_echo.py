"""Tests that a server which echoes the key everywhere that h11, httpx and httpcore may quote it does not reveal it."""

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

from contract_tests.support.clients import EACH_CLIENT_KIND, open_client
from contract_tests.support.kie import API_KEY, CAT_REQUEST, TASK_REF
from contract_tests.support.leaks import LeakWatch
from contract_tests.support.scripted_server import ServerExchange, scripted_server
from klingkit import KlingkitError, _submit
from klingkit._flow import _redaction
from klingkit._flow._redaction import Secrets
from klingkit.kie import Kie

pytestmark = pytest.mark.anyio


def with_body(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def spellings_of(key: str) -> dict[str, str]:
    def escape_all(template: str) -> str:
        return "".join(template.format(ord(character)) for character in key)

    return {
        "plain": key,
        "upper": key.upper(),
        "swapped": key.swapcase(),
        "slash": key.replace("/", r"\/"),
        "json": escape_all(r"\u{:04x}"),
        "json-upper": escape_all(r"\u{:04X}").replace("U", "u"),
        "json-twice": json.dumps(escape_all(r"\u{:04x}"))[1:-1],
        "json-one": key.replace("/", r"\u002f"),
        "python": escape_all(r"\x{:02x}"),
        "url": escape_all("%{:02X}"),
        "url-one": quote(key, safe=""),
        "url-twice": escape_all("%25{:02x}"),
        "html": escape_all("&#{};"),
        "html-hex": escape_all("&#x{:x};"),
        "hex": key.encode().hex(),
        "base64": base64.b64encode(key.encode()).decode(),
        "base64-basic": base64.b64encode(f"Bearer {key}!".encode()).decode(),
        "base64-url": base64.urlsafe_b64encode(f"a{key}".encode()).decode(),
        "octal": escape_all(r"\{:03o}"),
        "octal-json": escape_all(r"\\{:o}"),
        "braces": escape_all(r"\u{{{:x}}}"),
        "long-json": escape_all(r"\U{:08x}"),
        "quoted-printable": escape_all("={:02X}"),
        "quoted-printable-one": f"key={key[:8]}={ord(key[8]):02X}{key[9:]}",
    }


MIXED_CASE_KEY: Final = "Sk-Abc/DEF+9zQ_kLm-8Rt5"
SPELLINGS: Final = spellings_of(API_KEY)

ECHOES: dict[str, Callable[[bytes], bytes]] = {
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


# The last two characters differ where a spelling is part of a longer base64 text, or is cut off.
SPELLING_PREFIXES: Final = [each.lower().rstrip("=")[:-2] for each in (*SPELLINGS.values(), API_KEY[:12], API_KEY[12:])]
MAIN_SPELLINGS: Final = ("plain", "json", "octal-json", "url", "base64", "quoted-printable-one")
"""One spelling of each kind: plain, escaped with one, two and no backslashes, encoded, and cut in two."""


def found_spellings(text: str) -> list[str]:
    """Return the spellings of the key, and of its halves, that a text contains, even with NULs between characters."""
    lower = text.lower().replace("\\x00", "").replace("\\\\", "\\").replace("\0", "")
    return [needle for needle in SPELLING_PREFIXES if needle in lower]


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch):
    """Send a paid request only once, and do not search for its task."""
    monkeypatch.setattr(_submit, "RETRY_PAUSES", ())
    monkeypatch.setattr(_submit, "SEARCH_PAUSES", ())


@EACH_CLIENT_KIND
@pytest.mark.parametrize("echo_name", ECHOES)
async def test_an_echoed_key_appears_nowhere(kind: str, echo_name: str, no_leaks: LeakWatch, caplog):
    caplog.set_level(logging.DEBUG)
    echoed_keys: list[str] = []

    def echo(exchange: ServerExchange) -> None:
        exchange.send(ECHOES[echo_name](echoed_keys[-1].encode()))

    with scripted_server(echo) as server:
        async with open_client(kind, Kie(API_KEY, server.url), pacing=None) as client:
            # Reading and redacting is the same code for all clients: one gets every spelling, the others some.
            for name in SPELLINGS if kind == "sync" else MAIN_SPELLINGS:
                echoed_keys.append(SPELLINGS[name])
                with pytest.raises(KlingkitError):
                    await client.get(TASK_REF, timeout=5.0)
                with suppress(KlingkitError):
                    assert (
                        name not in MAIN_SPELLINGS
                        or found_spellings(str(await client.submit(CAT_REQUEST, timeout=5.0))) == []
                    )
    texts = list(no_leaks.texts())
    if found_spellings("\n".join(text for _, text in texts)):
        assert [(where, spellings) for where, text in texts if (spellings := found_spellings(text))] == []
    assert found_spellings(caplog.text) == []


@pytest.mark.parametrize("key", [API_KEY, MIXED_CASE_KEY])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_is_redacted(spelling: str, key: str):
    redacted = Secrets(key).redact_text(f"before {spellings_of(key)[spelling]} after")
    assert re.fullmatch(r"before (key=|QmVhcmVyI..?|Y[VW])?\*\*\*[A-Za-z0-9]{0,2}=* after", redacted)


@pytest.mark.parametrize("key", [API_KEY, MIXED_CASE_KEY])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_spelling_that_is_cut_off_is_redacted(spelling: str, key: str):
    text = spellings_of(key)[spelling].encode()
    # From 5/8 on, each spelling holds more of the key than `HARMLESS_PREFIX`, in the longest encoding as well.
    for end in range(len(text) * 5 // 8, len(text)):
        redacted = Secrets(key).redact_prefix(b"before " + text[:end], 4096)
        assert len(redacted.partition(b"***")[2]) < 4, text[:end]  # at most the rest of a cut escape
        assert len(redacted) < len(b"before ") + 22  # a harmless prefix, a base64 head, and the mask


@pytest.mark.parametrize(
    "key", [r"sk-abc\def\ghi-1234567", r"sk-\x41bc-\145-1234567", r"sk-\u0041bc-1234567", "sk-%41bc-=41-1234567"]
)
def test_a_key_with_escapes_in_it_is_redacted_as_it_is_and_escaped(key: str):
    for echoed in (key, json.dumps(key), repr(key), json.dumps(json.dumps(key)), quote(key, safe="")):
        assert Secrets(key).redact_text(echoed).strip("'\"\\") == "***"


@pytest.mark.parametrize("key", ["\\" * 20, "\\" * 15 + "ok"])
def test_a_key_of_little_but_backslashes_masks_nothing_else(key: str):
    assert Secrets(key).redact_text("it is ok; look") == "it is ok; look"


def test_text_that_is_no_key_is_kept():
    text = r'{"msg": "50% \u00e9 & \\ \"x\" %41 &#65; ' + API_KEY[:8] + '"}'
    assert Secrets(API_KEY).redact_text(text) == text
    assert Secrets(API_KEY).redact_prefix(b"", 5) == b""
    assert Secrets("short").redact(b"short") == b"short"
    assert repr(Secrets(API_KEY)) == "***"


def test_a_long_text_with_an_escaped_key_is_redacted_quickly(monkeypatch):
    monkeypatch.setattr(_redaction, "LONGEST_EXACT", 100)  # take the fast way, which undoes all escapes
    began = time.monotonic()
    redacted = Secrets(API_KEY).redact(b"x" * 1_000_000 + SPELLINGS["json"].encode() + b"\\n")
    assert redacted[-8:] == b"xxxx***n"
    assert time.monotonic() - began < 10


def test_logs_of_httpx_are_redacted_only_during_an_exchange(caplog):
    logger = logging.getLogger("httpx")
    with _redaction.redacting_logs(Secrets(API_KEY)):
        logger.warning("sent %s", API_KEY)
        logger.warning("sent %s", 5)
    logger.warning("sent %s", 6)
    assert [(record.getMessage(), record.args) for record in caplog.records] == [
        ("sent ***", ()),
        ("sent 5", (5,)),
        ("sent 6", (6,)),
    ]
