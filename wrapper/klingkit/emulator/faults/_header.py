"""The header that brings a fault for one request, or for the task that the request creates."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.datastructures import Headers

from klingkit.emulator import _json
from klingkit.emulator.faults._fault import Fault
from klingkit.emulator.profiles import Api

HEADER = "X-Klingkit-Fault"
"""Its value is a fault as JSON, or a kind alone."""

TASK_FAILURE = "klingkit.task_failure"
"""The scope's key for the fault by which the task that the request creates is to fail."""

LATER_FAULT = "klingkit.later_fault"
"""The scope's key for the fault of the video, or of a callback, of the task that the request creates."""

_LATER = {"media", "callback"}  # operations that follow a creation


def fault_header(scope: Mapping[str, Any]) -> str | None:
    """Return the header's value; None if the request has none."""
    return Headers(raw=scope["headers"]).get(HEADER)


def read_fault(text: str, api: Api, operation: str) -> Fault:
    """Read the fault for a request; that of a creation may also be meant for its task's video or callback.

    Raises:
        ValueError: it is invalid, or can't be injected into such a request.
    """
    # Starlette reads headers as Latin-1; JSON is UTF-8.
    fields = _json.read_object(text.encode("latin-1")) if text.startswith("{") else {"kind": text}
    if name := next((name for name in ("api", "times", "probability") if name in fields), None):
        raise ValueError(f"{name} goes with a fault for many requests, not for one")
    fault = Fault.from_json(fields)
    if operation not in fault.operations and not (operation == "create" and fault.operations & _LATER):
        operations = " or ".join(sorted(fault.operations))
        raise ValueError(f"kind {fault.kind} goes with {operations}, this request is {operation}")
    return replace(fault, api=api)  # checks that it can be injected into anything of this API
