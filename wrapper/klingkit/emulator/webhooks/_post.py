"""One POST to an address that was looked at first: this machine's, or one of a network that was allowed."""

import ssl
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from math import inf
from selectors import EVENT_READ, DefaultSelector
from socket import IPPROTO_TCP, SOCK_STREAM, TCP_NODELAY, create_connection, getaddrinfo, socket
from time import monotonic
from typing import Any, Protocol, TypeAlias, cast

import httpx

PATIENCE = 5.0  # seconds a receiver may take for each step: connecting, reading, the whole of answering
MOST = 65_536  # bytes of an answer that are read so that its connection serves again

Network: TypeAlias = IPv4Network | IPv6Network
Place: TypeAlias = tuple[str, str, int, str]
"""Where a connection leads: scheme, address, port, and the host's name."""

FAILURES = (HTTPException, httpx.InvalidURL, OSError, ValueError)
"""What a POST that does not reach its receiver raises."""


class Send(Protocol):
    """Sends a callback."""

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str], /) -> int:
        """POST the JSON; the receiver's HTTP status.

        Raises:
            Exception: one of FAILURES: it was not reached.
        """
        ...


def networks(given: Collection[str]) -> tuple[Network, ...]:
    """Networks as they were given, like "10.0.0.0/8".

    Raises:
        ValueError: one is none.
    """
    try:
        return tuple(ip_network(text) for text in given)
    except ValueError as error:
        raise ValueError(f"allow_callbacks: {error}; a network is given like 10.0.0.0/8") from error


class Connections:
    """Open connections to receivers, for one thread.

    The address that a name leads to is looked at and then connected to: the name can't lead elsewhere in between.
    No redirects, no proxies.

    Args:
        allowed: networks that may be called beside this machine.
    """

    def __init__(self, allowed: Collection[Network] = ()) -> None:
        self._allowed = allowed
        self._open: dict[Place, HTTPConnection] = {}

    def close(self) -> None:
        """Close them all."""
        for connection in self._open.values():
            connection.close()
        self._open.clear()

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str], /) -> int:
        """POST the JSON to whichever allowed address its URL leads to; the receiver's HTTP status.

        Raises:
            Exception: one of FAILURES.
        """
        target = httpx.URL(url)
        if target.scheme not in {"http", "https"} or not target.host:
            raise ValueError("not an http URL")
        if target.port is not None and target.port > 65535:  # the resolver would take it modulo 65536
            raise ValueError("no such port")
        failure: OSError | ValueError = ValueError("not an allowed host" if self._allowed else "not a loopback host")
        for place in self._places(target):
            try:
                connection = self._connect(place)
            except OSError as error:  # "localhost" may be listened to on ::1 or 127.0.0.1
                failure = error
            else:
                return self._post(connection, place, target, body, headers)
        raise failure

    def _places(self, url: httpx.URL) -> Iterator[Place]:
        port = url.port or (443 if url.scheme == "https" else 80)
        for *_, address in getaddrinfo(url.host, port, type=SOCK_STREAM):
            if self._may_be_called(ip_address(host := str(address[0]))):
                yield url.scheme, host, port, url.host

    def _may_be_called(self, address: IPv4Address | IPv6Address) -> bool:
        return address.is_loopback or any(address in network for network in self._allowed)

    def _connect(self, place: Place) -> HTTPConnection:
        """A connection that is open, and was not closed by its receiver meanwhile."""
        connection = self._open.pop(place, None)
        if connection is not None:
            if not _has_news(connection.sock):
                return connection
            connection.close()
        return _connect(place)

    def _post(
        self, connection: HTTPConnection, place: Place, url: httpx.URL, body: bytes, headers: Mapping[str, str]
    ) -> int:
        try:
            whole = {"Host": url.netloc.decode("ascii"), "Content-Type": "application/json", **headers}
            connection.sock.settimeout(PATIENCE)
            connection.request("POST", url.raw_path.decode("ascii"), body, whole)
            cast("_Timed", connection.sock).end = monotonic() + PATIENCE
            with connection.getresponse() as answer:
                with suppress(OSError, HTTPException):
                    answer.read1(MOST)  # nobody's business, but in the way of the next
                if answer.length == 0 and not answer.will_close:
                    self._open[place] = connection
                return answer.status
        finally:
            if place not in self._open:
                connection.close()


def _has_news(sock: socket) -> bool:
    """Whether something came from a receiver that was not asked: it has closed the connection, as a rule."""
    with DefaultSelector() as selector:
        selector.register(sock, EVENT_READ)
        return bool(selector.select(0))


class _Timed:
    """A socket from which all that is read must come before an end: a limit for each part is none for the whole."""

    end = inf

    def left(self) -> float:
        """How many seconds there are.

        Raises:
            TimeoutError: none.
        """
        if (left := self.end - monotonic()) <= 0:
            raise TimeoutError("timed out")
        return min(left, PATIENCE)


class _Plain(_Timed, socket):
    def recv_into(self, *given: Any, **more: Any) -> int:
        self.settimeout(self.left())
        return super().recv_into(*given, **more)


class _Secure(_Timed, ssl.SSLSocket):
    def recv_into(self, *given: Any, **more: Any) -> int:
        self.settimeout(self.left())
        return super().recv_into(*given, **more)


def _connect(place: Place) -> HTTPConnection:
    scheme, address, port, name = place
    connection = HTTPConnection(address, port, timeout=PATIENCE)
    plain = create_connection((address, port), timeout=PATIENCE)
    connection.sock = _Plain(plain.family, plain.type, plain.proto, plain.detach())
    connection.sock.settimeout(PATIENCE)
    # Held back until the receiver acknowledges the headers, each body would come 40 ms later.
    connection.sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    if scheme == "https":
        try:
            connection.sock = _context(address).wrap_socket(connection.sock, server_hostname=name)
        except BaseException:
            connection.close()
            raise
    return connection


def _context(address: str) -> ssl.SSLContext:
    if not ip_address(address).is_loopback:
        checking = ssl.create_default_context()
        checking.sslsocket_class = _Secure
        return checking
    # This machine vouches for itself; certificates to check it by, once loaded, would cost 20 ms a connection.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.sslsocket_class = _Secure
    return context
