"""Tests of serving receivers: at callback URLs that name an order, and mounted on an application."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
import respx
from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.routing import Router

from contract_tests.support.apis import NATIVE, RELAY, ApiCase
from contract_tests.support.clients import EACH_CLIENT_KIND
from contract_tests.support.receivers import open_receiver
from klingkit import AsyncClient, CallbackEvent, Client, ConfigurationError
from klingkit.callbacks import AsyncReceiver, CallbackUrls, Receiver

pytestmark = pytest.mark.anyio
SECRET = "secret-of-nobody"


@EACH_CLIENT_KIND
@respx.mock
async def test_a_callback_url_identifies_its_name(kind: str, api_case: ApiCase):
    respx.get(api_case.query).mock(side_effect=lambda _: api_case.finished())
    urls = CallbackUrls("https://studio.example/kling/", SECRET)
    handled: list[CallbackEvent] = []
    async with open_receiver(kind, api_case, handled.append, urls=urls) as receiver:
        path = urls.url("order 7/猫").removeprefix("https://studio.example")
        assert await receiver.deliver(api_case.finished(), (), path) == (200, "handled")
        assert await receiver.deliver(api_case.finished(), (), path[:-1]) == (400, "rejected")
        assert await receiver.deliver(api_case.finished()) == (400, "rejected")
    assert [event.name for event in handled] == ["order 7/猫"]


UPSTREAM_RECORD = {"task_id": "of-the-service-behind", "task_status": "succeed", "task_result": {"videos": []}}


@EACH_CLIENT_KIND
@respx.mock
@pytest.mark.parametrize("form", ["reference", "text", "awaited"])
async def test_a_callback_with_another_id_belongs_to_the_order_of_its_url(kind: str, form: str):
    """A relay may pass on the callback of the service behind it, whose task id the relay itself does not know."""
    respx.get(RELAY.query).mock(side_effect=lambda _: RELAY.finished())
    urls = CallbackUrls("https://studio.example/kling", SECRET)
    orders = {"7": RELAY.ref if form == "reference" else str(RELAY.ref)}

    async def find(name: str) -> object:
        return orders.get(name)

    handled: list[CallbackEvent] = []
    find_ref: Any = find if form == "awaited" and kind == "async" else orders.get
    async with open_receiver(kind, RELAY, handled.append, urls=urls, find_ref=find_ref) as receiver:
        body = json.dumps(UPSTREAM_RECORD).encode()
        assert await receiver.deliver(body, (), urls.url("7")) == (200, "handled")
        assert await receiver.deliver(body, (), urls.url("7")) == (200, "handled before")
        assert await receiver.deliver(RELAY.finished(), (), urls.url("not stored yet")) == (200, "handled before")
    (event,) = handled
    assert (event.ref, event.name, event.confirmed) == (RELAY.ref, "7", True)
    assert event.raw == UPSTREAM_RECORD


@EACH_CLIENT_KIND
@respx.mock
@pytest.mark.parametrize("lookup_result", ["no reference", 7, OSError("the database is down")])
async def test_an_order_that_is_not_found_asks_for_redelivery(kind: str, lookup_result: Any, caplog):
    def find(_: str) -> object:
        if isinstance(lookup_result, Exception):
            raise lookup_result
        return lookup_result

    urls = CallbackUrls("https://studio.example/kling", SECRET)
    async with open_receiver(kind, RELAY, urls=urls, find_ref=find) as receiver:
        reply = await receiver.deliver(RELAY.finished(), (), urls.url("7"))
        assert reply == (503, "not confirmed; deliver again")
    assert "find_ref failed" in caplog.text


def test_an_invalid_find_ref_is_refused_by_the_constructor():
    async def find(_: str) -> None: ...

    urls = CallbackUrls("https://studio.example/kling", SECRET)
    with Client(RELAY.api) as client:
        for options in ({"find_ref": len}, {"find_ref": "x", "urls": urls}, {"find_ref": find, "urls": urls}):
            with pytest.raises(ConfigurationError, match="find_ref: "):
                Receiver(client, **options)  # type: ignore[arg-type]  # invalid on purpose


@respx.mock
@pytest.mark.parametrize("make", [Starlette, FastAPI, Router])
async def test_a_receiver_is_mounted_with_and_without_a_slash(make: Any, api_case: ApiCase):
    respx.get(api_case.query).mock(side_effect=lambda _: api_case.finished())
    app = make()
    async with AsyncClient(api_case.api) as client:
        AsyncReceiver(client).mount(app, "/kling")
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service.test") as http:
            for path in ("/kling", "/kling/", "/kling/7.proof"):
                assert (await http.post(path, content=api_case.finished().content)).status_code == 200


@pytest.mark.parametrize(
    ("app", "path", "message_pattern"),
    [
        (APIRouter(prefix="/v1"), "/kling", r"^app: .*, not an APIRouter, which ignores its prefix"),
        (APIRouter(), "/kling", r"^app: .*, not an APIRouter"),
        (None, "/kling", r"^app: .*, not NoneType$"),
        (Starlette(), None, r"^path: one that begins with a slash, like /kling, not None$"),
        (Starlette(), "kling", r"^path: .*, not 'kling'$"),
        (Starlette(), "/", r"^path: .*, not '/'$"),
    ],
)
async def test_an_invalid_application_or_path_is_refused(app: Any, path: Any, message_pattern: str):
    async with AsyncClient(NATIVE.api) as client:
        with pytest.raises(ConfigurationError, match=message_pattern):
            AsyncReceiver(client).mount(app, path)
