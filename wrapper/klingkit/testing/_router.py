"""Mocked responses for all httpx clients of a process; every request is checked against the spec."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Final, NoReturn, Self

import httpx
import pytest
import respx

from klingkit._base import APIS
from klingkit.contract import Api, Contract, Violation
from klingkit.contract._service import is_base_url
from klingkit.providers._registry import ADAPTERS
from klingkit.testing._mock import Mock
from klingkit.testing._routes import Operation, Planned, Routes

__all__ = ["ACTIVE", "Exchange", "Router"]


@dataclass(frozen=True)
class Exchange:
    """A request and its response; None if an error was planned, or if the request was passed through."""

    api: Api
    operation: Operation
    request: httpx.Request
    response: httpx.Response | None


class Router:
    """Mocks the APIs at any host, in a `with` block; no request of httpx leaves the process meanwhile.

    Each request and each response is checked against the spec. A violation, or a request without a planned response,
    raises an AssertionError where the request was sent, and again when the block ends, because a service may swallow
    the first. A service that swallows it and sends another request gets the exception of `pytest.fail`, which no
    `except Exception` catches.

    The router goes before all other active mocks of respx, also before an outer `Router`; they get the requests that
    it has no response for.

    Attributes:
        kie: Planned responses of kie.ai.
        native: Planned responses of Kling's own API.
        relay: Planned responses of a relay.
        others: A respx router for all other requests, such as downloads: `router.others.get(url).respond(200)`.
            Its routes may `pass_through()`.
        exchanges: The requests so far, with their responses.
        violations: The violations so far, each with its field.
    """

    kie: Routes
    native: Routes
    relay: Routes

    def __init__(self) -> None:
        self._routes: Mapping[Api, Routes] = {api: Routes(api) for api in APIS}
        for api, routes in self._routes.items():
            setattr(self, api, routes)
        self.others: respx.Router = respx.Router(assert_all_called=False)
        self.exchanges: list[Exchange] = []
        self.violations: list[str] = []
        self._bases: list[httpx.URL] = []
        self._reported = 0
        self._lock = threading.Lock()
        self._mock = Mock(self._respond, self.others, self._on_response, self._fail)

    def __enter__(self) -> Self:
        self._mock.start()
        ACTIVE.append(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        ACTIVE.remove(self)
        self._mock.stop(quiet=True)
        if error is None:
            self.check()
        else:
            self.explain(error)

    def pass_through(self, base_url: str) -> Self:
        """Send requests below this URL to the server there, such as `klingkit_server.url`.

        Requests to the APIs' operations are checked against the spec all the same; their responses are not.

        Args:
            base_url: An absolute http or https URL.

        Raises:
            ValueError: It is not such a URL.
        """
        if not is_base_url(base_url):
            raise ValueError(f"base_url: an absolute http or https URL of a host and a path alone, not {base_url!r}")
        self._bases.append(httpx.URL(base_url))
        return self

    def check(self) -> None:
        """Raise the violations that were not reported before.

        Raises:
            AssertionError: There were violations; each is reported once.
        """
        if unreported := self._take_unreported():
            raise AssertionError("\n".join(unreported))

    def explain(self, error: BaseException) -> None:
        """Report the violations that were not reported before as notes of an error, instead of `check`."""
        for violation in self._take_unreported():
            if violation not in str(error):
                error.add_note(f"klingkit_router saw before:\n{violation}")

    def _take_unreported(self) -> list[str]:
        with self._lock:
            unreported, self._reported = self.violations[self._reported :], len(self.violations)
        return unreported

    def _respond(self, request: httpx.Request) -> httpx.Response | None:
        """Return the planned response to a request; None if there is none.

        Raises:
            respx.models.PassThrough: The request is to be sent.
        """
        if unreported := self.violations[self._reported :]:
            pytest.fail("\n".join(unreported), pytrace=False)
        passing = any(_is_below(base, request.url) for base in self._bases)
        if operation_of := self._operation(request):
            routes, contract, operation = operation_of
            planned = None if passing else routes.next(operation)
            found = contract.request(request)
            self._check(request, _besides_fields(found) if planned and planned.unlisted else found)
            if planned:
                return self._planned_response(contract, operation, request, planned)
        if passing:
            self._on_response(request, None)
            raise respx.models.PassThrough(f"{request!r} is passed through", request=request, origin=self._mock.origin)
        if (uploads := self._uploads(request)) and (planned := uploads.next("upload")):
            return self._planned_upload(uploads.api, request, planned)
        return None

    def _uploads(self, request: httpx.Request) -> Routes | None:
        """Return the API that takes a file by this request."""
        path = request.url.path if request.method == "POST" else ""
        known = ((each, ADAPTERS[api].upload_paths) for api, each in self._routes.items())
        return next((each for each, paths in known if path in paths or path.removeprefix(each.prefix) in paths), None)

    def _planned_upload(self, api: Api, request: httpx.Request, planned: Planned) -> httpx.Response:
        if not request.headers.get("Authorization", "").startswith("Bearer "):
            self._violated(request, ["headers.Authorization: is not a bearer token"])
        if isinstance(planned.outcome, Exception):
            self.exchanges.append(Exchange(api, "upload", request, None))
            raise planned.outcome
        response = planned.outcome(request)
        self.exchanges.append(Exchange(api, "upload", request, response))
        return response

    def _operation(self, request: httpx.Request) -> tuple[Routes, Contract, Operation] | None:
        for routes, contract in self._contracts():
            if operation := contract.operation(request.method, request.url.raw_path.decode()):
                return routes, contract, operation
        return None

    def _contracts(self) -> Iterator[tuple[Routes, Contract]]:
        for routes in self._routes.values():
            yield routes, Contract(routes.api, prefix=routes.prefix)

    def _on_response(self, request: httpx.Request, response: httpx.Response | None) -> None:
        """Check the response of another mock to an API's operation; None: the request is passed through."""
        if operation_of := self._operation(request):
            _, contract, operation = operation_of
            if response is None and any(one.request.stream is request.stream for one in self.exchanges):
                return  # respx calls for a pool of connections, and again for its connection
            if response is not None:
                self._check(request, contract.response(request, response), "mocked response: ")
            self.exchanges.append(Exchange(contract.api, operation, request, response))

    def _fail(self, request: httpx.Request) -> NoReturn:
        """Raise the error of a request that has no response."""
        if operation_of := self._operation(request):
            _, contract, operation = operation_of
            self._violated(request, [f"no response is planned: router.{contract.api}.{operation}(...)"])
        if uploads := self._uploads(request):
            self._violated(request, [f"no response is planned: router.{uploads.api}.upload(...)"])
        found = (contract.request(request)[0] for _, contract in self._contracts())
        method = next((str(one) for one in found if one.where == "method"), None)
        self._violated(
            request,
            [method or f"path: is not an operation of {', '.join(APIS[:-1])} or {APIS[-1]}, nor a route of `others`"],
        )

    def _planned_response(
        self, contract: Contract, operation: Operation, request: httpx.Request, planned: Planned
    ) -> httpx.Response:
        if isinstance(planned.outcome, Exception):
            self.exchanges.append(Exchange(contract.api, operation, request, None))
            raise planned.outcome
        response = planned.outcome(request)
        if planned.checked:
            self._check(request, contract.response(request, response), "mocked response: ")
        self.exchanges.append(Exchange(contract.api, operation, request, response))
        return response

    def _check(self, request: httpx.Request, found: Sequence[Violation], prefix: str = "") -> None:
        if found:
            self._violated(request, [f"{prefix}{one}" for one in found])

    def _violated(self, request: httpx.Request, problems: Sequence[str]) -> NoReturn:
        target = f"{request.method} {request.url.copy_with(query=None)}"  # a query may hold a key
        violation = "\n".join([target, *(f"  {one}" for one in problems)])
        with self._lock:
            self.violations.append(violation)
        raise AssertionError(violation)


ACTIVE: Final[list[Router]] = []
"""The active routers of this process."""


def _besides_fields(found: Sequence[Violation]) -> Sequence[Violation]:
    """Leave out violations of fields if the model is unknown: no document describes its fields."""
    if not any(one.where in {"model", "model_name"} for one in found):
        return found
    return [one for one in found if one.where == "body" or one.where.startswith(("headers.", "query."))]


def _is_below(base: httpx.URL, url: httpx.URL) -> bool:
    same = (base.scheme, base.host, base.port) == (url.scheme, url.host, url.port)
    return same and f"{url.path}/".startswith(f"{base.path.rstrip('/')}/")
