"""Many waits at once on one client: `python -m benchmarks.waits [WAITS] [SECONDS]`.

A server in another process finishes each task `SECONDS` (8) after its first query; `WAITS` (1000) plain waits poll it
every 5 s. Printed are how many ended, how long all took, and how late the last of 95 in 100 was beyond the poll that
had to find its task finished; for `as_completed`,
for plain waits of an `AsyncClient`, and of a `Client` in at most 500 threads.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from klingkit import AsyncClient, Client, Fixed, KlingkitError, TaskRef
from klingkit.kie import Kie

PAUSE, TIMEOUT = 5.0, 120.0
THREADS = 500


async def serve(seconds: float) -> None:
    """Serve recordInfo on a free port, which is printed, until the standard input ends."""
    first: dict[str, float] = {}

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                task_id = head.split(b"taskId=", 1)[1].split(b" ", 1)[0].decode()
                done = time.monotonic() - first.setdefault(task_id, time.monotonic()) >= seconds
                result = json.dumps({"resultUrls": ["https://media.example/a.mp4"]}) if done else None
                data = {"taskId": task_id, "state": "success" if done else "waiting", "resultJson": result}
                body = json.dumps({"code": 200, "msg": "success", "data": data}).encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
                writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(connection, "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201
    await asyncio.to_thread(sys.stdin.read)


def report(name: str, ended: Counter[str], took: list[float], began: float, seconds: float) -> None:
    """Print how a run went."""
    due = -(-seconds // PAUSE) * PAUSE  # the poll that finds it finished
    late = sorted(time_ - due for time_ in took)[: int(0.95 * len(took)) + 1]
    print(f"{name}: {dict(ended)}, all after {time.monotonic() - began:.1f} s, p95 {max(late, default=0.0):.2f} s late")  # noqa: T201


def outcome(error: BaseException | None) -> str:
    """Name the end of a wait."""
    return "ended" if error is None else type(error).__name__


async def gathered(url: str, waits: int, seconds: float) -> None:
    """Gather plain waits of one `AsyncClient`."""
    ended, took, began = Counter[str](), list[float](), time.monotonic()

    async def wait(client: AsyncClient, number: int) -> None:
        error: BaseException | None = None
        try:
            await client.wait(TaskRef("kie", "jobs", f"a{number}"), timeout=TIMEOUT, polling=Fixed(PAUSE))
        except KlingkitError as raised:
            error = raised
        ended[outcome(error)] += 1
        took.append(time.monotonic() - began)

    async with AsyncClient(Kie("key-of-nobody", url)) as client:
        await asyncio.gather(*(wait(client, number) for number in range(waits)))
    report(f"AsyncClient, {waits} waits", ended, took, began, seconds)


def threaded(url: str, waits: int, seconds: float) -> None:
    """Wait in threads that share one `Client`."""
    ended, took, began = Counter[str](), list[float](), time.monotonic()

    def wait(client: Client, number: int) -> None:
        error: BaseException | None = None
        try:
            client.wait(TaskRef("kie", "jobs", f"s{number}"), timeout=TIMEOUT, polling=Fixed(PAUSE))
        except KlingkitError as raised:
            error = raised
        ended[outcome(error)] += 1
        took.append(time.monotonic() - began)

    with Client(Kie("key-of-nobody", url)) as client, ThreadPoolExecutor(waits) as threads:
        list(threads.map(lambda number: wait(client, number), range(waits)))
    report(f"Client, {waits} threads", ended, took, began, seconds)


def together(url: str, waits: int, seconds: float) -> None:
    """Wait for all tasks by one call."""
    ended, took, began = Counter[str](), list[float](), time.monotonic()
    refs = [TaskRef("kie", "jobs", f"m{number}") for number in range(waits)]

    async def run() -> None:
        async with (
            AsyncClient(Kie("key-of-nobody", url)) as client,
            client.as_completed(refs, timeout=TIMEOUT, polling=Fixed(PAUSE)) as results,
        ):
            async for it in results:
                ended[outcome(it.error)] += 1
                took.append(time.monotonic() - began)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    asyncio.run(run())
    report(f"as_completed, {waits} tasks", ended, took, began, seconds)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"peak of memory {after / 1024:.0f} MiB, {after - before} KiB of them while waiting")  # noqa: T201


@contextmanager
def serving(seconds: float) -> Generator[str]:
    """Serve in a process of its own while the block lasts; yield the URL."""
    command = [sys.executable, "-m", "benchmarks.waits", "serve", str(seconds)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603
        assert server.stdout
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        server.communicate()


def main(waits: int = 1000, seconds: float = 8.0) -> None:
    """Run all kinds of waiting against the server, the one that is to need least memory first."""
    with serving(seconds) as url:
        together(url, waits, seconds)
        asyncio.run(gathered(url, waits, seconds))
        threaded(url, min(waits, THREADS), seconds)


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        asyncio.run(serve(float(sys.argv[2])))
    else:
        main(*(int(it) if at == 0 else float(it) for at, it in enumerate(sys.argv[1:])))  # type: ignore[arg-type]
