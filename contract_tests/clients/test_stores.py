"""Tests of the store in memory of handled deliveries."""

from __future__ import annotations

from typing import Any

import pytest

from klingkit import ConfigurationError
from klingkit.callbacks import MemoryStore


def test_the_memory_store_drops_the_oldest_keys():
    store = MemoryStore(kept=2)
    for key in "abc":
        store.record(key)
    assert [store.seen(key) for key in "abc"] == [False, True, True]


@pytest.mark.parametrize("kept", [0, -1, "7", None, True])
def test_a_memory_store_of_invalid_size_is_refused(kept: Any):
    with pytest.raises(ConfigurationError, match="kept: a whole number, at least 1"):
        MemoryStore(kept)
