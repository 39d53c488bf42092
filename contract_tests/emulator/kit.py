"""Helpers of the emulator's tests: a class for each API that sends requests in process, and a server for callbacks.

A test over `APIS` covers what they have in common; the differences are data here, copied by hand from the documents.
"""

import json
import queue
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import anyio
import httpx
import pytest

from klingkit.emulator import Clock, Emulator, Fault, Finish, VirtualClock
from scripts.checks.boundaries import ordinary
from scripts.checks.endpoints import ENDPOINTS
from scripts.checks.oracle import DocumentedRequest, apis, documented

KLING_26 = "kling-2.6/text-to-video"
KLING_21 = "kling/v2-1-pro"
KLING_25 = "kling/v2-5-turbo-text-to-video-pro"
DOCUMENTED: dict[str, dict[Any, DocumentedRequest]] = {
    api: {model: it for it in documented(api) for model in it.models} for api in apis()
}
"""API -> model -> the request that its document describes."""


class Api:
    """An API of an emulator in process, used with one API key."""

    name: ClassVar[str]
    models: ClassVar[tuple[str, ...]]  # the last one is the default
    create_path: ClassVar[str]
    query_path: ClassVar[str]
    task_id: ClassVar[str]  # the name of the field in responses
    state: ClassVar[str]  # likewise
    model_field: ClassVar[str]
    callback: ClassVar[str]  # the name of the callback URL's field in requests
    vendor_states: ClassVar[Mapping[str, str]]  # the emulator's state -> the vendor's name of it
    codes: ClassVar[Mapping[str, tuple[int, int]]]  # problem -> HTTP status and code of the error

    def __init__(self, emulator: Emulator | None = None, key: str = "a-key") -> None:
        self.emulator = emulator or Emulator(clock=VirtualClock())
        self.headers = {"Authorization": f"Bearer {key}"}

    @classmethod
    def on_emulator(cls, finish: Finish | None = None, clock: Clock | None = None, **options: Any) -> "Api":
        return cls(Emulator(finish=finish, clock=clock or VirtualClock(), **options))

    @classmethod
    def with_faults(cls, *faults: Fault, **options: Any) -> "Api":
        return cls.on_emulator(faults=faults, **options)

    def request(self, method: str, path: str, *, backend: str = "asyncio", **options: Any) -> httpx.Response:
        async def exchange() -> httpx.Response:
            transport = httpx.ASGITransport(self.emulator.app)
            async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
                headers = self.headers | options.pop("headers", {})
                return await client.request(method, f"http://emulator{path}", headers=headers, **options)

        return anyio.run(exchange, backend=backend)

    @classmethod
    def body(cls, model: object = None, /, **changes: object) -> dict[str, Any]:
        """Return the smallest request that the model's document allows, with these changes to its fields."""
        raise NotImplementedError

    @classmethod
    def body_with_callback(cls, url: str, model: object = None) -> dict[str, Any]:
        return cls.body(model) | {cls.callback: url}

    @classmethod
    def path_of(cls, task_id: str) -> str:
        raise NotImplementedError

    def create(self, body: object) -> httpx.Response:
        # A number too large for Python is valid JSON; the word Infinity is not.
        return self.send_content(json.dumps(body).replace("Infinity", "1e400").encode())

    def send_content(self, content: bytes, media_type: str = "application/json") -> httpx.Response:
        return self.request("POST", self.create_path, content=content, headers={"Content-Type": media_type})

    def create_task(self, body: object = None, /, **changes: object) -> str:
        return self.id_in(self.create(body or self.body(**changes)))

    def query(self, task_id: str) -> httpx.Response:
        return self.request("GET", self.path_of(task_id))

    def record(self, task_id: str) -> dict[str, Any]:
        return self.data(self.query(task_id))

    def states(self, *task_ids: str) -> list[str]:
        """Query each task; return its state as the emulator names it."""
        state_names = {vendor_state: state for state, vendor_state in self.vendor_states.items()}
        return [state_names[self.record(task_id)[self.state]] for task_id in task_ids]

    def video(self, task_id: str, **headers: str) -> httpx.Response:
        return self.request("GET", self.url(self.record(task_id)).removeprefix("http://emulator"), headers=headers)

    @classmethod
    def data(cls, response: httpx.Response) -> dict[str, Any]:
        """Check the envelope of a response; return its data."""
        raise NotImplementedError

    @classmethod
    def id_in(cls, response: httpx.Response) -> str:
        task_id = cls.data(response)[cls.task_id]
        assert isinstance(task_id, str)
        return task_id

    @classmethod
    def url(cls, record: dict[str, Any]) -> str:
        """Return the URL of the video in a record."""
        raise NotImplementedError

    @classmethod
    def message(cls, response: httpx.Response, problem: str) -> str:
        """Check the format of an error response; return its message."""
        raise NotImplementedError


class Kie(Api):
    name = "kie"
    models = (*(model for model in DOCUMENTED["kie"] if model != KLING_25), KLING_25)
    model_field = "model"
    create_path = ENDPOINTS["kie"].create
    query_path = "/api/v1/jobs/recordInfo"
    task_id, state, callback = "taskId", "state", "callBackUrl"
    vendor_states: ClassVar = {"accepted": "waiting", "running": "waiting", "succeeded": "success", "failed": "fail"}
    codes: ClassVar = ENDPOINTS["kie"].errors

    @classmethod
    def body(cls, model: object = None, /, **changes: object) -> dict[str, Any]:
        model = KLING_25 if model is None else model
        smallest = ordinary({}, DOCUMENTED["kie"][model].typed)
        prompt = {"prompt": "雨中的猫"} if "prompt" in smallest else {}
        return {"model": model, "input": {**smallest, **prompt, **changes}}

    @classmethod
    def path_of(cls, task_id: str) -> str:
        return str(httpx.URL(cls.query_path, params={"taskId": task_id}))

    @classmethod
    def data(cls, response: httpx.Response) -> dict[str, Any]:
        body = response.json()
        assert (response.status_code, body["code"], body["msg"]) == (200, 200, "success"), body
        assert body.keys() == {"code", "msg", "data"}
        data: dict[str, Any] = body["data"]
        return data

    @classmethod
    def url(cls, record: dict[str, Any]) -> str:
        (url,) = json.loads(record["resultJson"])["resultUrls"]
        return str(url)

    @classmethod
    def message(cls, response: httpx.Response, problem: str) -> str:
        body = response.json()
        assert (response.status_code, body["code"]) == cls.codes[problem], body
        assert body == {"code": body["code"], "msg": body["msg"], "data": None}
        return str(body["msg"])


class Kling(Api):
    """The common part of the native API and the relay."""

    task_id, state, callback, model_field = "task_id", "task_status", "callback_url", "model_name"

    @classmethod
    def path_of(cls, task_id: str) -> str:
        return f"{cls.create_path}/{task_id}"

    @classmethod
    def url(cls, record: dict[str, Any]) -> str:
        (video,) = record["task_result"]["videos"]
        return str(video["url"])


class Native(Kling):
    name = "native"
    models = tuple(DOCUMENTED["native"])
    create_path = ENDPOINTS["native"].create
    query_path = "/v1/videos/text2video/CmYgjmbyMToAAAAAAF6svw"
    vendor_states: ClassVar = {
        "accepted": "submitted",
        "running": "processing",
        "succeeded": "completed",
        "failed": "failed",
    }
    codes: ClassVar = ENDPOINTS["native"].errors

    @classmethod
    def body(cls, model: object = None, /, **changes: object) -> dict[str, Any]:
        model = cls.models[-1] if model is None else model
        return {"model_name": model, "mode": "std", "prompt": "雨中的猫", **changes}

    @classmethod
    def data(cls, response: httpx.Response) -> dict[str, Any]:
        body: dict[str, Any] = response.json()
        assert response.status_code == 200, body
        return body

    @classmethod
    def message(cls, response: httpx.Response, problem: str) -> str:
        body = response.json()
        assert (response.status_code, body["code"]) == cls.codes[problem], body
        assert body.keys() == {"code", "message", "request_id"}
        return str(body["message"])


class Relay(Kling):
    name = "relay"
    models = tuple(DOCUMENTED["relay"])
    create_path = ENDPOINTS["relay"].create
    query_path = "/kling/v1/videos/text2video/814237883686625347"
    vendor_states: ClassVar = Native.vendor_states | {"succeeded": "succeed"}
    codes: ClassVar = ENDPOINTS["relay"].errors

    @classmethod
    def body(cls, model: object = None, /, **changes: object) -> dict[str, Any]:
        return {"model_name": cls.models[-1] if model is None else model, "prompt": "雨中的猫", **changes}

    @classmethod
    def data(cls, response: httpx.Response) -> dict[str, Any]:
        body = response.json()
        assert (response.status_code, body["code"], body["message"]) == (200, 0, "SUCCEED"), body
        assert body.keys() == {"code", "message", "request_id", "data"}
        data: dict[str, Any] = body["data"]
        return data

    @classmethod
    def message(cls, response: httpx.Response, problem: str) -> str:
        body = response.json()
        assert (response.status_code, body["code"]) == cls.codes[problem], body
        assert body.keys() == {"code", "message", "request_id", "data"}
        assert body["data"] is None
        return str(body["message"])


ApiClass = type[Api]
APIS: tuple[ApiClass, ...] = (Kie, Native, Relay)


def parametrize_apis(apis: tuple[type[Api], ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("api_class", apis, ids=lambda api_class: api_class.name)


every_api: Callable[..., Any] = parametrize_apis(APIS)
native_and_relay: Callable[..., Any] = parametrize_apis((Native, Relay))


@dataclass
class ReceivedRequest:
    """A request that the callback server received."""

    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class CallbackServer:
    """A small loopback server that receives callbacks."""

    port: int
    status: int = 200
    location: str = ""
    calls: queue.Queue[ReceivedRequest] = field(default_factory=queue.Queue)
    may_respond: threading.Event = field(default_factory=threading.Event)  # while it is cleared, callers wait

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/done"

    def next(self) -> ReceivedRequest:
        return self.calls.get(timeout=10)


@contextmanager
def callback_server() -> Generator[CallbackServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            receiver.calls.put(ReceivedRequest(self.path, dict(self.headers), body))
            receiver.may_respond.wait(10)
            self.send_response(receiver.status)
            if receiver.location:
                self.send_header("Location", receiver.location)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 64  # a full backlog would cost its callers a second

    with Server(("127.0.0.1", 0), Handler) as server:
        receiver = CallbackServer(server.server_address[1])
        receiver.may_respond.set()
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield receiver
        finally:
            receiver.may_respond.set()
            server.shutdown()
            thread.join()
