"""Texts of others in errors and logs: without control characters, and not too long."""

from __future__ import annotations

import unicodedata
from typing import Final

__all__ = ["MAX_QUOTE", "printable"]

MAX_QUOTE: Final = 300
"""Characters of a vendor's message that a text shows."""


def printable(text: str, limit: int = MAX_QUOTE) -> str:
    """Return a text of at most `limit` characters, with those escaped that would move a terminal, a log or a reader.

    Such are line breaks, escape sequences, and marks that reverse the direction of writing.
    """
    if len(text) <= limit and text.isprintable():
        return text
    shown = "".join(map(_escaped, text[:limit]))
    return shown if len(text) <= limit and len(shown) <= limit else f"{shown[: limit - 1]}…"


def _escaped(character: str) -> str:
    if character.isprintable() or unicodedata.category(character) == "Zs":
        return character
    return character.encode("unicode_escape").decode()
