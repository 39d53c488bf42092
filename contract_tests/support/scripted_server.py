"""A server on a real socket that responds as the test scripts it, well or badly, and records what it received."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

Behaviour: TypeAlias = Callable[["ServerExchange"], None]


class ServerExchange:
    """A received request, and the connection to respond on."""

    def __init__(self, connection: socket.socket, request: bytes, stopped: threading.Event) -> None:
        self.connection = connection
        self.request = request
        self.stopped = stopped

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def respond(self, body: bytes = b"{}", status: int = 200, **headers: str) -> None:
        fields = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        fields |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self.send(f"HTTP/1.1 {status} Whatever\r\n{lines}\r\n".encode() + body)

    def drip(self, data: bytes, every: float = 0.02) -> None:
        """Send one byte at a time, until the test ends."""
        for byte in data:
            self.send(bytes([byte]))
            if self.stopped.wait(every):
                return

    def stall(self) -> None:
        """Send nothing more until the test ends."""
        self.stopped.wait(30)

    def reset(self) -> None:
        """Reset the connection."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class ScriptedServer:
    """Serves each request with the next behaviour; the last behaviour serves all further requests."""

    def __init__(self, *behaviours: Behaviour) -> None:
        self.behaviours = list(behaviours)
        self.requests: list[bytes] = []
        self.connections = 0
        self.ended = threading.Semaphore(0)
        """Released at the end of each connection."""
        self.stopped = threading.Event()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def posts(self) -> int:
        """The number of paid requests that arrived."""
        return sum(request.startswith(b"POST") for request in self.requests)

    def accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                while request := read_request(connection):
                    with self._lock:
                        self.requests.append(request)
                        behaviour = self.behaviours.pop(0) if len(self.behaviours) > 1 else self.behaviours[0]
                    behaviour(ServerExchange(connection, request, self.stopped))
                    if behaviour not in KEEP_ALIVE_BEHAVIOURS:
                        return
            except OSError:
                return
            finally:
                self.ended.release()

    def close(self) -> None:
        self.stopped.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


KEEP_ALIVE_BEHAVIOURS: set[Behaviour] = set()


def keeps_alive(behaviour: Behaviour) -> Behaviour:
    """Mark a behaviour that leaves its connection open for the next request."""
    KEEP_ALIVE_BEHAVIOURS.add(behaviour)
    return behaviour


def read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        if not (chunk := connection.recv(65536)):
            return b""
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


@contextmanager
def scripted_server(*behaviours: Behaviour, server: type[ScriptedServer] = ScriptedServer) -> Iterator[ScriptedServer]:
    """Run a server with these behaviours on loopback while the block lasts."""
    running = server(*behaviours)
    acceptor = threading.Thread(target=running.accept, daemon=True)
    acceptor.start()
    try:
        yield running
    finally:
        running.close()
        acceptor.join(5)


@contextmanager
def unused_address() -> Iterator[str]:
    """Yield a base URL that refuses connections; its port is held so that no other process listens there."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Assert that the block does not hang; the limit is generous, for slow machines."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds
