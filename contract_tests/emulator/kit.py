"""What the emulator's tests share: the API called in process, requests that the documents allow, a receiver."""

import json
import queue
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import anyio
import httpx

from klingkit.emulator import Emulator

KLING_26 = "kling-2.6/text-to-video"
KLING_21 = "kling/v2-1-pro"
KLING_25 = "kling/v2-5-turbo-text-to-video-pro"
MODELS = (KLING_26, KLING_21, KLING_25)

CREATE = "/api/v1/jobs/createTask"
QUERY = "/api/v1/jobs/recordInfo"


def request_for(model: str, **changes: object) -> dict[str, Any]:
    """The smallest request that the model's document allows, with these changes to its input."""
    least: dict[str, dict[str, object]] = {
        KLING_26: {"prompt": "雨中的猫", "sound": False, "aspect_ratio": "1:1", "duration": "5"},
        KLING_21: {"prompt": "雨中的猫", "image_url": "https://example.com/cat.png"},
        KLING_25: {"prompt": "雨中的猫"},
    }
    return {"model": model, "input": {**least[model], **changes}}


class Api:
    """kie's API on an emulator in process, for one API key."""

    def __init__(self, emulator: Emulator, key: str = "a-key") -> None:
        self.emulator = emulator
        self.headers = {"Authorization": f"Bearer {key}"}

    def ask(self, method: str, path: str, *, backend: str = "asyncio", **more: Any) -> httpx.Response:
        async def exchange() -> httpx.Response:
            transport = httpx.ASGITransport(self.emulator.app)
            async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
                headers = self.headers | more.pop("headers", {})
                return await client.request(method, f"http://emulator{path}", headers=headers, **more)

        return anyio.run(exchange, backend=backend)

    def create(self, body: object) -> httpx.Response:
        return self.send(json.dumps(body).encode())

    def send(self, content: bytes, media_type: str = "application/json") -> httpx.Response:
        return self.ask("POST", CREATE, content=content, headers={"Content-Type": media_type})

    def make(self, body: object = None, **input_changes: object) -> str:
        answer = self.create(body or request_for(KLING_25, **input_changes)).json()
        assert answer["code"] == 200, answer
        task_id = answer["data"]["taskId"]
        assert isinstance(task_id, str)
        return task_id

    def query(self, task_id: str) -> httpx.Response:
        return self.ask("GET", QUERY, params={"taskId": task_id})

    def record(self, task_id: str) -> dict[str, Any]:
        answer = self.query(task_id).json()
        assert answer["code"] == 200, answer
        data = answer["data"]
        assert isinstance(data, dict)
        return data

    def film(self, task_id: str, **headers: str) -> httpx.Response:
        (url,) = json.loads(self.record(task_id)["resultJson"])["resultUrls"]
        return self.ask("GET", url.removeprefix("http://emulator"), headers=headers)


@dataclass
class Call:
    """One request that the receiver got."""

    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Receiver:
    """A small loopback server that callbacks are sent to."""

    port: int
    status: int = 200
    location: str = ""
    calls: queue.Queue[Call] = field(default_factory=queue.Queue)
    free: threading.Event = field(default_factory=threading.Event)  # cleared, it lets callers wait

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/done"

    def next(self) -> Call:
        return self.calls.get(timeout=10)


@contextmanager
def receiving() -> Generator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            receiver.calls.put(Call(self.path, dict(self.headers), body))
            receiver.free.wait(10)
            self.send_response(receiver.status)
            if receiver.location:
                self.send_header("Location", receiver.location)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 64  # a full backlog would cost its callers a second

    with Server(("127.0.0.1", 0), Handler) as server:
        receiver = Receiver(server.server_address[1])
        receiver.free.set()
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield receiver
        finally:
            receiver.free.set()
            server.shutdown()
            thread.join()
