"""Benchmark of the emulator: `python -m benchmarks.emulator`.

It prints the milliseconds of a cycle (create and query) in process, and the seconds in which tasks with two callbacks
each are created over loopback HTTP, at an emulator that is a process of its own, and all are delivered to a receiver.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import time

import httpx

from klingkit.emulator import AfterQueries, Emulator

KIE = "/api/v1/jobs/createTask"
RECORD = "/api/v1/jobs/recordInfo"
NATIVE = "/v1/videos/text2video"
HEADERS = {"Authorization": "Bearer emulator"}
CALLBACKS = 2  # native sends two for each task

RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Receiver(asyncio.Protocol):
    """Counts callbacks, on connections that stay open."""

    received = 0
    done = asyncio.Event()
    expected = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to read."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._pending = b""

    def data_received(self, data: bytes) -> None:
        """Respond to each complete request."""
        self._pending += data
        while (end := self._pending.find(b"\r\n\r\n") + 4) >= 4:
            head = self._pending[:end].lower()
            size = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
            if len(self._pending) < end + size:
                return
            self._pending = self._pending[end + size :]
            self._transport.write(RESPONSE)
            Receiver.received += 1
            if Receiver.received == Receiver.expected:
                Receiver.done.set()


async def cycles(count: int) -> float:
    """Return the milliseconds of one creation and one query, in process."""
    emulator = Emulator(finish=AfterQueries(1))
    transport = httpx.ASGITransport(emulator.app)
    body = {"model": "kling/v2-5-turbo-text-to-video-pro", "input": {"prompt": "a cat"}}
    async with httpx.AsyncClient(transport=transport, base_url="http://emulator", headers=HEADERS) as client:
        began = time.perf_counter()
        for _ in range(count):
            made = await client.post(KIE, json=body)
            await client.get(RECORD, params={"taskId": made.json()["data"]["taskId"]})
        return (time.perf_counter() - began) / count * 1000


async def deliveries(base_url: str, count: int, at_once: int = 4) -> tuple[float, float]:
    """Return the seconds until the tasks are created, and until all their callbacks have come."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Receiver, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    body = {
        "model_name": "kling-v2-1-master",
        "mode": "std",
        "prompt": "a cat",
        "callback_url": f"http://127.0.0.1:{port}/",
    }
    Receiver.received, Receiver.expected = 0, count * CALLBACKS
    Receiver.done.clear()

    async def create(share: range) -> None:
        async with httpx.AsyncClient(base_url=base_url, headers=HEADERS, trust_env=False, verify=False) as client:  # noqa: S501 - no TLS here; certificates would cost time
            for _ in share:
                (await client.post(NATIVE, json=body)).raise_for_status()

    async with server:
        began = time.perf_counter()
        await asyncio.gather(*(create(range(start, count, at_once)) for start in range(at_once)))
        created = time.perf_counter() - began
        async with asyncio.timeout(120):
            await Receiver.done.wait()
        return created, time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.emulator", description=__doc__)
    parser.add_argument("--tasks", type=int, default=2_000)
    parser.add_argument("--cycles", type=int, default=1_000)
    options = parser.parse_args()
    sys.stdout.write(f"a cycle in process: {asyncio.run(cycles(options.cycles)):.2f} ms\n")
    command = [sys.executable, "-m", "klingkit.emulator", "--port", "0", "--after-queries", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(7)]
        base_url = lines[1].partition("=")[2].strip()
        try:
            created, delivered = asyncio.run(deliveries(base_url, options.tasks))
        finally:
            process.terminate()
    calls = options.tasks * CALLBACKS
    used = os.times()
    sys.stdout.write(f"{options.tasks} tasks: {created:.2f} s; their {calls} callbacks: {delivered:.2f} s\n")
    own, emulator = used.user + used.system, used.children_user + used.children_system
    sys.stdout.write(f"of processors' time: {emulator:.2f} s the emulator, {own:.2f} s client, receiver and cycles\n")


if __name__ == "__main__":
    main()
