"""Passes responses to the public clients: over HTTP through respx, or as callbacks."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from unittest import mock

import httpx
import respx
from attrs import define

from contract_tests.conformance.response_strategies import Response
from contract_tests.support.apis import ApiCase
from klingkit import AsyncClient, Client, KlingkitError, Task, TaskRef, _submit, parse_callback

RESENDS = 2
"""How often a paid request is sent again if its response proves that nothing was created."""


def content(response: Response) -> bytes:
    """Return the bytes of a body."""
    return response.body if isinstance(response.body, bytes) else json.dumps(response.body).encode()


@define
class MockedClient:
    """A blocking client; each call takes the response that the client will receive."""

    api_case: ApiCase
    client: Any
    router: respx.MockRouter

    def submit(self, response: Response) -> TaskRef | KlingkitError:
        """Submit a paid request; return the reference or the error."""
        self._respond(response)
        ref: TaskRef | KlingkitError = outcome(lambda: self.client.submit(self.api_case.request))
        return ref

    def query(self, ref: TaskRef, response: Response) -> Task | KlingkitError:
        """Query; return the task or the error."""
        self._respond(response)
        task: Task | KlingkitError = outcome(lambda: self.client.get(ref))
        return task

    @property
    def paid(self) -> int:
        """The number of paid requests sent in the last call."""
        return sum(call.request.method == "POST" for call in self.router.calls)

    def _respond(self, response: Response) -> None:
        self.router.reset()
        self.router.routes[0].mock(return_value=httpx.Response(response.status, content=content(response)))


class AsyncMockedClient(MockedClient):
    """An async client; each call takes the response that the client will receive."""

    async def query_or_submit(self, response: Response, ref: TaskRef | None = None) -> TaskRef | Task | KlingkitError:
        """Query a task, or submit if there is none; return the task, the reference or the error."""
        self._respond(response)
        try:
            result: TaskRef | Task = await (self.client.get(ref) if ref else self.client.submit(self.api_case.request))
        except KlingkitError as error:
            return error
        return result


@contextmanager
def _without_pauses() -> Iterator[respx.MockRouter]:
    """Mock the transport, without pauses between attempts and without a search for tasks of uncertain submissions."""
    with (
        respx.mock(assert_all_called=False) as router,
        mock.patch.object(_submit, "RETRY_PAUSES", (0.0,) * RESENDS),
        mock.patch.object(_submit, "SEARCH_PAUSES", ()),
    ):
        router.route()
        yield router


@contextmanager
def open_mocked_client(api_case: ApiCase) -> Iterator[MockedClient]:
    """Open a blocking client with a mocked transport."""
    with _without_pauses() as router, httpx.Client() as http, Client(api_case.api, http=http, pacing=None) as client:
        yield MockedClient(api_case, client, router)


@asynccontextmanager
async def open_mocked_async_client(api_case: ApiCase) -> AsyncIterator[AsyncMockedClient]:
    """Open an async client with a mocked transport."""
    with _without_pauses() as router:
        async with httpx.AsyncClient() as http, AsyncClient(api_case.api, http=http, pacing=None) as client:
            yield AsyncMockedClient(api_case, client, router)


def read_callback(api_case: ApiCase, response: Response) -> Task | KlingkitError:
    """Read a body as a callback; return the task or the error."""
    task: Task | KlingkitError = outcome(lambda: parse_callback(api_case.name, content(response), {}).task)  # type: ignore[arg-type]  # a name of the ApiCases
    return task


def outcome(call: Callable[[], Any]) -> Any:
    """Return what a call returns, or the error that it raises."""
    try:
        return call()
    except KlingkitError as error:
        return error
