"""Spans of OpenTelemetry for each exchange, by the semantic conventions for HTTP clients (extra `otel`).

Nothing is imported for it: where the program uses OpenTelemetry, it has been loaded already.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

import httpx

__all__ = ["traced"]


@contextmanager
def traced(request: httpx.Request, *, paid: bool = False, secret: bool = False) -> Generator[Callable[[object], None]]:
    """Span an exchange; the function given is told its outcome: an answer, its status, or what went wrong.

    `secret` says that the URL is one, as those of finished videos are: the host alone is told.
    """
    trace: Any = sys.modules.get("opentelemetry.trace")
    if trace is None:
        yield lambda _: None
        return
    tracer = trace.get_tracer("klingkit", version("klingkit"))
    asked = _asked(request, paid=paid, secret=secret)
    with tracer.start_as_current_span(request.method, kind=trace.SpanKind.CLIENT, attributes=asked) as span:
        yield lambda outcome: _answered(span, outcome, trace.StatusCode.ERROR)


def _asked(request: httpx.Request, *, paid: bool, secret: bool) -> dict[str, str | int | bool]:
    url = request.url
    told: dict[str, str | int | bool] = {
        "http.request.method": request.method,
        "server.address": url.host,
        "server.port": url.port or {"http": 80, "https": 443}[url.scheme],
        "klingkit.paid": paid,
    }
    return told if secret else {**told, "url.full": str(url)}


def _answered(span: Any, outcome: object, error: object) -> None:
    status = outcome.status_code if isinstance(outcome, httpx.Response) else outcome
    if isinstance(status, int) and status:
        span.set_attribute("http.response.status_code", status)
        if status < 400:
            return
        span.set_attribute("error.type", str(status))
    else:
        span.set_attribute("error.type", type(outcome).__qualname__)
    span.set_status(error)
