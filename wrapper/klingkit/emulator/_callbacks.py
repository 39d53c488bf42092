"""Callbacks: one POST each, to loopback only, and a log of what became of it.

Those of one task are sent one after the other, in their order; those of several side by side.
"""

import ipaddress
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import httpx

KEPT = 10_000  # deliveries in the log; the oldest is forgotten first
WORKERS = 8  # threads at most, so many slow receivers at a time
PATIENCE = 5.0  # seconds a receiver may take for each step: connecting, reading, answering

Post: TypeAlias = Callable[[str, bytes], int]
"""Sends a callback: its URL and JSON in, the receiver's HTTP status out."""


@dataclass(frozen=True)
class Delivery:
    """What became of one callback.

    `status` is the receiver's HTTP status; None says that it was not reached, and `reason` why.
    """

    task_id: str
    url: str
    status: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class Parcel:
    """A callback on its way: `body` is JSON."""

    task_id: str
    url: str
    body: bytes


def post_to_loopback(address: str, body: bytes) -> int:
    """POST it to whatever loopback address its URL leads to."""
    url = httpx.URL(address)
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError("not an http URL")
    if url.port is not None and url.port > 65535:  # the resolver would take it modulo 65536
        raise ValueError("no such port")
    failure: Exception = ValueError("not a loopback host")
    for host in _loopback(url):
        try:
            return _post_to(host, url, body)
        except httpx.ConnectError as error:  # "localhost" may be listened to on ::1 or 127.0.0.1
            failure = error
    raise failure


def _loopback(url: httpx.URL) -> Iterator[str]:
    for *_, address in socket.getaddrinfo(url.host, url.port or 0, type=socket.SOCK_STREAM):
        if ipaddress.ip_address(host := str(address[0])).is_loopback:
            yield host


def _post_to(host: str, url: httpx.URL, body: bytes) -> int:
    # The connection goes to the address that was checked: a name can't lead elsewhere meanwhile.
    # No proxy from the environment, no redirects; the receiver's body is nobody's business.
    headers = {"Host": url.netloc.decode("ascii"), "Content-Type": "application/json"}
    # This machine vouches for itself; certificates, once loaded, would cost 20 ms a callback.
    with (
        httpx.Client(trust_env=False, timeout=PATIENCE, verify=False) as client,  # noqa: S501
        client.stream(
            "POST",
            url.copy_with(host=host),
            content=body,
            headers=headers,
            extensions={"sni_hostname": url.host},
        ) as response,
    ):
        return response.status_code


def deliver(parcel: Parcel, post: Post = post_to_loopback) -> Delivery:
    """Send it once; nothing is raised."""
    try:
        return Delivery(parcel.task_id, parcel.url, status=post(parcel.url, parcel.body))
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        reason = str(error) or type(error).__name__
        return Delivery(parcel.task_id, parcel.url, reason=reason)


class Courier:
    """Delivers in threads of its own, so that it serves any event loop, or none.

    The threads come with the work and go with it.
    """

    def __init__(self, post: Post = post_to_loopback) -> None:
        self._post = post
        self._idle = threading.Condition()
        self._lines: dict[str, deque[Parcel]] = {}  # a line a task; its first may be on its way
        self._ready: deque[deque[Parcel]] = deque()  # lines whose first is not
        self._workers = 0
        self._log: deque[Delivery] = deque(maxlen=KEPT)

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """What became of the callbacks so far, in the order of their ends."""
        with self._idle:
            return tuple(self._log)

    def send(self, parcel: Parcel) -> None:
        """Have it delivered soon, after those of the same task that came before."""
        with self._idle:
            line = self._lines.setdefault(parcel.task_id, deque())
            line.append(parcel)
            if len(line) == 1:
                self._ready.append(line)
                self._hire()

    def wait_idle(self, timeout: float) -> None:
        """Return when nothing is under way.

        Raises:
            TimeoutError: after `timeout` seconds something still was.
        """
        with self._idle:
            if not self._idle.wait_for(lambda: not self._workers, timeout):
                raise TimeoutError(f"callbacks are still under way after {timeout} seconds")

    def _hire(self) -> None:
        if self._workers < WORKERS:
            self._workers += 1
            threading.Thread(target=self._work, name="emulator-callback", daemon=True).start()

    def _work(self) -> None:
        while line := self._next():
            self._note(line, deliver(line[0], self._post))

    def _next(self) -> deque[Parcel] | None:
        with self._idle:
            if self._ready:
                return self._ready.popleft()
            self._workers -= 1
            self._idle.notify_all()
            return None

    def _note(self, line: deque[Parcel], delivery: Delivery) -> None:
        with self._idle:
            self._log.append(delivery)
            line.popleft()
            if line:
                self._ready.append(line)
            else:
                del self._lines[delivery.task_id]
