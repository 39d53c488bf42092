"""A respx mock that takes requests before all others."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from itertools import dropwhile
from typing import NoReturn

import httpx
import respx

__all__ = ["Mock"]


class Mock(respx.MockRouter):
    """Tries its own responses first, then `first_routes`, then the other active mocks of respx.

    respx itself would first try the mock that was started earliest. The side effects of the other mocks may be
    asynchronous for an `httpx.AsyncClient`.

    Args:
        respond: Returns the response to a request, or None.
        first_routes: Routes to try before the other active mocks (`Router.others`).
        on_response: Called with each response of these routes and mocks; with None if a request is passed through.
        fail: Raises the error for a request that has no response.
    """

    def __init__(
        self,
        respond: Callable[[httpx.Request], httpx.Response | None],
        first_routes: respx.Router,
        on_response: Callable[[httpx.Request, httpx.Response | None], None],
        fail: Callable[[httpx.Request], NoReturn],
    ) -> None:
        super().__init__(assert_all_called=False)
        self._respond, self._first_routes, self._on_response, self._fail = respond, first_routes, on_response, fail
        self.pass_through_route = self.route()  # respx requires a route for each request that is passed through

    def start(self) -> None:
        """Start to take requests, before the mocks that were started earlier."""
        super().start()
        mocks = self._active()
        mocks.insert(0, mocks.pop(mocks.index(self)))

    def handler(self, request: httpx.Request) -> httpx.Response:
        """Respond to a request of an `httpx.Client`."""
        response = self._respond(request)
        if response is not None:
            return response
        for mock in self._next():
            with suppress(respx.models.AllMockedAssertionError):
                with self._reporting_pass_through(request):
                    mocked_response = mock.handler(request)
                if not isinstance(mock, Mock):  # another `Mock` reports its own responses
                    mocked_response.read()
                    self._on_response(request, mocked_response)
                return mocked_response
        return self._fail(request)

    async def async_handler(self, request: httpx.Request) -> httpx.Response:
        """Respond to a request of an `httpx.AsyncClient`."""
        response = self._respond(request)
        if response is not None:
            return response
        for mock in self._next():
            with suppress(respx.models.AllMockedAssertionError):
                with self._reporting_pass_through(request):
                    mocked_response = await mock.async_handler(request)
                if not isinstance(mock, Mock):
                    await mocked_response.aread()
                    self._on_response(request, mocked_response)
                return mocked_response
        return self._fail(request)

    @contextmanager
    def _reporting_pass_through(self, request: httpx.Request) -> Generator[None]:
        """Report a request that a mock passes through to the network."""
        try:
            yield
        except respx.models.PassThrough:
            self._on_response(request, None)
            raise

    def _next(self) -> Iterator[respx.Router]:
        yield self._first_routes
        yield from list(dropwhile(lambda mock: mock is not self, self._active()))[1:]

    def _active(self) -> list[respx.Router]:
        assert self.Mocker is not None
        return self.Mocker.routers
