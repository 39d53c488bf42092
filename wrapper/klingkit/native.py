"""The native Kling API (document 001): `Native` and the requests it takes.

`Text2Video` checks the limits of the document: a wrong type, length or choice raises a `ValueError` that names field,
limit and value, on construction and on assignment. `Job` sends any other model or parameter, unchecked.
"""

# ruff: noqa: F403, PLC0414, PLE0605 - no type checker adds up lists in `__all__`; these forms of import export as well

from typing import TYPE_CHECKING

from klingkit._models import Job as Job
from klingkit.providers.native import Native as Native
from klingkit.providers.native import NativeRequest as NativeRequest
from klingkit_api.native import requests as _requests
from klingkit_api.native.requests import *

if not TYPE_CHECKING:  # pragma: no branch
    __all__ = sorted([*_requests.__all__, "Job", "Native", "NativeRequest"])
