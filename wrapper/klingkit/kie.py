"""The kie.ai API: `Kie` and the requests it takes, one a model.

Each request checks the limits of its document: a wrong type, length or choice raises a `ValueError` that names field,
limit and value, on construction and on assignment. `Job` sends any other model or parameter, unchecked.
"""
# ruff: noqa: F403, PLC0414, PLC0415 - these forms of import export as well; the requests are loaded when they are used

from importlib import import_module
from typing import TYPE_CHECKING, Any

from klingkit._models import Job as Job
from klingkit.providers.kie import Kie as Kie

if TYPE_CHECKING:
    from klingkit.providers._prices import Estimate as Estimate
    from klingkit.providers._prices import estimate as estimate
    from klingkit.providers.kie import KieRequest as KieRequest
    from klingkit_api.kie.requests import *
else:

    def __getattr__(name: str) -> Any:
        """Load the requests when one is used: to make their classes is most of what this module would cost."""
        if "__all__" in globals() and name in globals():  # another thread has just loaded them
            return globals()[name]
        if "__all__" in globals() or (name.startswith("__") and name != "__all__"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from klingkit.providers import _prices
        from klingkit_api.kie import requests

        globals().update(
            {each: getattr(requests, each) for each in requests.__all__}, KieRequest=requests.Request | Job
        )
        globals().update(Estimate=_prices.Estimate, estimate=_prices.estimate)
        globals()["__all__"] = sorted([*requests.__all__, "Estimate", "Job", "Kie", "KieRequest", "estimate"])
        return getattr(import_module(__name__), name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *import_module(__name__).__all__})
