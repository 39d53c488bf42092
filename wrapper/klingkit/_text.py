"""Texts of others in errors and logs: defined below the client, with the root of the errors."""

from klingkit_api.text import MAX_QUOTE, printable

__all__ = ["MAX_QUOTE", "printable"]
