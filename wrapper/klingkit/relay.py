"""The relay of document 004: `Relay` and the requests it takes.

`Text2Video` checks the limits of the document: a wrong type, length or choice raises a `ValueError` that names field,
limit and value, on construction and on assignment. `Job` sends anything, unchecked: other models, and values that the
official API accepts beyond the document's tighter limits.
"""

# ruff: noqa: F403, PLC0414, PLE0605 - no type checker adds up lists in `__all__`; these forms of import export as well

from typing import TYPE_CHECKING

from klingkit._models import Job as Job
from klingkit.providers.relay import Relay as Relay
from klingkit.providers.relay import RelayRequest as RelayRequest
from klingkit_api.relay import requests as _requests
from klingkit_api.relay.requests import *

if not TYPE_CHECKING:  # pragma: no branch
    __all__ = sorted([*_requests.__all__, "Job", "Relay", "RelayRequest"])
