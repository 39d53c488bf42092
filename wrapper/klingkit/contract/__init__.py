"""Checks requests, responses and services against the specs of kie.ai's and Kling's APIs.

    Contract("kie").request(request)  # the violations of an `httpx.Request`: an empty list if it is valid
    check_service("kie", "https://api.kie.ai", key=...)  # free checks of any service that offers this API

From a terminal: ``python -m klingkit.contract --api kie --base-url http://127.0.0.1:8900``.
"""

from __future__ import annotations

from importlib import import_module

try:
    import_module("jsonschema_rs")
except ImportError as _error:
    # With its name, `python -m` reports it in one line.
    raise ImportError('klingkit.contract needs its extra: pip install "klingkit[contract]"', name=__name__) from _error

from klingkit.contract._contract import Api, Contract
from klingkit.contract._report import Check, Report
from klingkit.contract._service import check_service
from klingkit.contract._violations import Violation

__all__ = ["Api", "Check", "Contract", "Report", "Violation", "check_service"]
