"""POST requests to receivers, only at addresses of this machine or of allowed networks."""

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

TIMEOUT = 5.0  # seconds a receiver may take for each step: connecting, reading, the whole response
MAX_RESPONSE = 65_536  # bytes of a response that are read so that its connection can be used again

Network: TypeAlias = IPv4Network | IPv6Network
Address: TypeAlias = tuple[str, str, int, str]
"""The end of a connection: scheme, IP address, port, and the host's name."""

ERRORS = (HTTPException, httpx.InvalidURL, OSError, ValueError)
"""The errors of a POST that does not reach its receiver."""


class Send(Protocol):
    """Sends a callback."""

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str], /) -> int:
        """POST the JSON and return the receiver's HTTP status.

        Raises:
            Exception: one of ERRORS: the receiver was not reached.
        """
        ...


def parse_networks(networks: Collection[str]) -> tuple[Network, ...]:
    """Parse networks like "10.0.0.0/8".

    Raises:
        ValueError: one is invalid.
    """
    try:
        return tuple(ip_network(text) for text in networks)
    except ValueError as error:
        raise ValueError(f"allow_callbacks: {error}; a network is given like 10.0.0.0/8") from error


class Connections:
    """Open connections to receivers, for one thread.

    The address of a name is checked and then connected to, so that the name can't be resolved differently in between.
    No redirects, no proxies.

    Args:
        allowed: networks that may be called beside this machine.
    """

    def __init__(self, allowed: Collection[Network] = ()) -> None:
        self._allowed = allowed
        self._open: dict[Address, HTTPConnection] = {}

    def close(self) -> None:
        """Close them all."""
        for connection in self._open.values():
            connection.close()
        self._open.clear()

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str], /) -> int:
        """POST the JSON to the first allowed address of the URL's host, and return the receiver's HTTP status.

        Raises:
            Exception: one of ERRORS.
        """
        target = httpx.URL(url)
        if target.scheme not in {"http", "https"} or not target.host:
            raise ValueError("not an http URL")
        if target.port is not None and target.port > 65535:  # the resolver would take it modulo 65536
            raise ValueError("no such port")
        failure: OSError | ValueError = ValueError("not an allowed host" if self._allowed else "not a loopback host")
        for address in self._addresses(target):
            try:
                connection = self._connect(address)
            except OSError as error:  # a receiver at "localhost" may listen at ::1 or 127.0.0.1
                failure = error
            else:
                return self._post(connection, address, target, body, headers)
        raise failure

    def _addresses(self, url: httpx.URL) -> Iterator[Address]:
        port = url.port or (443 if url.scheme == "https" else 80)
        for *_, address in getaddrinfo(url.host, port, type=SOCK_STREAM):
            if self._is_allowed(ip_address(ip := str(address[0]))):
                yield url.scheme, ip, port, url.host

    def _is_allowed(self, address: IPv4Address | IPv6Address) -> bool:
        return address.is_loopback or any(address in network for network in self._allowed)

    def _connect(self, address: Address) -> HTTPConnection:
        """Return a connection that is open, and was not closed by its receiver meanwhile."""
        connection = self._open.pop(address, None)
        if connection is not None:
            if not _is_readable(connection.sock):
                return connection
            connection.close()
        return _connect(address)

    def _post(
        self, connection: HTTPConnection, address: Address, url: httpx.URL, body: bytes, headers: Mapping[str, str]
    ) -> int:
        try:
            all_headers = {"Host": url.netloc.decode("ascii"), "Content-Type": "application/json", **headers}
            connection.sock.settimeout(TIMEOUT)
            connection.request("POST", url.raw_path.decode("ascii"), body, all_headers)
            cast("_Timed", connection.sock).deadline = monotonic() + TIMEOUT
            with connection.getresponse() as response:
                with suppress(OSError, HTTPException):
                    response.read1(MAX_RESPONSE)  # read only to free the connection for the next request
                if response.length == 0 and not response.will_close:
                    self._open[address] = connection
                return response.status
        finally:
            if address not in self._open:
                connection.close()


def _is_readable(sock: socket) -> bool:
    """Return whether something came without a request: as a rule, the receiver has closed the connection."""
    with DefaultSelector() as selector:
        selector.register(sock, EVENT_READ)
        return bool(selector.select(0))


class _Timed:
    """A socket with a deadline for a whole response, which a timeout of each read does not limit."""

    deadline = inf

    def left(self) -> float:
        """Return the seconds until the deadline.

        Raises:
            TimeoutError: it has passed.
        """
        if (left := self.deadline - monotonic()) <= 0:
            raise TimeoutError("timed out")
        return min(left, TIMEOUT)


class _Plain(_Timed, socket):
    def recv_into(self, *given: Any, **more: Any) -> int:
        self.settimeout(self.left())
        return super().recv_into(*given, **more)


class _Secure(_Timed, ssl.SSLSocket):
    def recv_into(self, *given: Any, **more: Any) -> int:
        self.settimeout(self.left())
        return super().recv_into(*given, **more)


def _connect(address: Address) -> HTTPConnection:
    scheme, ip, port, name = address
    connection = HTTPConnection(ip, port, timeout=TIMEOUT)
    plain = create_connection((ip, port), timeout=TIMEOUT)
    connection.sock = _Plain(plain.family, plain.type, plain.proto, plain.detach())
    connection.sock.settimeout(TIMEOUT)
    # With Nagle, each body would wait 40 ms for the acknowledgement of the headers.
    connection.sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    if scheme == "https":
        try:
            connection.sock = _context(ip).wrap_socket(connection.sock, server_hostname=name)
        except BaseException:
            connection.close()
            raise
    return connection


def _context(ip: str) -> ssl.SSLContext:
    if not ip_address(ip).is_loopback:
        checking = ssl.create_default_context()
        checking.sslsocket_class = _Secure
        return checking
    # Loopback needs no check, and loading the trusted certificates would cost 20 ms a connection.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.sslsocket_class = _Secure
    return context
