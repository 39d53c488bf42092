"""Tests of planned responses to uploads."""

import httpx
import pytest

from contract_tests.support.clients import EACH_CLIENT_KIND, open_client
from contract_tests.support.kie import API_KEY
from contract_tests.support.uploads import PNG
from klingkit import Client, RateLimited, UploadedFile, _uploads
from klingkit.kie import Kie, Kling21Pro
from klingkit.testing import Router

pytestmark = pytest.mark.anyio


def kie_client(base_url: str = "https://api.kie.ai") -> Client:
    return Client(Kie(API_KEY, base_url))


@EACH_CLIENT_KIND
async def test_an_upload_is_mocked_like_other_calls(kind: str, tmp_path, router: Router):
    path = tmp_path / "cat.png"
    path.write_bytes(PNG)
    router.kie.upload().create()
    async with open_client(kind, Kie(API_KEY, "https://api.kie.ai")) as api:
        files = [await api.upload(source) for source in (path, PNG, "https://studio.example/cat.png")]
        await api.submit(Kling21Pro(prompt="a cat", image_url=files[0].url))
    assert [file.url for file in files] == [f"https://files.example/file-{number}" for number in (1, 2, 3)]
    assert [(exchange.api, exchange.operation) for exchange in router.exchanges] == [
        *[("kie", "upload")] * 3,
        ("kie", "create"),
    ]


def test_responses_to_uploads_follow_each_other(router: Router, monkeypatch):
    monkeypatch.setattr(_uploads, "RETRY_PAUSES", (0.0, 0.0))
    router.kie.respond("upload", httpx.ReadTimeout("lost")).refuse(455, "upload").upload("https://files.test/a.png")
    with kie_client() as api:
        assert api.upload(PNG).url == "https://files.test/a.png"
    assert [exchange.response and exchange.response.status_code for exchange in router.exchanges] == [None, 455, 200]


def test_the_last_refusal_is_raised(router: Router, monkeypatch):
    monkeypatch.setattr(_uploads, "RETRY_PAUSES", (0.0, 0.0))
    router.kie.refuse(429, "upload", message="wait")
    with kie_client() as api, pytest.raises(RateLimited, match="wait"):
        api.upload(PNG)
    assert len(router.exchanges) == 3


def test_an_upload_below_a_gateway_s_path_is_found(router: Router):
    router.kie.prefix = "/ai"
    router.kie.upload()
    with kie_client("https://gateway.test/ai") as api:
        assert isinstance(api.upload(PNG), UploadedFile)


def test_an_upload_without_a_planned_response_says_how_to_plan_one():
    router = Router()
    with (
        pytest.raises(AssertionError, match=r"no response is planned: router\.kie\.upload"),
        router,
        kie_client() as api,
    ):
        api.upload(PNG)


def test_an_upload_without_a_key_is_a_violation():
    router = Router()
    router.kie.upload()
    with pytest.raises(AssertionError, match=r"headers\.Authorization: is not a bearer token"), router:
        httpx.post("https://kieai.redpandaai.co/api/file-url-upload", json={})


def test_a_route_of_others_serves_an_upload_that_is_not_planned(router: Router):
    router.others.post(path="/api/file-base64-upload").respond(
        200, json={"code": 200, "data": {"fileUrl": "https://f.test/a"}}
    )
    with kie_client() as api:
        assert api.upload(PNG).url == "https://f.test/a"


def test_other_apis_take_no_uploads(router: Router):
    with pytest.raises(ValueError, match="native takes no uploads"):
        router.native.upload()
    with pytest.raises(ValueError, match="relay takes no uploads"):
        router.relay.refuse(5001, "upload")
    with pytest.raises(ValueError, match="kie has no 1302; use 429"):
        router.kie.refuse(1302, "upload")
