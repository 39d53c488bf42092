"""A wait outlives whatever passes by itself: fifty troubles in a row, on a clock of its own."""

from __future__ import annotations

from typing import Any

import anyio.lowlevel
import httpx
import pytest
import respx
from attrs import evolve

from contract_tests.support.apis import Speech
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


def troubles(speech: Speech) -> list[httpx.Response | httpx.RequestError]:
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
        speech.refused(429),
        speech.refused(500),
    ]
    return kinds * 5


@EVERYWHERE
@respx.mock
async def test_fifty_troubles_in_a_row_do_not_end_a_wait(kind: str, speech: Speech):
    clock = Clock()
    seen: list[Any] = []
    answers = [speech.refused(404), speech.waiting(), *troubles(speech), speech.record("a new word"), speech.finished()]
    route = respx.get(speech.query).mock(side_effect=answers)
    async with opened(kind, speech.api) as client:
        on(clock, kind, client)
        task = await client.wait(speech.ref, timeout=900.0, polling=Fixed(10.0), on_update=seen.append)
    assert task.status == "succeeded"
    assert route.call_count == 54
    assert clock.now == 530.0
    assert [update.vendor_status for update in seen] == [
        speech.words["queued"],
        "a new word",
        speech.words["succeeded"],
    ]


@EVERYWHERE
@respx.mock
async def test_troubles_without_end_end_at_the_deadline(kind: str, speech: Speech):
    clock = Clock()
    respx.get(speech.query).mock(side_effect=troubles(speech) * 3)
    async with opened(kind, speech.api) as client:
        on(clock, kind, client)
        with pytest.raises(WaitTimeout) as caught:
            await client.wait(speech.ref, timeout=600.0, polling=Fixed(10.0))
    assert clock.now == 600.0
    assert caught.value.ref == speech.ref
