"""Tests of the polling policies."""

from typing import Any

import pytest

from klingkit import Fixed, InvalidRequest, VendorAdvice


@pytest.mark.parametrize(
    ("elapsed", "low", "high"), [(0, 2, 3), (29.9, 2, 3), (30, 5, 10), (119, 5, 10), (120, 15, 30)]
)
def test_vendor_advice_has_three_pauses(elapsed: float, low: float, high: float):
    assert low <= VendorAdvice().pause(elapsed) <= high


def test_fixed_returns_its_pause():
    assert {Fixed(2.0).pause(elapsed) for elapsed in (0, 100, 1e6)} == {2.0}


@pytest.mark.parametrize("seconds", [0, -1, "5", None, True, float("nan"), float("inf")])
def test_an_invalid_pause_is_refused(seconds: Any):
    with pytest.raises(InvalidRequest, match=f"seconds: .*{seconds!r}"):
        Fixed(seconds)
