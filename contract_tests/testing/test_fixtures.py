"""Tests of the clients that the fixtures make."""

import pytest

from klingkit import SlotsFull
from klingkit.emulator import Emulator, Fault
from klingkit.native import Text2Video
from klingkit.testing import Clients

pytestmark = pytest.mark.anyio
CAT_REQUEST = Text2Video(prompt="a cat", model_name="kling-v2-1", mode="std")


async def test_a_refusal_that_a_test_sets_up_is_met_at_once():
    """Outside tests a client waits up to a minute for a task to end."""
    emulator = Emulator(faults=[Fault("refuse", code=1303)])
    clients = Clients(emulator)
    with pytest.raises(SlotsFull):
        clients("native").submit(CAT_REQUEST)
    with pytest.raises(SlotsFull):
        await clients.asynchronous("native").submit(CAT_REQUEST)
    assert len(emulator.requests) == 2
