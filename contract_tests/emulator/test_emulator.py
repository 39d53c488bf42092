"""The public URL: what films are named by, under whichever name the requests come in."""

from typing import Any

import pytest

from contract_tests.emulator.dialects import OfficialNative
from contract_tests.emulator.kit import Api, Kie, every_api
from klingkit.emulator import Emulator

HEADERS = {"X-Klingkit-Emulator": "1"}


def base_of(url: str) -> str:
    return url.rpartition("/media/")[0]


@every_api
@pytest.mark.parametrize(
    ("given", "base"),
    [
        ("https://kling.test:8443", "https://kling.test:8443"),
        ("http://Kling.test/a/gateway/", "http://kling.test/a/gateway"),
        ("https://[::1]:8443/", "https://[::1]:8443"),
        ("https://猫.test", "https://xn--z7x.test"),
    ],
)
def test_answers_and_callbacks_name_films_by_it(kind: type[Api], given: str, base: str) -> None:
    posted: list[bytes] = []

    def post(_: str, body: bytes) -> int:
        posted.append(body)
        return 200

    api = kind(Emulator(public_url=given, post=post))
    task_id = kind.id_in(api.create(kind.calling("http://localhost/done")))
    assert base_of(kind.url(api.record(task_id))) == base
    api.emulator.reset()
    task_id = kind.id_in(api.create(kind.calling("http://localhost/done")))
    api.emulator.wait_idle()
    assert f"{base}/media/{task_id}.mp4".encode() in posted[-1].replace(b"\\/", b"/")


def test_a_list_of_tasks_names_them_by_it_too() -> None:
    api = OfficialNative.on(public_url="https://kling.test")
    api.make()
    (record,) = api.data(api.ask("GET", OfficialNative.create_path))
    assert base_of(OfficialNative.url(record)) == "https://kling.test"


def test_links_to_films_are_given_where_it_has_a_path() -> None:
    api = Kie.on(public_url="https://kling.test/emulated")
    url = api.url(api.record(api.make()))
    assert url.startswith("https://kling.test/emulated/media/")
    link = api.ask("POST", "/api/v1/common/download-url", json={"url": url}).json()["data"]
    assert link.startswith(f"{url}?until=")


def test_the_page_and_the_control_paths_answer_to_its_name() -> None:
    def statuses(url: str, host: str) -> list[int]:
        api = Kie(Emulator(public_url=url, allow_hosts=["cats.test"]))
        asks = (("GET", "/"), ("POST", "/_emulator/reset"))
        return [api.ask(method, path, headers=HEADERS | {"Host": host}).status_code for method, path in asks]

    assert statuses("https://kling.test/gateway", "kling.test") == [200, 200]
    assert statuses("https://猫.test", "xn--z7x.test:8443") == [200, 200]
    assert statuses("https://[2001:db8::1]:8443", "[2001:db8::1]:8443") == [200, 200]
    assert statuses("https://kling.test", "cats.test") == [200, 200]
    assert statuses("https://kling.test", "gateway.test") == [421, 421]


WRONG: list[Any] = [
    *("", "kling.test", "//kling.test", "ftp://kling.test", "https://", "https:/kling.test"),
    *("https://kling.test?", "https://kling.test?a=b", "https://kling.test#", "https://kling.test/#a"),
    *("https://a@kling.test", "https://a:b@kling.test", "https://kling.test/a b", "https://kling.test\n"),
    *("https://kling.test:0", "https://kling.test:65536", "https://kling.test:x", "https://a\\b", "https://[::1"),
    *(7, b"https://kling.test"),
]


@pytest.mark.parametrize("url", WRONG)
def test_what_no_path_can_follow_is_refused(url: Any) -> None:
    with pytest.raises(ValueError, match=r"^public_url must be an absolute http or https URL without .*, is "):
        Emulator(public_url=url)
