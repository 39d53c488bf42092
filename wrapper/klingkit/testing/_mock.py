"""Where respx hands a request over."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from itertools import dropwhile
from typing import NoReturn

import httpx
import respx

__all__ = ["Mock"]


class Mock(respx.MockRouter):
    """Asks for an answer here first, then `others`, then the mocks that are at work besides.

    respx itself would ask the one that was started first. What may be asynchronous of a mock is so for an
    `httpx.AsyncClient`.

    Args:
        answer: Answers a request; None: there is no answer here.
        others: Is asked next.
        heard: Is told what others have answered; None: it is passed through.
        fail: Says why nobody had an answer.
    """

    def __init__(
        self,
        answer: Callable[[httpx.Request], httpx.Response | None],
        others: respx.Router,
        heard: Callable[[httpx.Request, httpx.Response | None], None],
        fail: Callable[[httpx.Request], NoReturn],
    ) -> None:
        super().__init__(assert_all_called=False)
        self._answer, self._others, self._heard, self._fail = answer, others, heard, fail
        self.origin = self.route()

    def start(self) -> None:
        """Be asked from now on, before those that were started sooner."""
        super().start()
        mocks = self._at_work()
        mocks.insert(0, mocks.pop(mocks.index(self)))

    def handler(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of an `httpx.Client`."""
        answer = self._answer(request)
        if answer is not None:
            return answer
        for mock in self._further():
            with suppress(respx.models.AllMockedAssertionError):
                with self._passed(request):
                    found = mock.handler(request)
                if not isinstance(mock, Mock):
                    found.read()
                    self._heard(request, found)
                return found
        return self._fail(request)

    async def async_handler(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of an `httpx.AsyncClient`."""
        answer = self._answer(request)
        if answer is not None:
            return answer
        for mock in self._further():
            with suppress(respx.models.AllMockedAssertionError):
                with self._passed(request):
                    found = await mock.async_handler(request)
                if not isinstance(mock, Mock):
                    await found.aread()
                    self._heard(request, found)
                return found
        return self._fail(request)

    @contextmanager
    def _passed(self, request: httpx.Request) -> Generator[None]:
        try:
            yield
        except respx.models.PassThrough:
            self._heard(request, None)
            raise

    def _further(self) -> Iterator[respx.Router]:
        yield self._others
        yield from list(dropwhile(lambda mock: mock is not self, self._at_work()))[1:]

    def _at_work(self) -> list[respx.Router]:
        assert self.Mocker is not None
        return self.Mocker.routers
