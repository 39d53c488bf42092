"""Tests of interrupting the search for a task that may exist: blocking, asyncio and trio."""

import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import anyio
import httpx
import pytest

from contract_tests.support.apis import NATIVE
from contract_tests.support.kie import API_KEY
from contract_tests.support.slow_server import EACH_ASYNC_BACKEND
from klingkit import AsyncClient, Client, SubmissionUncertain, _submit
from klingkit.native import Native

NATIVE_API = Native(API_KEY, "http://native.test", external_ids=True)


class LosingService:
    """A service that loses the response to a submission, and finds no task."""

    def __init__(self) -> None:
        self.queried = threading.Event()
        self.ids: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.ids.append(json.loads(request.content)["external_task_id"])
            raise httpx.ReadTimeout("slow", request=request)
        self.queried.set()
        return NATIVE.refused(404)


@pytest.fixture(autouse=True)
def quick_searches(monkeypatch):
    """Shorten the pauses between the searches, so that the first search comes at once."""
    monkeypatch.setattr(_submit, "SEARCH_PAUSES", (0.01, 0.2, 0.2, 0.2))


def text_of(error: BaseException) -> str:
    return " ".join([str(error), *getattr(error, "__notes__", [])])


def test_closing_during_a_search_reports_the_doubt():
    service = LosingService()
    with httpx.Client(transport=httpx.MockTransport(service)) as http, ThreadPoolExecutor() as pool:
        client = Client(NATIVE_API, http=http)
        submission = pool.submit(client.submit, NATIVE.request)
        assert service.queried.wait(10)
        client.close()
        with pytest.raises(SubmissionUncertain) as caught:
            submission.result(10)
    assert "a task may exist" in text_of(caught.value)
    assert service.ids[0] in text_of(caught.value)
    assert len(service.ids) == 1


@pytest.mark.anyio
@EACH_ASYNC_BACKEND
async def test_cancelling_a_search_logs_the_external_id(caplog):
    service = LosingService()
    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(service)) as http,
        AsyncClient(NATIVE_API, http=http) as client,
    ):
        with caplog.at_level(logging.WARNING, "klingkit"), anyio.fail_after(10):
            async with anyio.create_task_group() as group:
                group.start_soon(partial(client.submit, NATIVE.request))
                await anyio.to_thread.run_sync(service.queried.wait, 10)
                group.cancel_scope.cancel()
        assert client.unclaimed == []
    (record,) = [record for record in caplog.records if "searching for a task" in record.message]
    assert record.__dict__["klingkit"]["external_task_id"] == service.ids[0]
    assert len(service.ids) == 1
