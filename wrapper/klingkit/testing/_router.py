"""Mocked answers for all httpx clients of a process, and the spec's word on every request."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Final, NoReturn, Self

import httpx
import pytest
import respx

from klingkit.contract import Api, Contract, Violation
from klingkit.contract._service import is_base
from klingkit.testing._mock import Mock
from klingkit.testing._routes import Operation, Planned, Routes

__all__ = ["ENTERED", "Exchange", "Router"]


@dataclass(frozen=True)
class Exchange:
    """A request that went through, with its answer; None: it failed, as planned, or was sent after all."""

    api: Api
    operation: Operation
    request: httpx.Request
    answer: httpx.Response | None


class Router:
    """Answers instead of the APIs, at any host, while it is entered; no other request of httpx leaves the process.

    Each request and each answer is held against the spec. A violation, or a request that nothing was planned for, is an
    AssertionError for whoever has sent it, and again for whoever leaves the router: a service may swallow the first.
    One that swallows it and goes on asking is stopped at its next request, by what `pytest.fail` raises: no
    `except Exception` catches that.

    It is asked before all other mocks of respx that are at work, also a `Router` further out; they are asked for what
    it has no answer to.

    Attributes:
        kie: What kie.ai answers.
        native: What Kling's own API answers.
        relay: What a relay answers.
        others: A respx router for all other requests, for downloads say: `router.others.get(url).respond(200)`.
            Its routes may `pass_through()`.
        exchanges: What went through so far.
        violations: What was wrong so far, each with its field.
    """

    def __init__(self) -> None:
        self.kie: Routes = Routes("kie")
        self.native: Routes = Routes("native")
        self.relay: Routes = Routes("relay")
        self.others: respx.Router = respx.Router(assert_all_called=False)
        self.exchanges: list[Exchange] = []
        self.violations: list[str] = []
        self._through: list[httpx.URL] = []
        self._told = 0
        self._lock = threading.Lock()
        self._mock = Mock(self._answer, self.others, self._heard, self._unanswered)

    def __enter__(self) -> Self:
        self._mock.start()
        ENTERED.append(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        ENTERED.remove(self)
        self._mock.stop(quiet=True)
        if error is None:
            self.check()
        else:
            self.explain(error)

    def pass_through(self, base_url: str) -> Self:
        """Send requests below this URL after all, to a server of the test's own say: `klingkit_server.url`.

        Those to the APIs' operations are held against the spec all the same; their answers are not.

        Args:
            base_url: An absolute http or https URL.

        Raises:
            ValueError: It is none.
        """
        if not is_base(base_url):
            raise ValueError(f"base_url: an absolute http or https URL of a host and a path alone, not {base_url!r}")
        self._through.append(httpx.URL(base_url))
        return self

    def check(self) -> None:
        """Raise what has not been raised here before.

        Raises:
            AssertionError: There were violations; each is told once.
        """
        with self._lock:
            news, self._told = self.violations[self._told :], len(self.violations)
        if news:
            raise AssertionError("\n".join(news))

    def explain(self, error: BaseException) -> None:
        """Let an error tell what was wrong before it, instead of `check`."""
        with self._lock:
            news, self._told = self.violations[self._told :], len(self.violations)
        for told in news:
            if told not in str(error):
                error.add_note(f"klingkit_router saw before:\n{told}")

    def _answer(self, request: httpx.Request) -> httpx.Response | None:
        """Answer a request; None: there is no answer to it here.

        Raises:
            respx.models.PassThrough: It is to be sent after all.
        """
        if news := self.violations[self._told :]:
            pytest.fail("\n".join(news), pytrace=False)
        passing = any(_is_below(base, request.url) for base in self._through)
        if asked := self._operation(request):
            routes, contract, operation = asked
            planned = None if passing else routes.next(operation)
            found = contract.request(request)
            self._check(request, list(map(str, _outside(found) if planned and planned.unlisted else found)))
            if planned:
                return self._exchanged(contract, operation, request, planned)
        if passing:
            self._heard(request, None)
            raise respx.models.PassThrough(f"{request!r} is passed through", request=request, origin=self._mock.origin)
        return None

    def _operation(self, request: httpx.Request) -> tuple[Routes, Contract, Operation] | None:
        for routes, contract in self._contracts():
            if operation := contract.operation(request.method, request.url.raw_path.decode()):
                return routes, contract, operation
        return None

    def _contracts(self) -> Iterator[tuple[Routes, Contract]]:
        for routes in (self.kie, self.native, self.relay):
            yield routes, Contract(routes.api, prefix=routes.prefix)

    def _heard(self, request: httpx.Request, answer: httpx.Response | None) -> None:
        """Hold what others have answered for an API against its spec."""
        if asked := self._operation(request):
            _, contract, operation = asked
            if answer is None and any(one.request.stream is request.stream for one in self.exchanges):
                return  # respx asks for a pool of connections, and again for its connection
            if answer is not None:
                self._check(request, [f"mocked answer: {one}" for one in contract.answer(request, answer)])
            self.exchanges.append(Exchange(contract.api, operation, request, answer))

    def _unanswered(self, request: httpx.Request) -> NoReturn:
        """Say why nobody had an answer."""
        if asked := self._operation(request):
            _, contract, operation = asked
            self._violated(request, [f"nothing is planned: router.{contract.api}.{operation}(...)"])
        found = (contract.request(request)[0] for _, contract in self._contracts())
        method = next((str(one) for one in found if one.where == "method"), None)
        self._violated(request, [method or "path: is no operation of kie, native or relay, and nothing in `others`"])

    def _exchanged(
        self, contract: Contract, operation: Operation, request: httpx.Request, planned: Planned
    ) -> httpx.Response:
        if isinstance(planned.answer, Exception):
            self.exchanges.append(Exchange(contract.api, operation, request, None))
            raise planned.answer
        answer = planned.answer(request)
        if planned.checked:
            self._check(request, [f"mocked answer: {one}" for one in contract.answer(request, answer)])
        self.exchanges.append(Exchange(contract.api, operation, request, answer))
        return answer

    def _check(self, request: httpx.Request, found: Sequence[str]) -> None:
        if found:
            self._violated(request, found)

    def _violated(self, request: httpx.Request, found: Sequence[str]) -> NoReturn:
        told = "\n".join([f"{request.method} {request.url.copy_with(query=None)}", *(f"  {one}" for one in found)])
        with self._lock:
            self.violations.append(told)
        raise AssertionError(told)


ENTERED: Final[list[Router]] = []
"""The routers that are entered, in this process."""


def _outside(found: Sequence[Violation]) -> Sequence[Violation]:
    """What every request must have, whatever its body describes, if that is of a model that no document knows."""
    if not any(one.where in {"model", "model_name"} for one in found):
        return found
    return [one for one in found if one.where == "body" or one.where.startswith(("headers.", "query."))]


def _is_below(base: httpx.URL, url: httpx.URL) -> bool:
    same = (base.scheme, base.host, base.port) == (url.scheme, url.host, url.port)
    return same and f"{url.path}/".startswith(f"{base.path.rstrip('/')}/")
