"""Responses on their way into the public clients: over HTTP through respx, or as callbacks."""

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
"""How often a paid request is sent again that is proven to have created nothing."""


def content(response: Response) -> bytes:
    """The bytes of a body."""
    return response.body if isinstance(response.body, bytes) else json.dumps(response.body).encode()


@define
class MockedClient:
    """A client whose next response is given."""

    case: ApiCase
    client: Any
    router: respx.MockRouter

    def submit(self, response: Response) -> TaskRef | KlingkitError:
        """Pay; return the reference or the error."""
        self._respond(response)
        ref: TaskRef | KlingkitError = outcome(lambda: self.client.submit(self.case.request))
        return ref

    def query(self, ref: TaskRef, response: Response) -> Task | KlingkitError:
        """Query; return the task or the error."""
        self._respond(response)
        task: Task | KlingkitError = outcome(lambda: self.client.get(ref))
        return task

    @property
    def paid(self) -> int:
        """How many paid requests were sent since the response was given."""
        return sum(call.request.method == "POST" for call in self.router.calls)

    def _respond(self, response: Response) -> None:
        self.router.reset()
        self.router.routes[0].mock(return_value=httpx.Response(response.status, content=content(response)))


class AsyncMockedClient(MockedClient):
    """A client with `await` whose next response is given."""

    async def awaited(self, response: Response, ref: TaskRef | None = None) -> TaskRef | Task | KlingkitError:
        """Query if there is a task, else pay; return the task or the error."""
        self._respond(response)
        try:
            result: TaskRef | Task = await (self.client.get(ref) if ref else self.client.submit(self.case.request))
        except KlingkitError as error:
            return error
        return result


@contextmanager
def _at_once() -> Iterator[respx.MockRouter]:
    """Mock the transport; no pauses between attempts, no search for a task whose id a response lacks."""
    with (
        respx.mock(assert_all_called=False) as router,
        mock.patch.object(_submit, "RETRY_PAUSES", (0.0,) * RESENDS),
        mock.patch.object(_submit, "SEARCH_PAUSES", ()),
    ):
        router.route()
        yield router


@contextmanager
def mocked(case: ApiCase) -> Iterator[MockedClient]:
    """A blocking client."""
    with _at_once() as router, httpx.Client() as http, Client(case.api, http=http, pacing=None) as client:
        yield MockedClient(case, client, router)


@asynccontextmanager
async def mocked_async(case: ApiCase) -> AsyncIterator[AsyncMockedClient]:
    """A client with `await`."""
    with _at_once() as router:
        async with httpx.AsyncClient() as http, AsyncClient(case.api, http=http, pacing=None) as client:
            yield AsyncMockedClient(case, client, router)


def called_back(case: ApiCase, response: Response) -> Task | KlingkitError:
    """Receive it as a callback; return the task or the error."""
    task: Task | KlingkitError = outcome(lambda: parse_callback(case.name, content(response), {}).task)  # type: ignore[arg-type]  # a name of the ApiCases
    return task


def outcome(call: Callable[[], Any]) -> Any:
    """What a call returns, or the error that it raises."""
    try:
        return call()
    except KlingkitError as error:
        return error
