"""The contract of one API: its operations, as its spec declares them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal, TypeAlias

import httpx

from klingkit._base import APIS, Api
from klingkit.contract._schemas import BodySchema, Node, resolve
from klingkit.contract._violations import Violation

__all__ = ["JSON", "Api", "Contract", "check_api", "check_prefix", "load"]

Kind: TypeAlias = Literal["create", "query"]

KINDS: Final[Mapping[str, Kind]] = {"post": "create", "get": "query"}
JSON: Final = "application/json"


class Contract:
    """Checks requests, responses and callbacks against the spec of one API. Threads may share it.

    What the spec leaves open stays open: unknown fields of responses, unknown states. Lengths count characters (code
    points). No message contains an API key.

    Args:
        api: Name of the API.
        prefix: The path below which a gateway serves the API, such as `/kling`.

    Raises:
        ValueError: There is no such API, or the prefix is not a path.
    """

    def __init__(self, api: Api, *, prefix: str = "") -> None:
        self.api: Api = check_api(api)
        self._prefix = check_prefix(prefix).rstrip("/")
        self._operations, self._callback = _compiled(api)

    def __repr__(self) -> str:
        return f"Contract({self.api!r})"

    def operation(self, method: str, path: str) -> Kind | None:
        """Return the kind of operation at a method and path; None if the API has none there.

        Args:
            method: In any case.
            path: As it is sent, percent-encoded; a query string is ignored.
        """
        found = self._at(path)
        return found.kind if found and found.method == method.upper() else None

    def request(self, request: httpx.Request) -> list[Violation]:
        """Check a request; an asynchronous body must have been read before."""
        operation = self._at(request.url.raw_path.decode())
        if operation is None:
            return [Violation("path", f"is {request.url.path}; the API has {self._paths()}")]
        if operation.method != request.method:
            return [Violation("method", f"is {request.method}, must be {operation.method} at this path")]
        return [*_key(request.headers), *operation.query(request.url.params), *_body(operation, request)]

    def response(self, request: httpx.Request, response: httpx.Response) -> list[Violation]:
        """Check the response to a request; there are no violations where the API has no such operation."""
        operation = self._at(request.url.raw_path.decode())
        if operation is None or operation.method != request.method:
            return []
        declared = operation.responses.get(response.status_code)
        if declared is None:
            return [Violation("status", f"is {response.status_code}; {_listed(operation.responses)} are declared")]
        return _media_type(response.headers) or declared.violations(response.read())

    def statuses(self, operation: Kind) -> tuple[int, ...]:
        """Return the HTTP statuses that the spec declares for the responses of an operation."""
        return next(tuple(one.responses) for one in self._operations if one.kind == operation)

    def callback(self, body: bytes) -> list[Violation]:
        """Check the body of a callback."""
        return self._callback.violations(body)

    def _at(self, path: str) -> Operation | None:
        bare = path.split("?", maxsplit=1)[0]
        if not bare.startswith(self._prefix):
            return None
        own = bare.removeprefix(self._prefix)
        return next((one for one in self._operations if one.pattern.fullmatch(own)), None)

    def _paths(self) -> str:
        return " and ".join(f"{self._prefix}{one.path}" for one in self._operations)


@dataclass(frozen=True)
class Operation:
    """One operation of a spec, compiled."""

    kind: Kind
    method: str
    path: str
    pattern: re.Pattern[str]
    parameters: Mapping[str, bool]
    """Query parameter -> whether it is required."""
    body: BodySchema | None
    responses: Mapping[int, BodySchema]
    """HTTP status -> the body of the response."""

    def query(self, given: httpx.QueryParams) -> Iterator[Violation]:
        """Check the query parameters, which are all strings."""
        for name, required in self.parameters.items():
            if required and name not in given:
                yield Violation(f"query.{name}", "is missing")
        for name in given:
            if name not in self.parameters:
                yield Violation(f"query.{name}", "is an unknown parameter")
            elif (count := len(given.get_list(name))) > 1:
                yield Violation(f"query.{name}", f"is given {count} times, may be given once")


def _key(headers: httpx.Headers) -> Iterator[Violation]:
    given = headers.get_list("Authorization")
    scheme, _, key = given[0].partition(" ") if given else ("", "", "")
    if not given:
        yield Violation("headers.authorization", "is missing, must be `Bearer` and the key")
    elif len(given) > 1:
        yield Violation("headers.authorization", f"is given {len(given)} times, may be given once")
    elif scheme.lower() != "bearer":
        yield Violation("headers.authorization", "must be `Bearer` and the key")
    elif not key.strip() or " " in key:
        yield Violation("headers.authorization", "must have one key after `Bearer`")


def _body(operation: Operation, request: httpx.Request) -> list[Violation]:
    content = request.read()
    if operation.body is None:
        return [Violation("body", f"has {len(content)} bytes, may have none")] if content else []
    if not content:
        return [Violation("body", "is missing")]
    return _media_type(request.headers) or operation.body.violations(content)


def _media_type(headers: httpx.Headers) -> list[Violation]:
    stated = headers.get("Content-Type", "")
    if stated.split(";")[0].strip().lower() == JSON:
        return []
    found = f"is {stated[:60]}" if stated else "is missing"
    return [Violation("headers.content-type", f"{found}, must be {JSON}")]


def _listed(statuses: Mapping[int, object]) -> str:
    return ", ".join(map(str, statuses))


def check_prefix(prefix: str) -> str:
    """Return the path below which a gateway serves an API.

    Raises:
        ValueError: It is not a path.
    """
    if prefix and not (
        prefix.startswith("/") and "?" not in prefix and httpx.URL(f"http://h{prefix}").raw_path == prefix.encode()
    ):
        raise ValueError(f"prefix: a percent-encoded path that begins with a slash, or an empty string, not {prefix!r}")
    return prefix


def check_api(api: Api) -> Api:
    """Return the name of an API.

    Raises:
        ValueError: There is no API of this name.
    """
    if api not in APIS:
        raise ValueError(f"api: one of {', '.join(APIS)}, not {api!r}")
    return api


@cache
def load(api: Api) -> Node:
    """Read the spec of an API."""
    spec: Node = json.loads(files("klingkit_api").joinpath(api, "openapi.json").read_text("utf-8"))
    return spec


@cache
def _compiled(api: Api) -> tuple[tuple[Operation, ...], BodySchema]:
    """Compile the operations of an API, and the body of its callbacks."""
    spec = load(api)
    methods = [(path, method, node) for path, item in spec["paths"].items() for method, node in item.items()]
    (callback,) = [item for _, _, node in methods for item in node.get("callbacks", {}).values()]
    ((delivery,),) = [item.values() for item in callback.values()]
    return tuple(_operation(spec, *one) for one in methods), BodySchema(spec, _schema(delivery["requestBody"]))


def _operation(spec: Node, path: str, method: str, node: Node) -> Operation:
    responses = ((int(status), resolve(spec, response)) for status, response in node["responses"].items())
    return Operation(
        kind=KINDS[method],
        method=method.upper(),
        path=path,
        pattern=re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))),
        parameters={one["name"]: one["required"] for one in node.get("parameters", ()) if one["in"] == "query"},
        body=BodySchema(spec, _schema(node["requestBody"])) if "requestBody" in node else None,
        responses={status: BodySchema(spec, _schema(response)) for status, response in responses},
    )


def _schema(holder: Node) -> dict[str, Any]:
    schema: dict[str, Any] = holder["content"][JSON]["schema"]
    return schema
