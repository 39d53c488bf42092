"""What a request will cost, and whether it may be paid."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any, TextIO

from klingkit._catalogue import Model
from klingkit.cli._errors import NotPaid, Refused
from klingkit.cli._output import Output
from klingkit.providers import Provider
from klingkit.providers._prices import Estimate, estimate

__all__ = ["ask", "can_ask", "estimate_of"]


def can_ask() -> bool:
    """Return whether there is somebody to ask, who sees the question."""
    streams: list[TextIO | None] = [sys.stdin, sys.stderr]  # None: closed by the shell
    return all(stream is not None and stream.isatty() for stream in streams)


def estimate_of(model: Model, request: Any) -> Estimate | None:
    """Estimate the price; of the APIs, kie.ai alone has a list of prices."""
    return estimate(request) if model.api == "kie" else None


def ask(
    output: Output, model: Model, adapter: Provider[Any], price: Estimate | None, *, yes: bool, limit: float | None
) -> None:
    """Show what will be paid, and ask; return if it may be.

    Raises:
        NotPaid: It is above the limit, or unknown.
        Refused: Nobody can be asked, stderr cannot be written, or the reply is no.
    """
    if not output.note(f"{model.name} at {adapter.base_url}: {price or 'its price is not known beforehand'}"):
        raise Refused("stderr cannot be written, where the task would be named; nothing was paid")
    if model.retired is not None:
        output.note(f"{model.name} is retired: the vendor's own service refuses it since {model.retired}")
    if limit is not None and (price is None or price.credits > limit):
        shown = "not known" if price is None else f"{price.credits:f}"
        raise NotPaid(f"--max-credits: at most {limit:g}; the estimate is {shown}; nothing was paid")
    if yes:
        return
    if not can_ask():
        raise Refused("stdin or stderr is no terminal, so nobody can be asked: give --yes to pay; nothing was paid")
    if limit is None and not agreed(output):
        raise Refused("not agreed to; nothing was paid")


def agreed(output: Output) -> bool:
    """Ask on stderr: stdout is for results alone, and may be a pipe."""
    with suppress(Exception):  # there is no termios on Windows
        import termios  # noqa: PLC0415

        termios.tcflush(sys.stdin, termios.TCIFLUSH)  # what was typed before replies to something else
    output.note("Pay for it? [y/N]")
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
