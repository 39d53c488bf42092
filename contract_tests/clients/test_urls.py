"""Tests of `CallbackUrls`: each URL has the name of an order with a signature, so that none can be guessed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from klingkit import CallbackRejected, ConfigurationError, InvalidRequest
from klingkit.callbacks import CallbackUrls

SECRET = "secret-of-nobody"


def test_a_name_can_be_read_from_its_path():
    urls = CallbackUrls("https://studio.example/kling", SECRET)
    for name in ("1", "a/b?c#d", "..", "", "猫" * 50):
        assert urls.name(urls.url(name)) == name
        assert urls.name(urls.url(name) + "?source=kling") == name
        assert all(character.isalnum() or character in "-_.:/" for character in urls.url(name))


@pytest.mark.parametrize("name", ["\ud800", None, 7])
def test_a_name_is_text(name: Any):
    with pytest.raises(InvalidRequest, match="name: text"):
        CallbackUrls("https://studio.example/kling", SECRET).url(name)


@pytest.mark.parametrize(
    "tamper",
    [
        lambda url: url[:-1] + ("0" if url[-1] != "0" else "1"),
        lambda url: url.rpartition(".")[0],
        lambda url: url.rpartition(".")[0] + ".",
        lambda url: url.replace("/kling/", "/kling/x"),
        lambda url: url.rpartition("/")[0],
        lambda _: "",
        lambda _: "/kling/é.é",
        lambda _: "/kling/x.\udc80",
    ],
)
def test_a_path_without_a_valid_signature_is_rejected(tamper: Callable[[str], str]):
    urls = CallbackUrls("https://studio.example/kling", SECRET)
    with pytest.raises(CallbackRejected):
        urls.name(tamper(urls.url("order-7")))


@pytest.mark.parametrize("path", [None, 7, b"/kling"])
def test_a_path_is_text(path: Any):
    with pytest.raises(InvalidRequest, match="path: text"):
        CallbackUrls("https://studio.example", SECRET).name(path)


def test_secret_and_base_url_are_checked_and_the_secret_is_not_shown():
    assert SECRET not in repr(CallbackUrls("https://studio.example", SECRET))
    assert CallbackUrls("https://studio.example", SECRET).url("1") != CallbackUrls(
        "https://studio.example", SECRET * 2
    ).url("1")
    with pytest.raises(ConfigurationError, match="16 characters"):
        CallbackUrls("https://studio.example", "short")
    for url in ("studio.example", "https://studio.example?a=1", "https://studio.example#a", "ftp://studio.example"):
        with pytest.raises(ConfigurationError, match="base_url"):
            CallbackUrls(url, SECRET)
