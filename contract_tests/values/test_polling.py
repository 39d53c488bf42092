"""How often to ask, as the vendors advise."""

import pytest

from klingkit import Fixed, VendorAdvice


@pytest.mark.parametrize(
    ("elapsed", "low", "high"), [(0, 2, 3), (29.9, 2, 3), (30, 5, 10), (119, 5, 10), (120, 15, 30)]
)
def test_the_advice_is_the_vendors(elapsed: float, low: float, high: float):
    assert low <= VendorAdvice().pause(elapsed) <= high


def test_fixed_is_fixed():
    assert {Fixed(2.0).pause(elapsed) for elapsed in (0, 100, 1e6)} == {2.0}


@pytest.mark.parametrize("seconds", [0, -1])
def test_a_pause_is_longer_than_nothing(seconds: float):
    with pytest.raises(ValueError, match="seconds"):
        Fixed(seconds)
