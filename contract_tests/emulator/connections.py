"""Connections to an emulator on a port, by http and by https."""

import socket
import ssl
from pathlib import Path

import httpx

from contract_tests.emulator.kit import Kie

HERE = Path(__file__).parent
CERTIFICATE, KEY = HERE / "for_tests_only.crt", HERE / "for_tests_only.key"
TLS = (CERTIFICATE, KEY)


def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=CERTIFICATE)


def connect(url: str, tls: ssl.SSLContext | None = None) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", httpx.URL(url).port or 0), timeout=10)
    return tls.wrap_socket(connection, server_hostname="127.0.0.1") if tls else connection


def open_lines(url: str, tls: ssl.SSLContext | None = None) -> list[socket.socket]:
    """Connections in the midst of something: headers, a body, an event stream, a stall, a film that nobody reads."""
    host = b"Host: localhost\r\nAuthorization: Bearer k\r\n"
    asks = (
        b"GET /api",
        b"POST %s HTTP/1.1\r\n%sContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n"
        % (Kie.create_path.encode(), host),
        b"GET /_emulator/events HTTP/1.1\r\n%s\r\n" % host,
        b"GET %s?taskId=x HTTP/1.1\r\n%sX-Klingkit-Fault: stall\r\n\r\n" % (Kie.query_path.encode(), host),
    )
    opened = []
    for ask in asks:
        opened.append(connect(url, tls))
        opened[-1].sendall(ask)
    assert opened[1].recv(12) == b"HTTP/1.1 100"  # so the request has begun
    assert opened[2].recv(12) == b"HTTP/1.1 200"
    return opened
