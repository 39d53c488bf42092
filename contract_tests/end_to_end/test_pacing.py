"""Many submissions at once at an emulator with limits; its record of tasks and requests is the judge."""

from collections import Counter
from typing import Any

import anyio
import pytest

from contract_tests.support.apis import KIE, NATIVE, ApiCase
from contract_tests.support.clients import EACH_CLIENT_KIND, AnyClient, open_client
from klingkit import Fixed, KlingkitError, Pacing
from klingkit.emulator import AfterSeconds, Emulator
from klingkit.emulator.tasks import _quotas

pytestmark = pytest.mark.anyio

PER = 0.5


async def submit_all(client: AnyClient, request: Any, number: int, *, wait: bool = False) -> Counter[str]:
    """Submit so many at once; return the names of the errors, and how many had none."""
    ended = Counter[str]()

    async def submit() -> None:
        try:
            ref = await client.submit(request, timeout=60.0)
            if wait:
                await client.wait(ref, timeout=60.0, polling=Fixed(0.05))
        except KlingkitError as error:
            ended[type(error).__name__] += 1
        else:
            ended["none"] += 1

    async with anyio.create_task_group() as tasks:
        for _ in range(number):
            tasks.start_soon(submit)
    return ended


def refusals(emulator: Emulator) -> int:
    return sum(it.operation == "create" and it.status != 200 for it in emulator.requests)


def most(emulator: Emulator) -> int:
    created = [task.created for task in emulator.tasks]
    return max(sum(start <= it < start + PER for it in created) for start in created)


@EACH_CLIENT_KIND
async def test_a_known_limit_is_kept_to_before_the_service_refuses_anything(kind: str):
    """The emulator refuses nothing here: what it sees is the client's own doing."""
    emulator = Emulator()
    with emulator.serve() as url:
        async with open_client(kind, KIE.make("key-of-nobody", url), pacing=Pacing(creations=10, per=PER)) as client:
            assert await submit_all(client, KIE.request, 35) == {"none": 35}
    assert most(emulator) <= 10
    assert len(emulator.tasks) == 35


@pytest.mark.parametrize("api_case", [KIE, NATIVE], ids=str)
@EACH_CLIENT_KIND
async def test_no_submission_is_lost_at_a_limit_that_the_client_does_not_know(
    kind: str, api_case: ApiCase, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(_quotas, "WINDOW", PER)
    emulator = Emulator(rate=5, dialect="official")
    with emulator.serve() as url:
        options = {} if api_case is KIE else {"dialect": "official"}
        async with open_client(kind, api_case.make("key-of-nobody", url, **options), pacing=Pacing(per=PER)) as client:
            assert await submit_all(client, api_case.request, 30) == {"none": 30}
    assert len(emulator.tasks) == 30
    assert refusals(emulator) <= 60


@EACH_CLIENT_KIND
async def test_slots_are_kept_to_where_they_are_known_and_learned_where_not(kind: str):
    for pacing in (Pacing(slots=3), Pacing()):
        emulator = Emulator(slots=3, dialect="official", finish=AfterSeconds(0.2))
        with emulator.serve() as url:
            api = NATIVE.make("key-of-nobody", url, dialect="official")
            async with open_client(kind, api, pacing=pacing) as client:
                assert await submit_all(client, NATIVE.request, 12, wait=True) == {"none": 12}
        assert len(emulator.tasks) == 12
        assert refusals(emulator) <= (0 if pacing.slots else 12)
