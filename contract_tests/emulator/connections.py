"""Connections to an emulator that is served on a port, by http and by https."""

import socket
import ssl
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx

from contract_tests.emulator.kit import Api, Kie

HERE = Path(__file__).parent
CERTIFICATE, PRIVATE_KEY = HERE / "for_tests_only.crt", HERE / "for_tests_only.key"
TLS = (CERTIFICATE, PRIVATE_KEY)


def trusting_ssl_context() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=CERTIFICATE)


def connect(url: str, tls: ssl.SSLContext | None = None) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", httpx.URL(url).port or 0), timeout=10)
    return tls.wrap_socket(connection, server_hostname="127.0.0.1") if tls else connection


def open_unfinished_requests(url: str, tls: ssl.SSLContext | None = None) -> list[socket.socket]:
    """Return connections with an unfinished request: within headers, within a body, an event stream, a stall."""
    host = b"Host: localhost\r\nAuthorization: Bearer k\r\n"
    requests = (
        b"GET /api",
        b"POST %s HTTP/1.1\r\n%sContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n"
        % (Kie.create_path.encode(), host),
        b"GET /_emulator/events HTTP/1.1\r\n%s\r\n" % host,
        b"GET %s?taskId=x HTTP/1.1\r\n%sX-Klingkit-Fault: stall\r\n\r\n" % (Kie.query_path.encode(), host),
    )
    opened = []
    for request in requests:
        opened.append(connect(url, tls))
        opened[-1].sendall(request)
    assert opened[1].recv(12) == b"HTTP/1.1 100"  # 100 Continue: the emulator reads the body
    assert opened[2].recv(12) == b"HTTP/1.1 200"
    return opened


@contextmanager
def connected_client(api: Api) -> Generator[httpx.Client]:
    """Serve the emulator and open an httpx client for it."""
    with (
        api.emulator.serve() as url,
        httpx.Client(base_url=url, headers=api.headers, trust_env=False, timeout=10) as http,
    ):
        yield http


def read_until_closed(response: httpx.Response) -> bytes:
    """Return what arrives before the connection is closed early."""
    received = b""
    try:
        for chunk in response.iter_raw():
            received += chunk
    except httpx.RemoteProtocolError:
        return received
    raise AssertionError("the response was whole")
