"""Tests of receivers in web frameworks on a port: a callback arrives with and without a trailing slash in its URL."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import httpx
import pytest
from fastapi import FastAPI
from flask import Flask, request
from starlette.applications import Starlette
from starlette.routing import Router

from klingkit import AsyncClient, CallbackEvent, Client, ConfigurationError
from klingkit.callbacks import AsyncReceiver, CallbackUrls, Receiver
from klingkit.emulator import Emulator
from klingkit.emulator.http._serving import serve
from klingkit.kie import Kie, Kling25TurboPro

SIGNING_KEY = "signing-key-of-nobody"
API_KEY = "key-of-nobody"
SECRET = "secret-of-nobody"
PATHS = ["/kling", "/kling/"]


@contextmanager
def serve_asgi(app: Any) -> Generator[str]:
    with serve(app, "127.0.0.1", 0) as url:
        yield url


class QuietHandler(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serve_wsgi(app: Any) -> Generator[str]:
    with make_server("127.0.0.1", 0, app, handler_class=QuietHandler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def statuses_of_callbacks(emulator: Emulator, url: str, callback_url: str) -> list[int | None]:
    """Create a task on the emulator; return the HTTP statuses of its callbacks."""
    with httpx.Client(trust_env=False) as http, Client(Kie(API_KEY, url), http=http) as client:
        client.submit(Kling25TurboPro(prompt="a cat"), callback_url=callback_url)
    emulator.wait_idle()
    return [delivery.status for delivery in emulator.deliveries]


@pytest.mark.parametrize("make", [FastAPI, Starlette, Router], ids=lambda make: make.__name__)
@pytest.mark.parametrize("mount_path", ["/kling", "/kling/"])
@pytest.mark.parametrize("path", [*PATHS, "/kling/order-7", "by name", "by name/"])
def test_a_mounted_receiver_gets_every_callback(make: Any, mount_path: str, path: str) -> None:
    events: list[CallbackEvent] = []
    emulator = Emulator(signing={"kie": SIGNING_KEY})
    app, has_named_url = make(), path.startswith("by name")
    with emulator.serve() as url, serve_asgi(app) as service:
        urls = CallbackUrls(f"{service}/kling", SECRET)
        client = AsyncClient(Kie(API_KEY, url))
        # `confirm=False`: without a query, no connection of the client outlives the service's event loop.
        receiver = AsyncReceiver(
            client, events.append, keys=[SIGNING_KEY], urls=urls if has_named_url else None, confirm=False
        )
        receiver.mount(app, mount_path)
        callback_url = urls.url("7") + "/" * path.endswith("/") if has_named_url else f"{service}{path}"
        assert statuses_of_callbacks(emulator, url, callback_url) == [200]
        assert httpx.get(f"{service}/kling", trust_env=False).status_code == 405
    assert [(event.task.status, event.name) for event in events] == [("succeeded", "7" if has_named_url else None)]


@pytest.mark.parametrize("path", ["", "/", "kling", "//"])
def test_a_receiver_is_mounted_at_a_path(path: str) -> None:
    receiver = AsyncReceiver(AsyncClient(Kie(API_KEY)))
    with pytest.raises(ConfigurationError, match="path: one that begins with a slash, like /kling, not"):
        receiver.mount(Starlette(), path)


@pytest.mark.parametrize("path", PATHS)
def test_flask_gets_every_callback(path: str) -> None:
    events: list[CallbackEvent] = []
    emulator = Emulator(signing={"kie": SIGNING_KEY})
    app = Flask(__name__)
    with emulator.serve() as url, httpx.Client(trust_env=False) as http, Client(Kie(API_KEY, url), http=http) as client:
        receiver = Receiver(client, events.append, keys=[SIGNING_KEY])

        @app.post("/kling/", strict_slashes=False)
        def kling() -> tuple[str, int]:
            reply = receiver.handle(request.get_data(), request.headers, request.path)
            return reply.text, reply.status

        with serve_wsgi(app) as service:
            assert statuses_of_callbacks(emulator, url, f"{service}{path}") == [200]
    assert len(events) == 1
