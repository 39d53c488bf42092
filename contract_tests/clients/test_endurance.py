"""A wait outlives whatever passes by itself: fifty troubles in a row, on a clock of its own."""

from __future__ import annotations

from typing import Any

import anyio.lowlevel
import httpx
import pytest
import respx
from attrs import evolve

from contract_tests.support.apis import ApiCase
from contract_tests.support.both import EVERYWHERE, Both, opened
from klingkit import Fixed, WaitTimeout

pytestmark = pytest.mark.anyio


class Clock:
    """Time that only pauses move."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    async def sleep_async(self, seconds: float) -> None:
        self.now += seconds
        await anyio.lowlevel.checkpoint()


def on(clock: Clock, kind: str, client: Both) -> None:
    """Let the client live on that clock."""
    inner: Any = client.client
    inner._io = evolve(inner._io, clock=clock, sleep=clock.sleep if kind == "sync" else clock.sleep_async)


def troubles(case: ApiCase) -> list[httpx.Response | httpx.RequestError]:
    """Ten kinds, five times each."""
    kinds: list[httpx.Response | httpx.RequestError] = [
        httpx.ConnectError("refused"),
        httpx.ConnectTimeout("slow"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("gone"),
        httpx.ReadError("reset"),
        httpx.Response(502, content=b"<html>bad gateway</html>"),
        httpx.Response(200, content=b'{"code": 2'),
        httpx.Response(200, json=[]),
        case.refused(429),
        case.refused(500),
    ]
    return kinds * 5


@EVERYWHERE
@respx.mock
async def test_fifty_troubles_in_a_row_do_not_end_a_wait(kind: str, case: ApiCase):
    clock = Clock()
    seen: list[Any] = []
    answers = [case.refused(404), case.waiting(), *troubles(case), case.record("a new word"), case.finished()]
    route = respx.get(case.query).mock(side_effect=answers)
    async with opened(kind, case.api) as client:
        on(clock, kind, client)
        task = await client.wait(case.ref, timeout=900.0, polling=Fixed(10.0), on_update=seen.append)
    assert task.status == "succeeded"
    assert route.call_count == 54
    assert clock.now == 530.0
    assert [update.vendor_status for update in seen] == [
        case.words["queued"],
        "a new word",
        case.words["succeeded"],
    ]


@EVERYWHERE
@respx.mock
async def test_troubles_without_end_end_at_the_deadline(kind: str, case: ApiCase):
    clock = Clock()
    respx.get(case.query).mock(side_effect=troubles(case) * 3)
    async with opened(kind, case.api) as client:
        on(clock, kind, client)
        with pytest.raises(WaitTimeout) as caught:
            await client.wait(case.ref, timeout=600.0, polling=Fixed(10.0))
    assert clock.now == 600.0
    assert caught.value.ref == case.ref
