"""Estimate the price of a kie.ai request from the vendor's list prices, of which `klingkit_api.kie` has a copy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, Final

import attrs
from attrs import frozen

from klingkit._base import invalid
from klingkit._models import Job
from klingkit.providers._sendable import wrong_request
from klingkit_api.kie.requests import MODELS, Request

__all__ = ["Estimate", "estimate"]

MAX_SECONDS: Final = 100_000.0
"""More than any video is long."""


@frozen
class Estimate:
    """A list price: what a request will probably cost, never a promise."""

    usd: Decimal
    credits: Decimal
    date: date
    """The day of the price list."""
    source: str
    """The name of the price list."""

    def __str__(self) -> str:
        return f"about {self.credits:f} credits ({self.usd:f} USD by the list of {self.date})"


def estimate(request: Request | Job, *, seconds: float | None = None) -> Estimate | None:
    """Estimate the price of a request from the vendor's list; nothing is sent.

    The list may be out of date, and accounts may have other prices: `Task.cost` is what a task has cost.

    Args:
        request: The typed request, or a `Job` for a model of the list.
        seconds: The length of the video, where it follows from a file that the request names: motion control, avatars.
            A request that has a length of its own has precedence.

    Returns:
        None if the list has no price for the request, or its length is not known, or beyond what the model makes.

    Raises:
        InvalidRequest: `request` is no request of kie.ai's, or `seconds` is no length.
    """
    number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if seconds is not None and not (number and 0 < seconds <= MAX_SECONDS):
        raise invalid("seconds", f"more than 0 and at most {MAX_SECONDS:,.0f} seconds", seconds)
    model, fields = _model_and_fields(request)
    listed = _price_list()
    priced = listed["models"].get(model, {"rows": ()})
    price = next((row["usd"] for row in priced["rows"] if row["when"].items() <= fields.items()), None)
    length = Decimal(1) if price and priced["per"] == "video" else _length(fields, seconds)
    if price is None or length is None or length > priced["max_seconds"]:
        return None
    usd = Decimal(price) * length
    credit = Decimal(listed["usd_per_credit"])  # observed.md: kie-credit-value
    return Estimate(usd, usd / credit, date.fromisoformat(listed["date"]), listed["source"])


def _model_and_fields(request: object) -> tuple[str, Mapping[str, Any]]:
    """Return the model of a request, and its plain fields; the documented defaults of those left out."""
    if isinstance(request, Job):
        return request.model, _plain(request.model, request.input)
    for model, kind in MODELS.items():
        if isinstance(request, kind):
            return model, _plain(model, request.to_dict())
    raise wrong_request("kie", request)


def _plain(model: str, fields: Mapping[str, Any]) -> dict[str, str | bool]:
    defaults = {it.name: it.default for it in attrs.fields(MODELS[model])} if model in MODELS else {}
    return {name: value for name, value in {**defaults, **fields}.items() if isinstance(value, str | bool)}


def _length(fields: Mapping[str, Any], seconds: float | None) -> Decimal | None:
    """Return the length of the video: of its own field, or else as given."""
    own = fields.get("duration")
    if isinstance(own, str) and own.isascii() and own.isdigit():
        return Decimal(own)
    return None if seconds is None else Decimal(str(seconds))


@cache
def _price_list() -> dict[str, Any]:
    listed: dict[str, Any] = json.loads((files("klingkit_api.kie") / "prices.json").read_text("utf-8"))
    return listed
