"""OpenTelemetry spans for each exchange, by the semantic conventions for HTTP clients (extra `otel`).

Nothing is imported for it: a program that uses OpenTelemetry has loaded it already.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib.metadata import version
from typing import Any, Final, TypeAlias

import httpx

__all__ = ["traced"]


Report: TypeAlias = Callable[[object], None]
"""Called with the outcome of an exchange: a response or an exception."""

_UNTRACED: Final[AbstractContextManager[Report]] = nullcontext(lambda _: None)


def traced(request: httpx.Request, *, paid: bool = False, secret: bool = False) -> AbstractContextManager[Report]:
    """Span an exchange; call the function given with the outcome.

    `secret`: the URL is a secret, as those of finished videos are; the span names the host alone.
    """
    trace = sys.modules.get("opentelemetry.trace")
    return _UNTRACED if trace is None else _span(trace, request, paid=paid, secret=secret)


@contextmanager
def _span(trace: Any, request: httpx.Request, *, paid: bool, secret: bool) -> Generator[Report]:
    tracer = trace.get_tracer("klingkit", _version())
    known = _request_attributes(request, paid=paid, secret=secret)
    quiet = {"record_exception": False, "set_status_on_exception": False}  # an error may name what is secret
    with tracer.start_as_current_span(request.method, kind=trace.SpanKind.CLIENT, attributes=known, **quiet) as span:
        try:
            yield lambda outcome: _set_outcome(span, outcome, trace.StatusCode.ERROR)
        except BaseException as error:
            _set_outcome(span, error, trace.StatusCode.ERROR)
            raise


@functools.cache
def _version() -> str:
    return version("klingkit")  # which reads a file


def _request_attributes(request: httpx.Request, *, paid: bool, secret: bool) -> dict[str, str | int | bool]:
    url = request.url
    attributes: dict[str, str | int | bool] = {
        "http.request.method": request.method,
        "server.address": url.host,
        "server.port": url.port or {"http": 80, "https": 443}[url.scheme],
        "klingkit.paid": paid,
    }
    return attributes if secret else {**attributes, "url.full": str(url)}


def _set_outcome(span: Any, outcome: object, error: object) -> None:
    if isinstance(outcome, httpx.Response):
        span.set_attribute("http.response.status_code", outcome.status_code)
        if outcome.status_code < 400:
            return
        span.set_attribute("error.type", str(outcome.status_code))
    else:
        span.set_attribute("error.type", type(outcome).__qualname__)
    span.set_status(error)
