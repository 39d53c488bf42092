"""The limits of an account as a user states them, and as the adapters know them."""

from math import inf
from typing import Any

import pytest

from contract_tests.support.apis import ALL, ApiCase
from klingkit import AsyncClient, Client, ConfigurationError, Pacing
from klingkit._limiter import Limits
from klingkit.kie import Kie


@pytest.mark.parametrize(
    "stated",
    [
        *[{"creations": value} for value in (0, -1, 2.5, True, "20")],
        *[{"per": value} for value in (0, -1.0, float("inf"), float("nan"), None, True, "10")],
        *[{"queries_per_second": value} for value in (0, float("inf"), float("nan"), "10", False)],
        *[{"slots": value} for value in (0, 1.0, "5")],
    ],
    ids=str,
)
def test_a_limit_that_is_none_is_refused(stated: dict[str, Any]):
    ((name, value),) = stated.items()
    with pytest.raises(ConfigurationError, match=f"{name}: a .*number.*, not {value!r}"):
        Pacing(**stated)


@pytest.mark.parametrize(("rate", "limit", "per"), [(None, inf, 1.0), (10, 10, 1.0), (2.5, 2, 0.8), (0.5, 1, 2.0)])
def test_a_rate_of_queries_is_a_number_in_a_time(rate: float | None, limit: float, per: float):
    window = Limits.of(Pacing(queries_per_second=rate)).queries.window
    assert (window.limit, window.per) == (limit, per)


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize("pacing", [20, "fast", True, Pacing])
def test_what_is_no_pacing_is_refused(kind: Any, pacing: Any):
    with pytest.raises(ConfigurationError, match='pacing: a Pacing, "auto", or None for none'):
        kind(Kie("key-of-nobody"), pacing=pacing)


def test_the_limits_of_a_vendor_hold_at_its_own_host():
    """A relay, or an emulator, has limits of its own, which nobody knows."""
    assert Kie("key-of-nobody").pacing == Pacing(creations=20, per=10.0, queries_per_second=10.0)
    assert Kie("key-of-nobody", "http://127.0.0.1:8900").pacing == Pacing()


def creations_of(client: Client[Any] | AsyncClient[Any]) -> tuple[float, float]:
    limits = client._limits.get()
    assert limits
    assert limits.creations.slots
    return limits.creations.window.limit, limits.creations.slots.limit


@pytest.mark.parametrize("case", ALL, ids=str)
def test_a_client_takes_the_limits_of_its_adapter(case: ApiCase):
    api = case.api
    api.pacing = Pacing(creations=3, slots=2)
    assert creations_of(Client(api)) == (3, 2)
    assert creations_of(AsyncClient(api, pacing=Pacing(creations=7))) == (7, inf)
    assert Client(api, pacing=None)._limits.get() is None
    del api.pacing  # as of an adapter that was written before there was any pacing
    assert creations_of(Client(api)) == (inf, inf)
