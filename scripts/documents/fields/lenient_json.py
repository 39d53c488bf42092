"""Parse JSON with mistakes, as far as possible.

Samples in documents have comments, commas too many or too few, stray escapes and missing ends. That a sample is no JSON
is one fact; the fields that it shows nevertheless are others.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

_TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|(?P<token>"(?:[^"\\\n]|\\.)*"?|\'(?:[^\'\\\n]|\\.)*\'?|[{}\[\],:]|[^\s{}\[\],:"\']+)',
    re.DOTALL,
)
_COMMENT = re.compile(r'("(?:[^"\\\n]|\\.)*")|//(?![^\n]*"\w+"\s*:)[^\n]*|/\*(?!.*?"\w+"\s*:.*?\*/).*?\*/', re.DOTALL)
"""A text, or a remark; a field in a comment is none."""
_NAME = re.compile(r"[\w$@.-]+")
_ESCAPE = re.compile(r'\\(?!["\\/bfnrt]|u[0-9a-fA-F]{4})')
_NOTHING = object()


def loads(text: str) -> tuple[Any, bool]:
    """The data of a JSON text, and whether it is JSON."""
    for strict in (True, False):  # a break within a string is a mistake; a comment is none
        try:
            return json.loads(_COMMENT.sub(lambda found: found[1] or "", text), strict=strict), strict
        except ValueError:
            pass
    return parse_leniently(text), False


def parse_leniently(text: str) -> Any:
    """Parse a JSON text leniently; None if there is nothing in it."""
    value = _value(_Tokens(found["token"] for found in _TOKEN.finditer(text) if found["token"]))
    return None if value is _NOTHING else value


class _Tokens:
    """Tokens that can be looked at before they are taken."""

    def __init__(self, tokens: Iterator[str]) -> None:
        self._tokens = list(tokens)[::-1]

    @property
    def next(self) -> str:
        return self._tokens[-1] if self._tokens else ""

    def take(self) -> str:
        return self._tokens.pop()

    def skip(self, token: str) -> None:
        while self.next == token:
            self.take()


def _value(tokens: _Tokens) -> Any:
    match tokens.next:
        case "{":
            return _object(tokens)
        case "[":
            return _list(tokens)
        case "" | "," | "}" | "]" | ":":
            return _NOTHING
        case token:
            tokens.take()
            return _scalar(token)


def _object(tokens: _Tokens) -> dict[str, Any]:
    found: dict[str, Any] = {}
    quoted = False
    tokens.take()
    while tokens.next not in {"", "}"}:
        if tokens.next in {"{", "[", "]", ":"}:
            if _value(tokens) is _NOTHING:
                tokens.take()
            continue
        token = tokens.take()
        name = str(_scalar(token))
        bare = token[0] not in "\"'"
        if bare and (quoted or tokens.next != ":"):  # a word of a text whose quotation marks are broken
            continue
        quoted = quoted or not bare
        tokens.skip(":")
        if (value := _value(tokens)) is not _NOTHING and _NAME.fullmatch(name):
            found[name] = value
        tokens.skip(",")
    if tokens.next == "}":
        tokens.take()
    return found


def _list(tokens: _Tokens) -> list[Any]:
    found: list[Any] = []
    tokens.take()
    while tokens.next not in {"", "]", "}"}:
        value = _value(tokens)
        found += [] if value is _NOTHING else [value]
        if value is _NOTHING and tokens.next == ":":
            tokens.take()
        tokens.skip(",")
    if tokens.next == "]":
        tokens.take()
    return found


def _scalar(token: str) -> Any:
    if token[0] in "\"'":
        inner = token[1:-1] if len(token) > 1 and token[-1] == token[0] else token[1:]
        try:
            return json.loads(f'"{_ESCAPE.sub("", inner)}"', strict=False)
        except ValueError:
            return inner
    try:
        return json.loads(token)
    except ValueError:
        return token
