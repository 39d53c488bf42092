"""A server of task states, in a process of its own: `python -m benchmarks._server [SECONDS]`, for other benchmarks.

It does as little as can be done: it costs the processors that the clients are measured on. A task of kie ends `SECONDS`
after its first query; every other service has one task that has ended. `/spans` lists, for each task that was seen to
end, the seconds from the first query to the one that found it ended.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final
from urllib.request import urlopen

__all__ = ["serving", "spans"]

VIDEO: Final = "https://media.example/a.mp4"


def framed(data: bytes) -> bytes:
    """Return a whole response with a body of JSON."""
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(data), data)


def record(task_id: bytes, *, done: bool) -> bytes:
    """Return the response to a query of kie."""
    result = rb"{\"resultUrls\": [\"%b\"]}" % VIDEO.encode() if done else b""
    state = b"success" if done else b"waiting"
    data = b'{"code": 200, "msg": "success", "data": {"taskId": "%b", "state": "%b", "resultJson": "%b"}}'
    return framed(data % (task_id, state, result))


OTHERS: Final[dict[bytes, bytes]] = {
    start.encode(): framed(body.encode())
    for start, body in {
        "/v1/videos/": """{"id": "t-1", "object": "video", "status": "completed", "model": "sora-2", "progress": 100,
            "created_at": 1, "completed_at": 2, "expires_at": 3, "seconds": "4", "size": "720x1280"}""",
        "/v1/tasks/": """{"id": "t-1", "status": "SUCCEEDED", "createdAt": "2026-11-30T00:00:00Z",
            "output": ["https://media.example/a.mp4"]}""",
        "/v1/predictions/": """{"id": "t-1", "status": "succeeded", "model": "a/b", "version": "c", "input": {},
            "output": ["https://media.example/a.mp4"], "logs": "", "error": null, "metrics": null, "urls": {},
            "created_at": "2026-11-30T00:00:00Z", "started_at": null, "completed_at": null}""",
        "/v1/models/": """{"name": "models/veo/operations/t-1", "done": true, "response": {"generateVideoResponse":
            {"generatedSamples": [{"video": {"uri": "https://media.example/a.mp4"}}]}}}""",
        "/bench/model/": """{"status": "COMPLETED", "logs": null, "metrics": {}}""",
    }.items()
}
"""By the beginning of the path: openai, runwayml, replicate, google-genai, fal-client."""


class Service(asyncio.Protocol):
    """One connection."""

    seconds = 0.0
    first: Final[dict[bytes, float]] = {}
    spans: Final[dict[bytes, float]] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to read."""
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._pending = transport, b""

    def data_received(self, data: bytes) -> None:
        """Respond to each complete request; none has a body."""
        self._pending += data
        while (end := self._pending.find(b"\r\n\r\n")) >= 0:
            path = self._pending.split(b" ", 2)[1]
            self._pending = self._pending[end + 4 :]
            self._transport.write(self._respond(path))

    def _respond(self, path: bytes) -> bytes:
        _, is_kie, task_id = path.partition(b"?taskId=")
        if is_kie:
            return self._record(task_id)
        if path == b"/spans":
            return framed(json.dumps(list(self.spans.values())).encode())
        return next(body for start, body in OTHERS.items() if path.startswith(start))

    def _record(self, task_id: bytes) -> bytes:
        now = time.monotonic()
        span = now - self.first.setdefault(task_id, now)
        if span >= self.seconds:
            self.spans.setdefault(task_id, span)
        return record(task_id, done=span >= self.seconds)


async def serve(seconds: float) -> None:
    """Serve on a free port, which is printed, until the standard input ends."""
    Service.seconds = seconds
    server = await asyncio.get_running_loop().create_server(Service, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201
    await asyncio.to_thread(sys.stdin.read)


@contextmanager
def serving(seconds: float = 0.0) -> Generator[str]:
    """Serve in a process of its own while the block lasts; yield the URL."""
    command = [sys.executable, "-m", "benchmarks._server", str(seconds)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - our own
        assert server.stdout
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        server.communicate()


def spans(url: str) -> list[float]:
    """Return, for each task that was seen to end, the seconds since its first query."""
    with urlopen(f"{url}/spans") as found:  # noqa: S310 - our own
        listed: list[float] = json.load(found)
    return listed


if __name__ == "__main__":
    asyncio.run(serve(*map(float, sys.argv[1:])))
