"""One API's contract: its operations as the spec declares them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal, TypeAlias, get_args

import httpx

from klingkit.contract._schemas import Body, Node, resolved
from klingkit.contract._violations import Violation

__all__ = ["Api", "Contract", "below", "load", "named"]

Api: TypeAlias = Literal["kie", "native", "relay"]
Kind: TypeAlias = Literal["create", "query"]

KINDS: Final[Mapping[str, Kind]] = {"post": "create", "get": "query"}
JSON: Final = "application/json"


class Contract:
    """Verdicts by the spec of one API on what is sent and answered. Threads may share it.

    What the spec leaves open stays open: unknown fields of answers, unknown words for a state. Lengths count characters
    (code points). A key is never shown.

    Args:
        api: Which API.
        prefix: The path below which a gateway serves it, `/kling` say.

    Raises:
        ValueError: There is no such API, or the prefix is no path.
    """

    def __init__(self, api: Api, *, prefix: str = "") -> None:
        self.api: Api = named(api)
        self._prefix = below(prefix).rstrip("/")
        self._operations, self._callback = _compiled(api)

    def __repr__(self) -> str:
        return f"Contract({self.api!r})"

    def operation(self, method: str, path: str) -> Kind | None:
        """Name the operation that this is; None if the API has none such.

        Args:
            method: In any case.
            path: As it is sent, with percent signs; what follows a question mark is no part of it.
        """
        found = self._at(path)
        return found.kind if found and found.method == method.upper() else None

    def request(self, request: httpx.Request) -> list[Violation]:
        """Say what the spec forbids in a request; an asynchronous body must have been read."""
        operation = self._at(request.url.raw_path.decode())
        if operation is None:
            return [Violation("path", f"is {request.url.path}; there are {self._paths()}")]
        if operation.method != request.method:
            return [Violation("method", f"is {request.method}, must be {operation.method} at this path")]
        return [*_key(request.headers), *operation.query(request.url.params), *_body(operation, request)]

    def answer(self, request: httpx.Request, answer: httpx.Response) -> list[Violation]:
        """Say what the spec forbids in an answer; of what is no operation, it says nothing."""
        operation = self._at(request.url.raw_path.decode())
        if operation is None or operation.method != request.method:
            return []
        declared = operation.answers.get(answer.status_code)
        if declared is None:
            return [Violation("status", f"is {answer.status_code}; {_listed(operation.answers)} are declared")]
        return _media_type(answer.headers) or declared.violations(answer.read())

    def callback(self, body: bytes) -> list[Violation]:
        """Say what the spec forbids in the body of a callback."""
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
    """Parameter of the query -> whether it is required."""
    body: Body | None
    answers: Mapping[int, Body]
    """HTTP status -> what is answered under it."""

    def query(self, given: httpx.QueryParams) -> Iterator[Violation]:
        """Say what is wrong with the parameters of a query; all of them are texts."""
        for name, required in self.parameters.items():
            if required and name not in given:
                yield Violation(f"query.{name}", "is missing")
        for name in given:
            if name not in self.parameters:
                yield Violation(f"query.{name}", "is no parameter that is known here")
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
    told = f"is {stated[:60]}" if stated else "is missing"
    return [Violation("headers.content-type", f"{told}, must be {JSON}")]


def _listed(statuses: Mapping[int, object]) -> str:
    return ", ".join(map(str, statuses))


def below(prefix: str) -> str:
    """Return the path below which a gateway serves an API.

    Raises:
        ValueError: It is none.
    """
    if prefix and not (
        prefix.startswith("/") and "?" not in prefix and httpx.URL(f"http://h{prefix}").raw_path == prefix.encode()
    ):
        raise ValueError(f"prefix: a path as it is sent, that begins with a slash, or nothing, not {prefix!r}")
    return prefix


def named(api: Api) -> Api:
    """Return an API's name.

    Raises:
        ValueError: There is none of this name.
    """
    if api not in get_args(Api):
        raise ValueError(f"api: one of {', '.join(get_args(Api))}, not {api!r}")
    return api


@cache
def load(api: Api) -> Node:
    """The spec of an API."""
    spec: Node = json.loads(files("klingkit_api").joinpath(api, "openapi.json").read_text("utf-8"))
    return spec


@cache
def _compiled(api: Api) -> tuple[tuple[Operation, ...], Body]:
    """An API's operations, and the body of its callbacks."""
    spec = load(api)
    methods = [(path, method, node) for path, item in spec["paths"].items() for method, node in item.items()]
    (callback,) = [item for _, _, node in methods for item in node.get("callbacks", {}).values()]
    ((told,),) = [item.values() for item in callback.values()]
    return tuple(_operation(spec, *one) for one in methods), Body(spec, _schema(told["requestBody"]))


def _operation(spec: Node, path: str, method: str, node: Node) -> Operation:
    answers = ((int(status), resolved(spec, answer)) for status, answer in node["responses"].items())
    return Operation(
        kind=KINDS[method],
        method=method.upper(),
        path=path,
        pattern=re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))),
        parameters={one["name"]: one["required"] for one in node.get("parameters", ()) if one["in"] == "query"},
        body=Body(spec, _schema(node["requestBody"])) if "requestBody" in node else None,
        answers={status: Body(spec, _schema(answer)) for status, answer in answers},
    )


def _schema(holder: Node) -> dict[str, Any]:
    schema: dict[str, Any] = holder["content"][JSON]["schema"]
    return schema
