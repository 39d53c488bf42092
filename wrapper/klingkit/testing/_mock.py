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
    """Tries its own responses first, then the routes of `others`, then the other active mocks of respx.

    respx itself would try the mock that was started first. Side effects of other mocks may be asynchronous for an
    `httpx.AsyncClient`.

    Args:
        respond: Returns the response to a request, or None.
        others: Routes to try next.
        on_response: Is called with each response of other mocks; with None for a request that is passed through.
        fail: Raises the error of a request that has no response.
    """

    def __init__(
        self,
        respond: Callable[[httpx.Request], httpx.Response | None],
        others: respx.Router,
        on_response: Callable[[httpx.Request, httpx.Response | None], None],
        fail: Callable[[httpx.Request], NoReturn],
    ) -> None:
        super().__init__(assert_all_called=False)
        self._respond, self._others, self._on_response, self._fail = respond, others, on_response, fail
        self.origin = self.route()  # respx demands a route where a request is passed through

    def start(self) -> None:
        """Start to take requests, before the mocks that were started sooner."""
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
                with self._noting_pass_through(request):
                    found = mock.handler(request)
                if not isinstance(mock, Mock):  # another `Mock` reports its own responses
                    found.read()
                    self._on_response(request, found)
                return found
        return self._fail(request)

    async def async_handler(self, request: httpx.Request) -> httpx.Response:
        """Respond to a request of an `httpx.AsyncClient`."""
        response = self._respond(request)
        if response is not None:
            return response
        for mock in self._next():
            with suppress(respx.models.AllMockedAssertionError):
                with self._noting_pass_through(request):
                    found = await mock.async_handler(request)
                if not isinstance(mock, Mock):
                    await found.aread()
                    self._on_response(request, found)
                return found
        return self._fail(request)

    @contextmanager
    def _noting_pass_through(self, request: httpx.Request) -> Generator[None]:
        try:
            yield
        except respx.models.PassThrough:
            self._on_response(request, None)
            raise

    def _next(self) -> Iterator[respx.Router]:
        yield self._others
        yield from list(dropwhile(lambda mock: mock is not self, self._active()))[1:]

    def _active(self) -> list[respx.Router]:
        assert self.Mocker is not None
        return self.Mocker.routers
