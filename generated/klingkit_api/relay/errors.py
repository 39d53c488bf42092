# Written by `make generate` from openapi/relay.yaml; never edited by hand.
"""Contains shared errors types that can be raised from API functions"""

from ..errors import InvalidValue, ResponseParseError, reading, unreadable

__all__ = ["InvalidValue", "ResponseParseError", "reading", "unreadable"]
