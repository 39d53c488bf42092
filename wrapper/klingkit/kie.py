"""The kie.ai API: `Kie` and the requests it takes, one a model.

Each request is what its document says: wrong types, lengths and choices are refused with a `ValueError` that names
field, limit and value, when it is made and when it is changed. `Job` is the unchecked way to any other model.
"""

from typing import TYPE_CHECKING

from klingkit._models import Job as Job
from klingkit.providers.kie import Kie as Kie
from klingkit.providers.kie import KieRequest as KieRequest
from klingkit_api.kie import requests as _requests
from klingkit_api.kie.requests import *  # noqa: F403 - the requests and the names of their choices

if not TYPE_CHECKING:  # pragma: no branch - no type checker adds lists up; all read the imports above as exports
    __all__ = sorted([*_requests.__all__, "Job", "Kie", "KieRequest"])
