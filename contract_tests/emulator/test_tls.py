"""Tests of serving by https."""

import shutil
import socket
import ssl
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract_tests.emulator.connections import (
    CERTIFICATE,
    PRIVATE_KEY,
    TLS,
    connect,
    open_unfinished_requests,
    trusting_ssl_context,
)
from contract_tests.emulator.kit import Api, Native, every_api
from klingkit.emulator import Emulator, read_label


def client(url: str) -> httpx.Client:
    headers = {"Authorization": "Bearer a-key"}
    return httpx.Client(base_url=url, headers=headers, verify=trusting_ssl_context(), trust_env=False, timeout=10)


@every_api
def test_tasks_videos_and_events_by_https(api_class: type[Api]) -> None:
    with Emulator().serve(tls=TLS) as url, client(url) as http:
        assert url.startswith("https://127.0.0.1:")
        task_id = api_class.id_in(http.post(api_class.create_path, json=api_class.body()))
        video = api_class.url(api_class.data(http.get(api_class.path_of(task_id))))
        assert video == f"{url}/media/{task_id}.mp4"
        assert read_label(http.get(video).content).task_id == task_id
        assert "<!doctype html>" in http.get("/").text
        with http.stream("GET", "/_emulator/events") as events:
            assert next(events.iter_lines()).startswith("id: ")


def test_the_key_may_be_in_the_certificates_file(tmp_path: Path) -> None:
    combined = tmp_path / "both.pem"
    with combined.open("wb") as file:
        for part in (PRIVATE_KEY, CERTIFICATE):
            with part.open("rb") as source:
                shutil.copyfileobj(source, file)
    with Emulator().serve(tls=(str(combined), None)) as url, client(url) as http:
        assert http.get("/").status_code == 200


def test_it_stops_at_once_without_errors(capfd: pytest.CaptureFixture[str]) -> None:
    """Clients may be within a request or before the handshake, speak no TLS, or not trust the certificate."""
    with Emulator().serve(tls=TLS) as url, client(url) as http:
        connections = [*open_unfinished_requests(url, trusting_ssl_context()), connect(url), connect(url)]
        connections[-1].sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert connections[-1].recv(1) == b""
        with pytest.raises(ssl.SSLCertVerificationError):
            connect(url, ssl.create_default_context())
        http.get(Native.query_path)
        started = time.monotonic()
    assert time.monotonic() - started < 1
    for connection in connections:
        connection.close()
    assert capfd.readouterr() == ("", "")


def test_an_invalid_certificate_or_key_is_rejected(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.pem"
    damaged.write_text(PRIVATE_KEY.read_text("utf-8").replace("M", "N"), "utf-8")
    invalid: list[tuple[Any, str]] = [
        ((tmp_path / "none", PRIVATE_KEY), "^tls: '.*none': can't be read: No such file"),
        ((CERTIFICATE, tmp_path), "^tls: '.*': can't be read: Is a directory"),
        ((PRIVATE_KEY, PRIVATE_KEY), "^tls: '.*key': must be a PEM file with a CERTIFICATE"),
        ((CERTIFICATE, None), "^tls: '.*crt': must be a PEM file with a PRIVATE KEY"),
        ((CERTIFICATE, damaged), "^tls: '.*crt' and '.*damaged.pem' must belong together"),
        (str(CERTIFICATE), "^tls must be the path of a certificate"),
        ((CERTIFICATE,), "^tls must be the path of a certificate"),
    ]
    for tls, problem in invalid:
        with pytest.raises(ValueError, match=problem), Emulator().serve(tls=tls):
            pass


def test_the_port_is_released_if_the_certificate_is_rejected() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ValueError, match="tls"), Emulator().serve(port=port, tls=(PRIVATE_KEY, PRIVATE_KEY)):
        pass
    with Emulator().serve(port=port, tls=TLS) as url:
        assert url == f"https://127.0.0.1:{port}"
