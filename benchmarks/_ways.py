"""Ways to query the state of one task: klingkit, HTTP libraries, and the clients of other services.

Each is a context manager that takes the URL of `_server.serving`, opens a client, and yields a function that makes one
query by the library's own method and returns the state. Those clients are not installed for development, so they are
imported by name, and without types.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from http.client import HTTPConnection
from importlib import import_module
from typing import Any, Final, TypeAlias

import httpx

from klingkit import AsyncClient, Client, TaskRef
from klingkit.kie import Kie
from klingkit_api.kie import AuthenticatedClient
from klingkit_api.kie.api.jobs import get_record_info

__all__ = ["ASYNCHRONOUS", "BLOCKING", "KEY", "REF", "Asynchronous", "Blocking", "check"]

KEY: Final = "key-of-nobody-0123456789"
HEADERS: Final = {"Authorization": f"Bearer {KEY}"}
REF: Final = TaskRef("kie", "jobs", "t-1")
PATH: Final = f"/api/v1/jobs/recordInfo?taskId={REF.id}"
LONG: Final = 600.0
"""Seconds that a query may take: the pools of some let it wait for long."""

Query: TypeAlias = Callable[[], object]
AsyncQuery: TypeAlias = Callable[[], Awaitable[object]]
Blocking: TypeAlias = Callable[[str], AbstractContextManager[Query]]
Asynchronous: TypeAlias = Callable[[str], AbstractAsyncContextManager[AsyncQuery]]

ENDED: Final = frozenset({"success", "succeeded", "completed", "true"})


def check(state: object) -> None:
    """Check that a query has found the task ended, as the local server says.

    Raises:
        ValueError: It has not.
    """
    if str(state).lower() not in ENDED:
        raise ValueError(f"the task is {state!r}")


def state_of(record: Any) -> object:
    """Read the state from a record of kie."""
    return record["data"]["state"]


@contextmanager
def klingkit(url: str) -> Generator[Query]:
    """Query by `Client`."""
    with Client(Kie(KEY, url)) as client:
        yield lambda: client.get(REF).status


@contextmanager
def generated(url: str) -> Generator[Query]:
    """Query by the generated function."""
    with AuthenticatedClient(url, KEY) as client:
        yield lambda: _state(get_record_info.sync(client=client, task_id=REF.id))


def _state(body: Any) -> object:
    return body.data.state


@contextmanager
def bare_httpx(url: str, library: str = "httpx") -> Generator[Query]:
    """Query by a client of httpx, and parse the JSON."""
    with import_module(library).Client(headers=HEADERS) as client:
        yield lambda: state_of(client.get(url + PATH).json())


@contextmanager
def httpx2(url: str) -> Generator[Query]:
    """Do so with its successor."""
    with bare_httpx(url, "httpx2") as query:
        yield query


@contextmanager
def http_client(url: str) -> Generator[Query]:
    """Query by the standard library."""
    connection = HTTPConnection(url.removeprefix("http://"))

    def query() -> object:
        connection.request("GET", PATH, headers=HEADERS)
        return state_of(json.loads(connection.getresponse().read()))

    yield query
    connection.close()


@contextmanager
def openai(url: str) -> Generator[Query]:
    """Query a video of openai."""
    with import_module("openai").OpenAI(api_key=KEY, base_url=f"{url}/v1") as client, quiet():
        yield lambda: client.videos.retrieve("t-1").status


@contextmanager
def runwayml(url: str) -> Generator[Query]:
    """Query a task of Runway."""
    with import_module("runwayml").RunwayML(api_key=KEY, base_url=url) as client:
        yield lambda: client.tasks.retrieve("t-1").status


@contextmanager
def replicate(url: str) -> Generator[Query]:
    """Query a prediction of Replicate."""
    client = import_module("replicate").Client(KEY, base_url=url)
    yield lambda: client.predictions.get("t-1").status


@contextmanager
def fal_client(url: str) -> Generator[Query]:
    """Query a request in fal's queue, whose host can be set for the whole module alone."""
    client = _fal(url).SyncClient(key=KEY)
    yield lambda: type(client.status("bench/model", "t-1")).__name__


def _fal(url: str) -> Any:
    import_module("fal_client.client").QUEUE_URL_FORMAT = f"{url}/"  # type: ignore[attr-defined]
    return import_module("fal_client")


@contextmanager
def google_genai(url: str) -> Generator[Query]:
    """Query an operation of Gemini."""
    client, operation = _genai(url)
    yield lambda: client.operations.get(operation).done
    client.close()


def _genai(url: str) -> tuple[Any, Any]:
    types = import_module("google.genai.types")
    client = import_module("google.genai").Client(api_key=KEY, http_options=types.HttpOptions(base_url=url))
    return client, types.GenerateVideosOperation(name="models/veo/operations/t-1")


@contextmanager
def quiet() -> Generator[None]:
    """Hide the warning that openai's videos will end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


@asynccontextmanager
async def async_klingkit(url: str) -> AsyncGenerator[AsyncQuery]:
    """Query by `AsyncClient`."""
    async with AsyncClient(Kie(KEY, url)) as client:

        async def query() -> object:
            return (await client.get(REF, timeout=LONG)).status

        yield query


@asynccontextmanager
async def async_generated(url: str) -> AsyncGenerator[AsyncQuery]:
    """Query by the generated coroutine function."""
    async with AuthenticatedClient(url, KEY, timeout=httpx.Timeout(LONG)) as client:

        async def query() -> object:
            return _state(await get_record_info.asyncio(client=client, task_id=REF.id))

        yield query


@asynccontextmanager
async def async_httpx(url: str, library: str = "httpx") -> AsyncGenerator[AsyncQuery]:
    """Query by an async client of httpx, and parse the JSON."""
    async with import_module(library).AsyncClient(headers=HEADERS, timeout=LONG) as client:

        async def query() -> object:
            return state_of((await client.get(url + PATH)).json())

        yield query


@asynccontextmanager
async def async_httpx2(url: str) -> AsyncGenerator[AsyncQuery]:
    """Do so with its successor."""
    async with async_httpx(url, "httpx2") as query:
        yield query


@asynccontextmanager
async def aiohttp(url: str) -> AsyncGenerator[AsyncQuery]:
    """Query by aiohttp."""
    async with import_module("aiohttp").ClientSession(headers=HEADERS) as session:

        async def query() -> object:
            async with session.get(url + PATH) as found:
                return state_of(await found.json())

        yield query


@asynccontextmanager
async def async_openai(url: str) -> AsyncGenerator[AsyncQuery]:
    """Query a video of openai."""
    async with import_module("openai").AsyncOpenAI(api_key=KEY, base_url=f"{url}/v1", timeout=LONG) as client:

        async def query() -> object:
            return (await client.videos.retrieve("t-1")).status

        with quiet():
            yield query


@asynccontextmanager
async def async_runwayml(url: str) -> AsyncGenerator[AsyncQuery]:
    """Query a task of Runway."""
    async with import_module("runwayml").AsyncRunwayML(api_key=KEY, base_url=url, timeout=LONG) as client:

        async def query() -> object:
            return (await client.tasks.retrieve("t-1")).status

        yield query


@asynccontextmanager
async def async_replicate(url: str) -> AsyncGenerator[AsyncQuery]:
    """Query a prediction of Replicate."""
    client = import_module("replicate").Client(KEY, base_url=url, timeout=httpx.Timeout(LONG))

    async def query() -> object:
        return (await client.predictions.async_get("t-1")).status

    yield query
    await client._async_client.aclose()  # noqa: SLF001 - it has no public one


@asynccontextmanager
async def async_fal_client(url: str) -> AsyncGenerator[AsyncQuery]:
    """Query a request in fal's queue."""
    import_module("fal_client.client").QUEUE_POLL_TIMEOUT = LONG  # type: ignore[attr-defined]
    client = _fal(url).AsyncClient(key=KEY)

    async def query() -> object:
        return type(await client.status("bench/model", "t-1")).__name__

    yield query
    await (await client._client).aclose()  # noqa: SLF001 - it has no public one


@asynccontextmanager
async def async_google_genai(url: str) -> AsyncGenerator[AsyncQuery]:
    """Query an operation of Gemini."""
    client, operation = _genai(url)

    async def query() -> object:
        return (await client.aio.operations.get(operation)).done

    yield query
    await client.aio.aclose()


BLOCKING: Final[Mapping[str, Blocking]] = {
    "httpx": bare_httpx,
    "klingkit": klingkit,
    "generated": generated,
    "httpx2": httpx2,
    "http.client": http_client,
    "openai": openai,
    "runwayml": runwayml,
    "replicate": replicate,
    "fal-client": fal_client,
    "google-genai": google_genai,
}

ASYNCHRONOUS: Final[Mapping[str, Asynchronous]] = {
    "httpx": async_httpx,
    "klingkit": async_klingkit,
    "generated": async_generated,
    "httpx2": async_httpx2,
    "aiohttp": aiohttp,
    "openai": async_openai,
    "runwayml": async_runwayml,
    "replicate": async_replicate,
    "fal-client": async_fal_client,
    "google-genai": async_google_genai,
}
