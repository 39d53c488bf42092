"""The kie.ai API: `Kie` and the requests it takes, one a model.

Each request is what its document says: wrong types, lengths and choices are refused with a `ValueError` that names
field, limit and value, when it is made and when it is changed. `Job` is the unchecked way to any other model.
"""
# ruff: noqa: F403, PLC0414, PLE0605 - no type checker adds up lists in `__all__`; these forms of import export as well

from typing import TYPE_CHECKING

from klingkit._models import Job as Job
from klingkit.providers.kie import Kie as Kie
from klingkit.providers.kie import KieRequest as KieRequest
from klingkit_api.kie import requests as _requests
from klingkit_api.kie.requests import *

if not TYPE_CHECKING:  # pragma: no branch
    __all__ = sorted([*_requests.__all__, "Job", "Kie", "KieRequest"])
