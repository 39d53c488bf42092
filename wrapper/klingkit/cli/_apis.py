"""The API that a command talks to: named, or the first one that the environment has a key for."""

from __future__ import annotations

import math
import os
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Any, Final, cast

import click

from klingkit._arguments import MAX_TIMEOUT
from klingkit._base import APIS, Api, TaskRef
from klingkit._client import Client
from klingkit.cli._errors import KeyMissing
from klingkit.providers import Provider
from klingkit.providers._official import Official
from klingkit.providers._registry import ADAPTERS

__all__ = [
    "Finite",
    "api_option",
    "api_with_key",
    "client_of",
    "has_key",
    "make_adapter",
    "make_client",
    "variables",
    "wait_limit",
]

api_option = click.option("--api", type=click.Choice(APIS), help="The API; by default the first one with a key.")


class Finite(click.FloatRange):
    """A number that is finite: every comparison with `nan` is false, so that a range alone lets it pass."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse what is no finite number."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number.", param, ctx)
        return number


wait_limit = click.option(
    "--timeout",
    type=Finite(min=0, min_open=True, max=MAX_TIMEOUT),
    default=900.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait.",
)

PAIR: Final = ("ACCESS_KEY", "SECRET_KEY")


def variables(api: Api) -> list[str]:
    """Return the environment variables that may hold the key of an API."""
    prefix = ADAPTERS[api].variables
    pair = PAIR if api == "native" else ()
    return [f"{prefix}_{suffix}" for suffix in ("API_KEY", *pair)]


def has_key(api: Api) -> bool:
    """Return whether the environment has a key, or half of a pair, of which the adapter tells more."""
    return any(os.environ.get(name) for name in variables(api))


def api_with_key(apis: Iterable[Api] = APIS) -> Api:
    """Return the first API that the environment has a key for, or the first at all."""
    listed = list(apis)
    first: list[Api] = [*filter(has_key, listed), *listed]
    return first[0]


def make_adapter(api: Api, account: str | None = None, *, offer: str = "") -> Provider[Any]:
    """Make the adapter of an API with the key of the environment; every task gets an external id where there are any.

    Raises:
        KeyMissing: There is no key.
        ConfigurationError: The host is missing, or one of them cannot be used.
    """
    if not has_key(api):
        raise KeyMissing(f"no key for {api}: set {variables(api)[0]}{offer}")
    return prepared(ADAPTERS[api](account=account))


def prepared(adapter: Any) -> Provider[Any]:
    """Give every task an external id, by which it is searched for if the response to its submission is lost."""
    adapter.external_ids = isinstance(adapter, Official)
    return cast("Provider[Any]", adapter)


def make_client(api: Api, account: str | None = None) -> Client[Any]:
    """Make a client of an API with the key of the environment."""
    return Client(make_adapter(api, account))


@contextmanager
def client_of(ref: TaskRef) -> Generator[Client[Any]]:
    """Make the client that knows a task, while the block lasts.

    Raises:
        UsageError: There is no such API.
    """
    if ref.api not in APIS:
        raise click.UsageError(f"{ref}: the API is one of {', '.join(APIS)}")
    with make_client(ref.api, ref.account) as client:
        yield client
