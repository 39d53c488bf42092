"""Stress of clients made before a fork: `python -m benchmarks.forks [children] [blocking|asynchronous]`.

A parent goes on querying and downloading while it forks children, by `os.fork`, by `multiprocessing`, and as a server
that forks its workers beforehand. Each child queries and downloads 20 tasks with the client it inherited. Printed are
the queries and downloads, how many got what belongs to another task, how many failed, and how many children hung.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from klingkit import AsyncClient, Client, TaskRef
from klingkit.kie import Kie

EACH: Final = 20
"""Tasks of each child."""

CHILDREN: Final = 102
"""Children of each kind of client, a third of them for each way to fork."""

HUNG: Final = 120.0
"""Seconds after which a child counts as hung."""

THREADS: Final = 4
"""Threads, or tasks, of the parent that go on."""

FORK: Final = multiprocessing.get_context("fork")


class Service(BaseHTTPRequestHandler):
    """Says of every task that it has a video, whose bytes repeat the name of the task."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Respond to a query or a download."""
        url = urlsplit(self.path)
        time.sleep(random.uniform(0, 0.003))  # noqa: S311 - spreads requests, hides nothing
        if url.path.endswith(".video"):
            self._send(video(Path(url.path).stem), "application/octet-stream")
            return
        (task_id,) = parse_qs(url.query)["taskId"]
        result = json.dumps({"resultUrls": [f"http://{self.headers['Host']}/{task_id}.video"]})
        data = {"taskId": task_id, "state": "success", "resultJson": result}
        self._send(json.dumps({"code": 200, "data": data}).encode(), "application/json")

    def _send(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Log nothing."""


def video(name: str) -> bytes:
    """Return the bytes of the video of a task."""
    return f"{name} ".encode() * 3000


def serve(pipe: Connection) -> None:
    """Serve in this process, and send the port."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 256
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Service)
    pipe.send(server.server_address[1])
    server.serve_forever()


@contextmanager
def service() -> Generator[str]:
    """Serve in a process of its own while the block lasts; yield the URL."""
    spawning = multiprocessing.get_context("spawn")
    ours, theirs = spawning.Pipe()
    process = spawning.Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


class Counts(dict[str, int]):
    """What happened, by name."""

    def note(self, name: str, count: int = 1) -> None:
        """Count one more."""
        self[name] = self.get(name, 0) + count

    def note_error(self, error: Exception) -> None:
        """Count a failure; the record of another task is one that the client noticed."""
        self.note("foreign" if "another task" in str(error) else "failed")


def use(client: Client[Any], who: str, folder: Path, counts: Counts) -> None:
    """Query and download one task."""
    path = folder / f"{who}.mp4"
    try:
        task = client.get(TaskRef("kie", "jobs", who), timeout=30)
        counts.note("queries")
        client.download(task, path, timeout=30)
        counts.note("downloads")
        counts.note("foreign", int(path.read_bytes() != video(who)))
    except Exception as error:  # noqa: BLE001 - counted
        counts.note_error(error)
    path.unlink(missing_ok=True)


async def use_async(client: AsyncClient[Any], who: str, folder: Path, counts: Counts) -> None:
    """Query and download one task."""
    path = folder / f"{who}.mp4"
    try:
        task = await client.get(TaskRef("kie", "jobs", who), timeout=30)
        counts.note("queries")
        await client.download(task, path, timeout=30)
        counts.note("downloads")
        counts.note("foreign", int(path.read_bytes() != video(who)))
    except Exception as error:  # noqa: BLE001 - counted
        counts.note_error(error)
    path.unlink(missing_ok=True)


def child(client: Client[Any] | AsyncClient[Any], folder: Path, pipe: Connection) -> None:
    """Use an inherited client, and send what happened."""
    counts = Counts()
    names = [f"child-{os.getpid()}-{number}" for number in range(EACH)]

    async def all_of_them(shared: AsyncClient[Any]) -> None:
        await asyncio.gather(*(use_async(shared, name, folder, counts) for name in names))

    if isinstance(client, Client):
        for name in names:
            use(client, name, folder, counts)
    else:
        asyncio.run(all_of_them(client))
    pipe.send(dict(counts))


def fork(work: Callable[[], None]) -> int:
    """Run a function in a child made by `os.fork`; return its process id."""
    pid = os.fork()
    if pid:
        return pid
    try:
        work()
    finally:
        os._exit(0)


def fork_by_multiprocessing(work: Callable[[], None]) -> int:
    """Run a function in a child made by `multiprocessing`; return its process id."""
    process = FORK.Process(target=work, daemon=True)
    process.start()
    assert process.pid is not None
    return process.pid


def collect(ours: Connection, pid: int, counts: Counts) -> None:
    """Wait for what a child sends; end a child that hangs."""
    if ours.poll(HUNG):
        try:
            for name, count in ours.recv().items():
                counts.note(name, count)
        except EOFError:
            counts.note("died")
    else:
        counts.note("hung")
        os.kill(pid, signal.SIGKILL)
    with suppress(ChildProcessError):
        os.waitpid(pid, 0)


def fork_one(client: Any, folder: Path, way: Callable[[Callable[[], None]], int], counts: Counts) -> None:
    """Fork one child and wait for it."""
    ours, theirs = FORK.Pipe()
    pid = way(lambda: child(client, folder, theirs))
    theirs.close()
    collect(ours, pid, counts)


def fork_all(client: Any, folder: Path, children: int, counts: Counts) -> None:
    """Fork the children: one after the other in two ways, then in groups of workers as a preforking server does."""
    for way in (fork, fork_by_multiprocessing):
        for _ in range(children // 3):
            fork_one(client, folder, way, counts)
    for begin in range(0, children // 3, 4):
        workers: list[tuple[Connection, int]] = []
        for _ in range(min(4, children // 3 - begin)):
            ours, theirs = FORK.Pipe()
            workers.append((ours, fork(lambda pipe=theirs: child(client, folder, pipe))))  # type: ignore[misc]
            theirs.close()
        for ours, pid in workers:
            collect(ours, pid, counts)


def blocking(url: str, folder: Path, children: int) -> tuple[Counts, Counts]:
    """Fork children of a blocking client whose other threads go on."""
    parent, forked, stop = Counts(), Counts(), threading.Event()
    with Client(Kie("key-of-nobody-0123456789", url)) as client:

        def go_on(thread: int) -> None:
            number = 0
            while not stop.is_set():
                use(client, f"parent-{thread}-{number}", folder, parent)
                number += 1

        threads = [threading.Thread(target=go_on, args=(number,)) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        fork_all(client, folder, children, forked)
        stop.set()
        for thread in threads:
            thread.join()
    return parent, forked


def asynchronous(url: str, folder: Path, children: int) -> tuple[Counts, Counts]:
    """Fork children of an async client whose event loop goes on in another thread."""
    parent, forked, stop, opened = Counts(), Counts(), threading.Event(), threading.Event()
    clients: list[AsyncClient[Any]] = []

    async def go_on(client: AsyncClient[Any], task: int) -> None:
        number = 0
        while not stop.is_set():
            await use_async(client, f"parent-{task}-{number}", folder, parent)
            number += 1

    async def main() -> None:
        async with AsyncClient(Kie("key-of-nobody-0123456789", url)) as client:
            clients.append(client)
            opened.set()
            await asyncio.gather(*(go_on(client, number) for number in range(THREADS)))

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    opened.wait()
    fork_all(clients[0], folder, children, forked)
    stop.set()
    thread.join()
    return parent, forked


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else CHILDREN
    with service() as base, tempfile.TemporaryDirectory() as folder_name:
        for kind in (each for each in (blocking, asynchronous) if each.__name__ in sys.argv[2:] or not sys.argv[2:]):
            began = time.monotonic()
            results = kind(base, Path(folder_name), count)
            for where, found in zip(("parent", "children"), results, strict=True):
                print(kind.__name__, where, dict(sorted(found.items())), flush=True)  # noqa: T201
            print(f"{kind.__name__}: {count} children, {time.monotonic() - began:.0f} s", flush=True)  # noqa: T201
