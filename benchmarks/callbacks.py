"""Callbacks: parsing, and a receiver in a web service: `python -m benchmarks.callbacks API_URL` serves.

A delivery to the receiver is signed, and confirmed by a query of the API, at a server in a process of its own. Beside
it are a route of Starlette that returns the body, and one that does the same by hand, with bare httpx.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from typing import Final

from benchmarks._measure import Cost, Outcome, Stopwatch, Table, compared, ratio
from benchmarks._server import VIDEO, serving
from benchmarks._ways import KEY
from klingkit import CallbackEvent, parse_callback

__all__ = ["measure"]

SECRET: Final = "secret-of-nobody-0123456789"  # noqa: S105
WHSEC: Final = "whsec_" + base64.b64encode(SECRET.encode()).decode()
AT_ONCE: Final = 16


def signature(*parts: str) -> str:
    """Sign what both kinds of signature cover: parts joined by a full stop."""
    return base64.b64encode(hmac.digest(SECRET.encode(), ".".join(parts).encode(), hashlib.sha256)).decode()


def kie_callback(task_id: str) -> tuple[bytes, dict[str, str]]:
    """Return the body and the headers of a callback of kie, which signs id and time."""
    data = {"taskId": task_id, "state": "success", "resultJson": json.dumps({"resultUrls": [VIDEO]})}
    body = json.dumps({"code": 200, "msg": "success", "data": data}).encode()
    stamp = str(int(time.time()))
    return body, {"X-Webhook-Timestamp": stamp, "X-Webhook-Signature": signature(task_id, stamp)}


def native_callback() -> tuple[bytes, dict[str, str]]:
    """Return those of the native API, which signs id, time and body."""
    videos = [{"id": "v-1", "url": VIDEO, "duration": "5"}]
    task = {"task_id": "t-1", "task_status": "succeed", "task_result": {"videos": videos}}
    body = json.dumps({"task_status_msg": "", "created_at": 1, "updated_at": 2, **task})
    stamp = str(int(time.time()))
    signed = f"v1,{signature('m-1', stamp, body)}"
    return body.encode(), {"webhook-id": "m-1", "webhook-timestamp": stamp, "webhook-signature": signed}


def by_hand(body: bytes, covered: bytes, given: str) -> bool:
    """Parse the body, and check the signature, with nothing around it."""
    expected = base64.b64encode(hmac.digest(SECRET.encode(), covered, hashlib.sha256))
    return isinstance(json.loads(body), dict) and hmac.compare_digest(expected, given.encode())


def repeated(call: Callable[[], object], calls: int) -> Cost:
    """Return what a call costs."""
    assert call()
    watch = Stopwatch()
    for _ in range(calls):
        call()
    return watch.cost(calls)


def parsing(calls: int, rounds: int, left_out: dict[str, str]) -> Table:
    """Measure both kinds of signature."""
    kie, kie_headers = kie_callback("t-1")
    native, headers = native_callback()
    stamp = kie_headers["X-Webhook-Timestamp"].encode()
    covered = b"m-1.%b.%b" % (headers["webhook-timestamp"].encode(), native)
    ways: dict[str, Callable[[], object]] = {
        "by hand, kie": lambda: by_hand(kie, b"t-1." + stamp, kie_headers["X-Webhook-Signature"]),
        "parse_callback, kie": lambda: parse_callback("kie", kie, kie_headers, keys=[SECRET]),
        "by hand, native": lambda: by_hand(native, covered, headers["webhook-signature"][3:]),
        "parse_callback, native": lambda: parse_callback("native", native, headers, keys=[WHSEC]),
    }
    return compared("parse", {name: partial(repeated, call) for name, call in ways.items()}, calls, rounds, left_out)


def serve(api_url: str) -> None:
    """Serve the receiver at /kling, the echo at /echo, and at /by-hand what a user would write without klingkit."""
    import httpx  # noqa: PLC0415 - the server alone needs all of these
    import uvicorn  # noqa: PLC0415
    from starlette.applications import Starlette  # noqa: PLC0415
    from starlette.requests import Request  # noqa: PLC0415
    from starlette.responses import JSONResponse, Response  # noqa: PLC0415
    from starlette.routing import Route  # noqa: PLC0415

    from klingkit import AsyncClient  # noqa: PLC0415
    from klingkit.callbacks import AsyncReceiver  # noqa: PLC0415
    from klingkit.kie import Kie  # noqa: PLC0415

    http = httpx.AsyncClient(headers={"Authorization": f"Bearer {KEY}"})

    async def echo(request: Request) -> Response:
        return Response(await request.body())

    async def checked(request: Request) -> Response:
        body = await request.body()
        task_id: str = json.loads(body)["data"]["taskId"]
        covered = f"{task_id}.{request.headers['X-Webhook-Timestamp']}".encode()
        if not by_hand(body, covered, request.headers["X-Webhook-Signature"]):
            return Response(status_code=400)
        found = await http.get(f"{api_url}/api/v1/jobs/recordInfo", params={"taskId": task_id})
        return Response(status_code=200 if found.json()["data"]["state"] == "success" else 503)

    async def cost(_: Request) -> Response:
        return JSONResponse(time.process_time())

    async def handle(_: CallbackEvent) -> None:
        pass

    posts = (("/echo", echo), ("/by-hand", checked))
    app = Starlette(routes=[Route("/cost", cost), *(Route(path, end, methods=["POST"]) for path, end in posts)])
    AsyncReceiver(AsyncClient(Kie(KEY, api_url)), handle, keys=[SECRET]).mount(app, "/kling")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(listening.getsockname()[1], flush=True)  # noqa: T201
        uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False)).run([listening])


@contextmanager
def receiving() -> Generator[int]:
    """Serve in a process of its own while the block lasts; yield the port."""
    with serving() as api_url:
        command = [sys.executable, "-m", "benchmarks.callbacks", api_url]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - our own
            assert server.stdout
            try:
                yield int(server.stdout.readline())
            finally:
                server.terminate()


class Deliveries:
    """Makes deliveries of tasks that are all different, over connections that stay open."""

    def __init__(self, port: int) -> None:
        self._port, self._made = port, 0

    def cost(self, path: str, calls: int) -> Cost:
        """Return what a delivery costs: the server's processor time, and time on the clock, with several at once."""
        return asyncio.run(self._run(path, calls))

    async def _run(self, path: str, calls: int) -> Cost:
        requests = [self._request(path) for _ in range(calls)]
        at_once = min(AT_ONCE, calls)
        before, began = await self._server_cost(), time.perf_counter()
        await asyncio.gather(*(self._deliver(requests[start::at_once]) for start in range(at_once)))
        wall = time.perf_counter() - began
        return Cost((await self._server_cost() - before) / calls, wall / calls)

    def _request(self, path: str) -> bytes:
        self._made += 1
        body, headers = kie_callback(f"t-{self._made:06}")
        lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items()), "", ""]).encode() + body

    async def _deliver(self, requests: list[bytes]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        for request in requests:
            await _exchange(reader, writer, request)
        writer.close()

    async def _server_cost(self) -> float:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        body = await _exchange(reader, writer, b"GET /cost HTTP/1.1\r\nHost: localhost\r\n\r\n")
        writer.close()
        return float(body)


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> bytes:
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    body = await reader.readexactly(int(head.partition(b"content-length:")[2].partition(b"\r\n")[0]))
    if b" 200 " not in head[:16]:
        raise ValueError(f"{head[:16]!r}: {body!r}")
    return body


def measure(*, tiny: bool = False) -> Outcome:
    """Measure parsing and receiving."""
    left_out: dict[str, str] = {}
    table = parsing(*((4, 2) if tiny else (2000, 15)), left_out)
    parsed = table.rounds
    with receiving() as port:
        deliveries = Deliveries(port)
        paths = {"Starlette echo": "/echo", "AsyncReceiver": "/kling", "by hand": "/by-hand"}
        ways = {name: partial(deliveries.cost, path) for name, path in paths.items()}
        received = compared("receive", ways, *((4, 2) if tiny else (1500, 5)), left_out)
    rounds = received.rounds
    values = {
        f"parse_callback / by hand, {api}": ratio(parsed[f"parse_callback, {api}"], parsed[f"by hand, {api}"])
        for api in ("kie", "native")
    }
    values["receiver / echo, calls a second of CPU"] = ratio(rounds["Starlette echo"], rounds["AsyncReceiver"])
    values["receiver / by hand, calls a second of CPU"] = ratio(rounds["by hand"], rounds["AsyncReceiver"])
    return Outcome((table, received), values, left_out)


if __name__ == "__main__":
    serve(sys.argv[1])
