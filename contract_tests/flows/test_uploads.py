"""Tests of uploads on a scripted driver: how they are sent, what is refused before, and what is sent again."""

import base64
import json
import os
import re
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from contract_tests.support.apis import NATIVE
from contract_tests.support.kie import API_KEY
from contract_tests.support.script import Script
from contract_tests.support.uploads import FILE_URL, JPEG, MP4, PNG, rejected_response, uploaded_response
from klingkit import ApiError, ConfigurationError, InvalidRequest, KlingkitError, NetworkError, UploadedFile
from klingkit._flow import STALL_LIMITS, Effect, Outcome, Send
from klingkit._query import credit
from klingkit._uploads import MAX_JSON_BYTES, open_source, upload
from klingkit.kie import Element, Kie, Kling21Pro, Kling26MotionControl, Kling26TextToVideo, Kling30Video

KIE_API = Kie(API_KEY, "https://api.kie.ai")
LOST_RESPONSE = httpx.ReadTimeout("slow")
GATEWAY_ERROR = httpx.Response(502, text="<html>")


class Uploads(Script):
    """Reads the body of each request that is sent, as a transport does."""

    def __init__(self, *responses: Any) -> None:
        super().__init__(*responses)
        self.bodies: list[bytes] = []

    def perform(self, effect: Effect) -> Outcome:
        if isinstance(effect, Send):
            assert not effect.paid
            self.bodies.append(b"".join(cast("httpx.SyncByteStream", effect.request.stream)))
        return super().perform(effect)

    def upload(self, source: Any, timeout: float = 600.0, api: Any = KIE_API, **options: Any) -> UploadedFile:
        on_progress = options.pop("on_progress", None)
        with open_source(api, source, **options) as file:
            return self.run(upload(api, file, timeout=timeout, on_progress=on_progress))

    @property
    def requests(self) -> list[httpx.Request]:
        return [effect.request for effect in self.effects if isinstance(effect, Send)]


@pytest.fixture
def cat(tmp_path: Path) -> Path:
    path = tmp_path / "cat.jpeg"
    path.write_bytes(PNG)
    return path


def test_a_path_is_streamed_as_a_form(cat):
    script = Uploads(uploaded_response(), uploaded_response())
    for source in (cat, str(cat)):
        assert str(script.upload(source)) == FILE_URL
    request, body = script.requests[0], script.bodies[0]
    assert str(request.url) == "https://kieai.redpandaai.co/api/file-stream-upload"
    assert request.headers["Content-Length"] == str(len(body))
    assert b'name="uploadPath"\r\n\r\nklingkit\r\n' in body
    assert b"Content-Type: image/png\r\n\r\n" + PNG in body  # the content decides the type, not the name
    names = [re.search(rb'name="fileName"\r\n\r\n([0-9a-f]{32}\.png)\r\n', body)[1] for body in script.bodies]  # type: ignore[index]  # else it fails
    assert names[0] != names[1]


def test_the_response_is_read(cat):
    file = Uploads(uploaded_response()).upload(cat)
    assert (file.url, file.name, file.size) == (FILE_URL, "cat.png", 32)
    assert file.expires
    assert file.expires.isoformat() == "2026-09-23T10:30:00+00:00"
    assert (file.media_type, file.raw["fileId"]) == ("image/png", "file_1")


def test_fields_that_the_response_leaves_out_are_taken_from_the_file(cat):
    bare = uploaded_response(fileName=None, fileSize=None, mimeType=None, expiresAt=None, fileUrl=None)
    file = Uploads(bare).upload(cat)
    assert file.url.endswith("/download/file_1")
    assert (file.size, file.media_type, file.expires) == (len(PNG), "image/png", None)
    assert (file.name or "").endswith(".png")


@pytest.mark.parametrize(
    ("stated_time", "hour"),
    [("2026-09-23T10:30:00", 10), ("2026-09-23T10:30:00+08:00", 2), ("soon", None), (5, None)],
)
def test_a_time_is_aware_in_utc_unless_it_names_a_zone_and_none_if_odd(cat, stated_time, hour):
    expires = Uploads(uploaded_response(expiresAt=stated_time)).upload(cat).expires
    assert (expires and expires.utctimetuple().tm_hour) == hour


def test_small_data_is_sent_as_base64():
    script = Uploads(uploaded_response(), uploaded_response(), uploaded_response())
    script.upload(PNG)
    script.upload(f"DATA:image/gif;name=a;base64,{base64.b64encode(PNG).decode()}")
    script.upload(b"anything", media_type="text/plain")
    bodies = [json.loads(body) for body in script.bodies]
    assert {request.url.path for request in script.requests} == {"/api/file-base64-upload"}
    assert {body["uploadPath"] for body in bodies} == {"klingkit"}
    png = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    assert [body["base64Data"] for body in bodies] == [png, png, "data:text/plain;base64,YW55dGhpbmc="]


def test_data_of_unknown_type_has_the_stated_type_or_a_general_one():
    script = Uploads(uploaded_response(), uploaded_response())
    script.upload("data:text/css;base64,YQ==")
    script.upload(b"a")
    bodies = [json.loads(body)["base64Data"] for body in script.bodies]
    assert bodies == ["data:text/css;base64,YQ==", "data:application/octet-stream;base64,YQ=="]


def test_large_data_is_streamed(tmp_path):
    data = PNG + bytes(MAX_JSON_BYTES)
    script = Uploads(*[uploaded_response()] * 3)
    script.upload(data)
    script.upload(f"data:;base64,{base64.b64encode(data).decode()}")
    script.upload(bytes(MAX_JSON_BYTES + 1))
    assert {request.url.path for request in script.requests} == {"/api/file-stream-upload"}
    assert all(body.count(data) == 1 for body in script.bodies[:2])
    assert b"Content-Type: application/octet-stream" in script.bodies[2]


def test_the_url_of_a_public_file_is_passed_on():
    script = Uploads(uploaded_response())
    script.upload("https://studio.example/a%20cat.webp?size=1")
    assert script.requests[0].url.path == "/api/file-url-upload"
    body = json.loads(script.bodies[0])
    assert (body["fileUrl"], body["fileName"][-5:]) == ("https://studio.example/a%20cat.webp?size=1", ".webp")


def test_a_url_that_the_service_cannot_reach_is_refused():
    with pytest.raises(InvalidRequest, match="public address"):
        Uploads().upload("http://192.168.1.2/cat.png")


# What cannot be uploaded


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("no-such-file.png", "an existing file, not 'no-such-file.png'"),
        ("a\0b", "an existing file"),
        (os.curdir, "a regular file"),
        (b"", "not empty"),
        ("data:image/png;base64,", "not empty"),
        ("data:image/png,abc", "with base64"),
        ("data:image/png;base64", "with base64"),
        ("data:image/png;base64,%%%", "with base64"),
        ("ftp://studio.example/cat.png", "a path, bytes, an http or https URL"),
        *((odd, "a path, bytes") for odd in (5, None, bytearray(b"a"), ["cat.png"])),
    ],
)
def test_an_invalid_source_is_refused_before_anything_is_sent(source, message):
    script = Uploads()
    with pytest.raises(InvalidRequest, match=message) as caught:
        script.upload(source)
    assert (caught.value.field, caught.value.api) == ("source", "kie")
    assert script.requests == []


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("media_type", ["", "png", "image/", "image/png; a=b", "image/p\nng", "a/b/c", 5]),
        ("timeout", [0, -1, float("nan"), "5"]),
    ],
)
def test_an_odd_option_is_refused(cat, name, values):
    for value in values:
        with pytest.raises(InvalidRequest, match=name):
            Uploads().upload(cat, **{name: value})


def test_an_empty_file_is_refused(cat):
    cat.write_bytes(b"")
    with pytest.raises(InvalidRequest, match="a file that is not empty"):
        Uploads().upload(cat)


def test_a_file_that_cannot_be_opened_is_refused(cat, monkeypatch):
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InvalidRequest, match=r"can be read \(Permission denied\)"):
        Uploads().upload(cat)


@pytest.mark.parametrize(
    "options",
    [{}, {"request": Kling21Pro, "field": "image_url"}, {"field": 5}, {"media_type": "odd"}, {"source": "no-such.png"}],
    ids=str,
)
def test_an_api_without_uploads_says_so_before_anything_else(cat, options):
    script = Uploads()
    with pytest.raises(ConfigurationError, match="native has no request for uploads") as caught:
        script.upload(**{"source": cat, "api": NATIVE.api, **options})
    assert caught.value.api == "native"
    assert script.requests == []


class AdapterWithoutUploads:
    """An adapter of the user that was written before uploads existed."""

    name = "studio"


def test_an_error_about_an_adapter_without_uploads_names_the_missing_methods(cat):
    takes = r"studio: this takes AdapterWithoutUploads\.{0} and AdapterWithoutUploads\.read_{0}"
    with pytest.raises(ConfigurationError, match=takes.format("upload")):
        Uploads().upload(cat, api=AdapterWithoutUploads())
    with pytest.raises(ConfigurationError, match=takes.format("credits")):
        Script().run(credit(cast("Any", AdapterWithoutUploads()), timeout=5.0))


# The limits of a request's field

IMAGE_FIELD: dict[str, Any] = {"request": Kling21Pro, "field": "image_url"}
ELEMENT_FIELD: dict[str, Any] = {"request": Kling30Video, "field": "kling_elements[].element_input_urls"}
MOTION_FIELD: dict[str, Any] = {"request": Kling26MotionControl, "field": "video_urls"}
LARGE = PNG.ljust(10_000_001)


@pytest.mark.parametrize(
    ("data", "options"),
    [
        (PNG, IMAGE_FIELD),
        (JPEG, ELEMENT_FIELD),
        (MP4, ELEMENT_FIELD),
        (MP4, MOTION_FIELD),
        (MP4.ljust(10_000_001), ELEMENT_FIELD),  # the limit of images does not hold for videos in the same field
        (JPEG, {**ELEMENT_FIELD, "field": "element_input_urls"}),
        (b"any", {"request": Kling30Video, "field": "image_urls"}),  # its page states no limits
        (b"any", {"request": Kling21Pro, "field": "image_url", "media_type": "image/png"}),
    ],
)
def test_a_file_within_the_limits_is_sent(data, options):
    script = Uploads(uploaded_response())
    script.upload(data, **options)
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        (MP4, IMAGE_FIELD, "image_url: a file of image/jpeg or .* for kling/v2-1-pro, not 'video/mp4'"),
        ("https://studio.example/cat.gif", MOTION_FIELD, "video_urls: a file of video/mp4 or .*, not 'image/gif'"),
        (b"any", IMAGE_FIELD, "pass media_type=..., not 'a file of unknown type'"),
        ("https://studio.example/cat", MOTION_FIELD, "pass media_type="),
        (LARGE, IMAGE_FIELD, "image_url: .* 10000000 bytes, for kling/v2-1-pro, not 10000001"),
        (LARGE, ELEMENT_FIELD, "element_input_urls: .* 10000000 bytes, for kling-3.0/video, not 10000001"),
    ],
)
def test_a_file_beyond_the_limits_is_refused(source, options, message):
    script = Uploads()
    with pytest.raises(InvalidRequest, match=message):
        script.upload(source, **options)
    assert script.requests == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"field": "image_url"}, "request: a class of klingkit.kie"),
        ({"request": Element, "field": "element_input_urls"}, "request: a class of klingkit.kie"),
        ({"request": "Kling21Pro", "field": "image_url"}, "request: a class of klingkit.kie"),
        ({"request": Kling21Pro}, r"field: a field of kling/v2-1-pro .*\(image_url, tail_image_url\), not None"),
        ({"request": Kling21Pro, "field": "prompt"}, "field: .*, not 'prompt'"),
        ({"request": Kling26TextToVideo, "field": "image_url"}, "kling-2.6/text-to-video takes no files"),
    ],
)
def test_an_unknown_request_or_field_is_refused(cat, options, message):
    script = Uploads()
    with pytest.raises(InvalidRequest, match=message):
        script.upload(cat, **options)
    assert script.requests == []


# What is sent again


@pytest.mark.parametrize(
    ("failure", "pauses"),
    [
        *((failure, [1.0, 3.0]) for failure in (LOST_RESPONSE, GATEWAY_ERROR, httpx.ConnectError("refused"))),
        *((rejected_response(code), [1.0, 3.0]) for code in (500, 429, 455)),
        (rejected_response(429, 429, **{"Retry-After": "20"}), [20.0, 20.0]),
        (rejected_response(408, 408), [1.0, 3.0]),  # a paid request that gets a 408 may have made a task
        (httpx.Response(408, text="<html>"), [1.0, 3.0]),
    ],
    ids=str,
)
def test_an_upload_is_sent_again_under_the_same_name(cat, failure, pauses):
    script = Uploads(failure, failure, uploaded_response())
    assert script.upload(cat).url == FILE_URL
    assert script.slept == pauses
    names = {re.search(rb"[0-9a-f]{32}\.png", body)[0] for body in script.bodies}  # type: ignore[index]  # else it fails
    assert len(names) == 1
    assert all(PNG in body for body in script.bodies)


def test_the_third_failure_is_raised(cat):
    script = Uploads(LOST_RESPONSE, GATEWAY_ERROR, LOST_RESPONSE)
    with pytest.raises(NetworkError, match="no response to the upload: ReadTimeout") as caught:
        script.upload(cat)
    assert caught.value.api == "kie"
    assert len(script.requests) == 3


@pytest.mark.parametrize("code", [400, 401, 402, 403, 404, 405, 413, 422])
@pytest.mark.parametrize("status", [200, None], ids=["in the body", "as status"])
def test_a_rejection_is_final(cat, code, status):
    script = Uploads(rejected_response(code, status or code))
    with pytest.raises(KlingkitError) as caught:
        script.upload(cat)
    assert isinstance(caught.value, ApiError | InvalidRequest)
    assert script.slept == []


def test_an_unreadable_success_is_final(cat):
    script = Uploads(uploaded_response(fileUrl="", downloadUrl=None))
    with pytest.raises(KlingkitError, match="no URL of the file"):
        script.upload(cat)
    assert len(script.requests) == 1


def test_no_pause_outlasts_the_time_limit(cat):
    script = Uploads(rejected_response(429, 429, **{"Retry-After": "20"}))
    with pytest.raises(ApiError):
        script.upload(cat, timeout=20.0)
    assert script.slept == []


def test_each_try_has_the_time_that_is_left(cat):
    script = Uploads(LOST_RESPONSE, LOST_RESPONSE, uploaded_response())
    script.upload(cat, timeout=10.0)
    assert [effect.timeout for effect in script.effects if isinstance(effect, Send)] == [10.0, 9.0, 6.0]


def test_a_file_that_is_deleted_between_two_tries_is_still_sent(cat):
    def delete_and_lose_response(_: object) -> httpx.RequestError:
        cat.unlink()
        return LOST_RESPONSE

    script = Uploads(delete_and_lose_response, uploaded_response())
    script.upload(cat)
    assert [PNG in body for body in script.bodies] == [True, True]


def test_a_file_that_cannot_be_read_from_its_beginning_again_is_an_error(cat):
    with open_source(KIE_API, cat) as file:
        file.__exit__()
        with pytest.raises(InvalidRequest, match="source: a file that can be read"):
            Uploads().run(upload(KIE_API, file, timeout=5.0))


def test_a_file_whose_first_bytes_cannot_be_read_is_closed(cat, monkeypatch):
    class Broken(BytesIO):
        def read(self, *_: object) -> bytes:
            raise OSError(5, "Input/output error")

    file = Broken()
    monkeypatch.setattr(Path, "open", lambda *_: file)
    with pytest.raises(InvalidRequest, match=r"can be read \(Input/output error\)"):
        Uploads().upload(cat)
    assert file.closed


@pytest.mark.parametrize(("options", "error"), [(MOTION_FIELD, InvalidRequest), ({}, KeyboardInterrupt)])
def test_the_file_of_a_refused_or_interrupted_upload_is_closed(cat, monkeypatch, options, error):
    file = cat.open("rb")
    monkeypatch.setattr(Path, "open", lambda *_: file)
    with pytest.raises(error):
        Uploads(KeyboardInterrupt()).upload(cat, **options)
    assert file.closed


def test_a_silent_try_leaves_time_for_the_next_one():
    script = Uploads(LOST_RESPONSE, LOST_RESPONSE, uploaded_response())
    script.upload(PNG)
    limits = [request.extensions.get(STALL_LIMITS) for request in script.requests]
    assert limits[0] == {"write": 30.0, "read": 60.0}
    assert limits[2] is None  # no other try follows

    script = Uploads(LOST_RESPONSE, uploaded_response())
    script.upload(PNG, timeout=9.0)
    assert script.requests[0].extensions[STALL_LIMITS] == {"write": 3.0, "read": 4.5}


def test_an_error_that_is_not_of_the_network_goes_through(cat):
    error = RuntimeError("of a transport")
    with pytest.raises(RuntimeError) as caught:
        Uploads(error).upload(cat)
    assert caught.value is error
