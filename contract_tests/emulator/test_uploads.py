"""Tests of uploads at the emulator: what is accepted, how long files are kept, and what the journal shows."""

import base64
import json
import socket
import time
from typing import Any

import httpx
import pytest

from contract_tests.emulator.connections import connect, connected_client
from contract_tests.emulator.kit import Kie
from klingkit.emulator import Emulator, Fault, VirtualClock
from klingkit.emulator.apis.kie import _uploads
from klingkit.emulator.faults._header import HEADER

STREAM_PATH, BASE64_PATH, URL_PATH = (f"/api/file-{kind}-upload" for kind in ("stream", "base64", "url"))
BYTES = b"\x89PNG and so on"
TEXT = base64.b64encode(BYTES).decode()
FORM_BODY = {
    "data": {"uploadPath": "images", "fileName": "cat.png"},
    "files": {"file": ("my cat.png", BYTES, "image/png")},
}
BASE64_BODY: dict[str, Any] = {
    "base64Data": f"data:image/png;base64,{TEXT}",
    "uploadPath": "images",
    "fileName": "cat.png",
}
URL_BODY: dict[str, Any] = {"fileUrl": "http://127.0.0.1:9/a/my-cat.webp", "uploadPath": "images"}
BODY_BY_PATH: dict[str, dict[str, Any]] = {
    STREAM_PATH: FORM_BODY,
    BASE64_PATH: {"json": BASE64_BODY},
    URL_PATH: {"json": URL_BODY},
}


def upload(api: Kie, path: str, **options: Any) -> dict[str, Any]:
    response = api.request("POST", path, **options)
    assert response.status_code == 200
    body = response.json()
    assert (body["success"], body["code"], body["msg"]) == (True, 200, "success")
    data: dict[str, Any] = body["data"]
    return data


def fetch(api: Kie, url: str) -> httpx.Response:
    return api.request("GET", url.removeprefix("http://emulator"), headers={"Authorization": ""})


def rejection(api: Kie, path: str, **options: Any) -> tuple[int, str]:
    response = api.request("POST", path, **options)
    body = response.json()
    assert body.keys() == {"success", "code", "msg"}
    assert (body["success"], body["code"]) == (False, response.status_code)
    return response.status_code, body["msg"]


@pytest.mark.parametrize("dialect", ["document", "official", "relay"])
@pytest.mark.parametrize("path", [STREAM_PATH, BASE64_PATH])
def test_an_uploaded_file_is_served_again_without_a_key(path, dialect):
    api = Kie(Emulator(clock=VirtualClock(1_736_937_000), dialect=dialect))
    data = upload(api, path, **BODY_BY_PATH[path])
    assert data == {
        "fileId": "file_000000000001",
        "fileName": "cat.png",
        "originalName": "my cat.png" if path == STREAM_PATH else "cat.png",
        "fileSize": len(BYTES),
        "mimeType": "image/png",
        "uploadPath": "images",
        "fileUrl": "http://emulator/files/images/cat.png",
        "downloadUrl": "http://emulator/download/file_000000000001",
        "uploadTime": "2025-01-15T10:30:00Z",
        "expiresAt": "2025-01-18T10:30:00Z",
    }
    for url in (data["fileUrl"], data["downloadUrl"]):
        response = fetch(api, url)
        assert (response.status_code, response.content) == (200, BYTES)
        assert response.headers["Content-Type"] == "image/png"


def test_an_upload_by_url_is_recorded_and_not_fetched():
    api = Kie()
    data = upload(api, URL_PATH, json=URL_BODY)
    assert (data["originalName"], data["mimeType"]) == ("my-cat.webp", "image/webp")
    assert data["fileName"].endswith(".webp")
    assert b"does not fetch" in fetch(api, data["fileUrl"]).content


def test_a_file_without_a_name_gets_a_unique_name():
    api = Kie()
    names = {upload(api, BASE64_PATH, json={**BASE64_BODY, "fileName": None})["fileName"] for _ in range(2)}
    assert len(names) == 2


def test_plain_base64_without_a_type_is_accepted():
    data = upload(Kie(), BASE64_PATH, json={"base64Data": TEXT, "uploadPath": "/a/b/", "fileName": "cat"})
    assert (data["uploadPath"], data["mimeType"]) == ("a/b", "application/octet-stream")


def test_a_file_of_the_same_name_is_replaced():
    api = Kie()
    first, second = (
        upload(api, BASE64_PATH, json={**BASE64_BODY, "base64Data": message_part}) for message_part in ("YQ==", "Yg==")
    )
    assert first["fileUrl"] == second["fileUrl"]
    assert fetch(api, first["fileUrl"]).content == b"b"
    assert fetch(api, first["downloadUrl"]).status_code == 404


def test_a_file_is_gone_after_three_days():
    api = Kie()
    url = upload(api, BASE64_PATH, json=BASE64_BODY)["fileUrl"]
    api.emulator.clock.advance(3 * 86_400 - 1)
    assert fetch(api, url).status_code == 200
    api.emulator.clock.advance(1)
    assert fetch(api, url).status_code == 404


def test_a_reset_forgets_the_files():
    api = Kie()
    url = upload(api, BASE64_PATH, json=BASE64_BODY)["fileUrl"]
    api.emulator.reset()
    assert fetch(api, url).status_code == 404


@pytest.mark.parametrize(("limit", "value"), [("KEPT_FILES", 2), ("KEPT_BYTES", 2 * len(BYTES))])
def test_the_oldest_file_is_forgotten_when_there_are_too_many(limit, value, monkeypatch):
    monkeypatch.setattr(_uploads, limit, value)
    api = Kie()
    urls = [
        upload(api, BASE64_PATH, json={**BASE64_BODY, "fileName": f"{number}.png"})["fileUrl"] for number in range(3)
    ]
    assert [fetch(api, url).status_code for url in urls] == [404, 200, 200]


def test_the_newest_file_is_kept_however_large(monkeypatch):
    monkeypatch.setattr(_uploads, "KEPT_BYTES", 1)
    api = Kie()
    assert fetch(api, upload(api, BASE64_PATH, json=BASE64_BODY)["fileUrl"]).status_code == 200


@pytest.mark.parametrize("dialect", ["document", "official"])
@pytest.mark.parametrize("path", BODY_BY_PATH)
def test_a_key_is_needed(path, dialect):
    api = Kie(Emulator(keys={"other"}, dialect=dialect))
    assert rejection(api, path, **BODY_BY_PATH[path])[0] == 401
    assert rejection(api, path, **BODY_BY_PATH[path], headers={"Authorization": ""})[0] == 401


def test_another_method_is_an_error_in_the_same_envelope():
    response = Kie().request("GET", STREAM_PATH)
    assert (response.status_code, response.json()["success"]) == (405, False)


@pytest.mark.parametrize("upload_path", [None, "", " ", "/", 5, "a/../b", "a\nb", "a?b", "a" * 201])
@pytest.mark.parametrize("path", [BASE64_PATH, URL_PATH])
def test_a_plain_upload_path_is_required(path, upload_path):
    body = {**BODY_BY_PATH[path]["json"], "uploadPath": upload_path}
    assert rejection(Kie(), path, json=body)[0] == 400


@pytest.mark.parametrize(
    ("change", "message_part"),
    [
        ({"base64Data": None}, "base64Data must be text"),
        ({"base64Data": "%%%"}, "base64Data must be Base64"),
        ({"base64Data": "猫"}, "base64Data must be Base64"),
        ({"base64Data": ""}, "the file is empty"),
        ({"fileName": "a/b.png"}, "fileName must be no path"),
        ({"fileName": 5}, "fileName is missing, or no text"),
    ],
)
def test_a_wrong_field_is_named(change, message_part):
    status, message = rejection(Kie(), BASE64_PATH, json={**BASE64_BODY, **change})
    assert (status, message_part in message) == (400, True)


@pytest.mark.parametrize("url", [None, 5, "cat.png", "ftp://a.example/cat.png", "http://", "http://[a"])
def test_an_upload_by_url_needs_a_url(url):
    assert rejection(Kie(), URL_PATH, json={**URL_BODY, "fileUrl": url}) == (
        400,
        "fileUrl must be an http or https URL",
    )


@pytest.mark.parametrize(
    ("options", "message_part"),
    [
        ({"json": {}}, "the Content-Type must be multipart/form-data"),
        ({"content": b"", "headers": {"Content-Type": "multipart/form-data"}}, "the form can't be read"),
        ({"content": b"x", "headers": {"Content-Type": "multipart/form-data; boundary=a"}}, "the form can't be read"),
        ({**FORM_BODY, "files": {"file": (None, "text")}}, "file is missing, or no file"),
        ({**FORM_BODY, "files": {"other": ("a.png", BYTES)}}, "file is missing, or no file"),
        ({**FORM_BODY, "files": {"file": ("a.png", b"")}}, "the file is empty"),
        ({**FORM_BODY, "data": {}}, "uploadPath is missing, or no text"),
        ({**FORM_BODY, "files": [("file", ("a", BYTES)), ("file", ("b", BYTES))]}, "Too many files"),
    ],
)
def test_a_form_that_cannot_be_read_is_rejected(options, message_part):
    status, message = rejection(Kie(), STREAM_PATH, **options)
    assert (status, message_part in message) == (400, True)


def test_files_that_are_too_large_are_rejected(monkeypatch):
    monkeypatch.setattr(_uploads, "MAX_FORM", 100)
    monkeypatch.setattr(_uploads, "MAX_BASE64", len(BYTES) - 1)
    api = Kie()
    assert "more than 100 bytes" in rejection(api, STREAM_PATH, **FORM_BODY)[1]
    assert "may have 13 in this way" in rejection(api, BASE64_PATH, json=BASE64_BODY)[1]
    monkeypatch.setattr(_uploads, "MAX_JSON", 10)
    assert "more than 10 bytes" in rejection(api, BASE64_PATH, json=BASE64_BODY)[1]


def test_a_form_that_ends_early_is_rejected():
    api = Kie()
    head = b"POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer k\r\n" % STREAM_PATH.encode()
    head += b"Content-Type: multipart/form-data; boundary=a\r\nContent-Length: 900\r\n\r\n"
    with api.emulator.serve() as url, connect(url) as connection:
        connection.sendall(head + b"--a\r\n")
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1)
    (exchange,) = api.emulator.requests
    assert exchange.request.size == 5
    assert "it ended early" in exchange.response.body


def test_files_in_base64_that_stall_keep_others_waiting_for_a_bounded_time(monkeypatch):
    monkeypatch.setattr(_uploads, "READ_AT_ONCE", 1)
    monkeypatch.setattr(_uploads, "READ_SECONDS", 0.2)
    api = Kie()
    head = b"POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer k\r\n" % BASE64_PATH.encode()
    head += (
        b"Content-Type: application/json\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 900\r\n\r\n"
    )
    with connected_client(api) as http, connect(str(http.base_url)) as stalled:
        stalled.sendall(head)
        assert stalled.recv(12) == b"HTTP/1.1 100"  # 100 Continue: the emulator reads the body
        response = http.post(BASE64_PATH, headers=api.headers, json=BASE64_BODY)
        assert response.json()["data"]["fileSize"] == len(BYTES)
        assert [exchange.status for exchange in api.emulator.requests] == [400, 200]
        assert b"the body took more than 0.2 s" in b"".join(iter(lambda: stalled.recv(1_000), b""))


@pytest.mark.parametrize("path", [STREAM_PATH, BASE64_PATH])
def test_the_journal_has_no_bytes_of_files(path):
    api = Kie(Emulator(faults=[Fault("drop", operation="media")]))
    data = upload(api, path, **BODY_BY_PATH[path])
    fetch(api, data["fileUrl"])
    upload_exchange, download = api.emulator.requests
    assert (upload_exchange.api, upload_exchange.operation, upload_exchange.fault, upload_exchange.request.content) == (
        "kie",
        "upload",
        None,
        b"",
    )
    assert upload_exchange.request.size > len(BYTES)
    assert f"{upload_exchange.request.size} bytes" in upload_exchange.request.body
    assert json.loads(upload_exchange.response.body)["data"] == data
    assert (download.response.content, download.response.size) == (b"", len(BYTES))


def test_a_large_file_passes_the_limit_of_other_bodies():
    content = bytes(3_000_000)
    api = Kie()
    data = upload(api, STREAM_PATH, data={"uploadPath": "a"}, files={"file": ("a.mp4", content)})
    assert fetch(api, data["fileUrl"]).content == content
    assert (
        upload(api, BASE64_PATH, json={"base64Data": base64.b64encode(content).decode(), "uploadPath": "a"})["fileSize"]
        == 3_000_000
    )


# Faults


@pytest.mark.parametrize("path", [STREAM_PATH, BASE64_PATH, URL_PATH])
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault("refuse", code=455), (455, 455)),
        (Fault("refuse", operation="upload", status=503), (503, 503)),
        (Fault("html"), (502, None)),
        (Fault("stall", seconds=0), (200, 200)),
        (Fault("slow", operation="upload", seconds=0), (200, 200)),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_an_upload_gets_the_fault_whatever_its_body_is(path, fault, expected):
    api = Kie(Emulator(faults=[fault]))
    with connected_client(api) as http:
        response = http.post(path, headers=api.headers, **BODY_BY_PATH[path])
    code = None if response.headers["Content-Type"].startswith("text/html") else response.json()["code"]
    assert (response.status_code, code) == expected
    (exchange,) = api.emulator.requests
    assert (exchange.operation, exchange.fault) == ("upload", fault.kind)


def test_a_dropped_upload_keeps_no_file_and_the_next_one_does():
    api = Kie(Emulator(faults=[Fault("drop", operation="upload", times=1)]))
    with connected_client(api) as http:
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):  # a reset, where the body was not read whole
            http.post(STREAM_PATH, headers=api.headers, **BODY_BY_PATH[STREAM_PATH])
        assert (
            http.post(STREAM_PATH, headers=api.headers, **BODY_BY_PATH[STREAM_PATH])
            .json()["data"]["fileId"]
            .endswith("01")
        )


def test_a_truncated_response_leaves_the_file_there():
    api = Kie(Emulator(faults=[Fault("truncate", operation="upload", times=1)]))
    with connected_client(api) as http, pytest.raises(httpx.RemoteProtocolError):
        http.post(STREAM_PATH, headers=api.headers, **BODY_BY_PATH[STREAM_PATH])
    assert upload(api, STREAM_PATH, **BODY_BY_PATH[STREAM_PATH])["fileId"].endswith("02")


def test_a_slow_upload_takes_its_seconds_and_keeps_the_whole_file():
    api = Kie(Emulator(faults=[Fault("slow", operation="upload", seconds=0.5)]))
    content = bytes(3_000_000)
    with connected_client(api) as http:
        began = time.monotonic()
        response = http.post(
            STREAM_PATH, headers=api.headers, data={"uploadPath": "a"}, files={"file": ("a.mp4", content)}
        )
        assert time.monotonic() - began >= 0.5
        assert http.get(response.json()["data"]["fileUrl"]).content == content


def test_a_large_body_is_kept_whole_while_the_response_stalls():
    api = Kie(Emulator(faults=[Fault("stall", operation="upload", seconds=0)]))
    data = upload(api, STREAM_PATH, data={"uploadPath": "a"}, files={"file": ("a.mp4", bytes(3_000_000))})
    assert data["fileSize"] == 3_000_000


def test_a_header_can_set_a_fault_for_its_upload():
    api = Kie()
    headers = {**api.headers, HEADER: '{"kind": "refuse", "code": 429}'}
    with connected_client(api) as http:
        assert http.post(STREAM_PATH, headers=headers, **BODY_BY_PATH[STREAM_PATH]).json()["code"] == 429
        assert (
            http.post(STREAM_PATH, headers={**headers, HEADER: "expire"}, **BODY_BY_PATH[STREAM_PATH]).status_code
            == 400
        )
