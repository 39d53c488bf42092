"""Serving by https."""

import shutil
import socket
import ssl
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract_tests.emulator.connections import CERTIFICATE, KEY, TLS, connect, open_lines, trusting
from contract_tests.emulator.kit import Api, Native, every_api
from klingkit.emulator import Emulator, read_label


def client(url: str) -> httpx.Client:
    headers = {"Authorization": "Bearer a-key"}
    return httpx.Client(base_url=url, headers=headers, verify=trusting(), trust_env=False, timeout=10)


@every_api
def test_tasks_videos_and_events_by_https(kind: type[Api]) -> None:
    with Emulator().serve(tls=TLS) as url, client(url) as http:
        assert url.startswith("https://127.0.0.1:")
        task_id = kind.id_in(http.post(kind.create_path, json=kind.body()))
        video = kind.url(kind.data(http.get(kind.path_of(task_id))))
        assert video == f"{url}/media/{task_id}.mp4"
        assert read_label(http.get(video).content).task_id == task_id
        assert "<!doctype html>" in http.get("/").text
        with http.stream("GET", "/_emulator/events") as events:
            assert next(events.iter_lines()).startswith("id: ")


def test_the_key_may_be_in_the_certificates_file(tmp_path: Path) -> None:
    both = tmp_path / "both.pem"
    with both.open("wb") as file:
        for part in (KEY, CERTIFICATE):
            with part.open("rb") as source:
                shutil.copyfileobj(source, file)
    with Emulator().serve(tls=(str(both), None)) as url, client(url) as http:
        assert http.get("/").status_code == 200


def test_it_stops_at_once_without_errors(capfd: pytest.CaptureFixture[str]) -> None:
    """With clients in the middle of a request, before TLS, without TLS, and without trust."""
    with Emulator().serve(tls=TLS) as url, client(url) as http:
        opened = [*open_lines(url, trusting()), connect(url), connect(url)]
        opened[-1].sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert opened[-1].recv(1) == b""
        with pytest.raises(ssl.SSLCertVerificationError):
            connect(url, ssl.create_default_context())
        http.get(Native.query_path)
        started = time.monotonic()
    assert time.monotonic() - started < 1
    for connection in opened:
        connection.close()
    assert capfd.readouterr() == ("", "")


def test_an_invalid_certificate_or_key_is_rejected(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.pem"
    damaged.write_text(KEY.read_text("utf-8").replace("M", "N"), "utf-8")
    wrong: list[tuple[Any, str]] = [
        ((tmp_path / "none", KEY), "^tls: '.*none': can't be read: No such file"),
        ((CERTIFICATE, tmp_path), "^tls: '.*': can't be read: Is a directory"),
        ((KEY, KEY), "^tls: '.*key': must be a PEM file with a CERTIFICATE"),
        ((CERTIFICATE, None), "^tls: '.*crt': must be a PEM file with a PRIVATE KEY"),
        ((CERTIFICATE, damaged), "^tls: '.*crt' and '.*damaged.pem' must belong together"),
        (str(CERTIFICATE), "^tls must be the path of a certificate"),
        ((CERTIFICATE,), "^tls must be the path of a certificate"),
    ]
    for tls, problem in wrong:
        with pytest.raises(ValueError, match=problem), Emulator().serve(tls=tls):
            pass


def test_the_port_is_released_if_the_certificate_is_rejected() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ValueError, match="tls"), Emulator().serve(port=port, tls=(KEY, KEY)):
        pass
    with Emulator().serve(port=port, tls=TLS) as url:
        assert url == f"https://127.0.0.1:{port}"
