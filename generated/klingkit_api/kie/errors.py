# Written by `make generate` from openapi/kie.yaml; never edited by hand.
"""Contains shared errors types that can be raised from API functions"""

from ..errors import (
    InvalidRequest,
    InvalidValue,
    KlingkitError,
    ResponseParseError,
    reading,
    unreadable,
)

__all__ = [
    "InvalidRequest",
    "InvalidValue",
    "KlingkitError",
    "ResponseParseError",
    "reading",
    "unreadable",
]
