"""Tests of the emulator's public URL."""

import pytest

from contract_tests.emulator.dialects import OfficialNative
from contract_tests.emulator.kit import Api, Kie, every_api
from klingkit.emulator import Emulator

HEADERS = {"X-Klingkit-Emulator": "1"}


def base_of(url: str) -> str:
    return url.rpartition("/media/")[0]


@every_api
@pytest.mark.parametrize(
    ("public_url", "base"),
    [
        ("https://kling.test:8443", "https://kling.test:8443"),
        ("http://Kling.test/a/gateway/", "http://kling.test/a/gateway"),
        ("https://[::1]:8443/", "https://[::1]:8443"),
        ("https://猫.test", "https://xn--z7x.test"),
    ],
)
def test_urls_of_videos_have_the_public_url(api_class: type[Api], public_url: str, base: str) -> None:
    posted: list[bytes] = []

    def post(_: str, body: bytes) -> int:
        posted.append(body)
        return 200

    api = api_class(Emulator(public_url=public_url, post=post))
    task_id = api_class.id_in(api.create(api_class.body_with_callback("http://localhost/done")))
    assert base_of(api_class.url(api.record(task_id))) == base
    api.emulator.reset()
    task_id = api_class.id_in(api.create(api_class.body_with_callback("http://localhost/done")))
    api.emulator.wait_idle()
    assert f"{base}/media/{task_id}.mp4".encode() in posted[-1].replace(b"\\/", b"/")


def test_a_list_has_the_public_url_too() -> None:
    api = OfficialNative.on_emulator(public_url="https://kling.test")
    api.create_task()
    (record,) = api.data(api.request("GET", OfficialNative.create_path))
    assert base_of(OfficialNative.url(record)) == "https://kling.test"


def test_links_work_if_the_public_url_has_a_path() -> None:
    api = Kie.on_emulator(public_url="https://kling.test/emulated")
    url = api.url(api.record(api.create_task()))
    assert url.startswith("https://kling.test/emulated/media/")
    link = api.request("POST", "/api/v1/common/download-url", json={"url": url}).json()["data"]
    assert link.startswith(f"{url}?until=")


def test_the_page_accepts_the_public_host() -> None:
    def statuses(url: str, host: str) -> list[int]:
        api = Kie(Emulator(public_url=url, allow_hosts=["cats.test"]))
        requests = (("GET", "/"), ("POST", "/_emulator/reset"))
        return [api.request(method, path, headers=HEADERS | {"Host": host}).status_code for method, path in requests]

    assert statuses("https://kling.test/gateway", "kling.test") == [200, 200]
    assert statuses("https://猫.test", "xn--z7x.test:8443") == [200, 200]
    assert statuses("https://[2001:db8::1]:8443", "[2001:db8::1]:8443") == [200, 200]
    assert statuses("https://kling.test", "cats.test") == [200, 200]
    assert statuses("https://kling.test", "gateway.test") == [421, 421]
