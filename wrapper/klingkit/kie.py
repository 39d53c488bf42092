"""The kie.ai API: `Kie` and the requests it takes, one a model.

Each request checks the limits of its document: a wrong type, length or choice raises a `ValueError` that names field,
limit and value, on construction and on assignment. `Job` sends any other model or parameter, unchecked.
"""
# ruff: noqa: F403, PLC0414, PLE0605 - no type checker adds up lists in `__all__`; these forms of import export as well

from typing import TYPE_CHECKING

from klingkit._models import Job as Job
from klingkit.providers._prices import Estimate as Estimate
from klingkit.providers._prices import estimate as estimate
from klingkit.providers.kie import Kie as Kie
from klingkit.providers.kie import KieRequest as KieRequest
from klingkit_api.kie import requests as _requests
from klingkit_api.kie.requests import *

if not TYPE_CHECKING:  # pragma: no branch
    __all__ = sorted([*_requests.__all__, "Estimate", "Job", "Kie", "KieRequest", "estimate"])
