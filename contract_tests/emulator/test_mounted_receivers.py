"""Receivers in web frameworks, on a port: whichever way the callback URL is spelt, a real POST arrives."""

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

KEY = "signing-key-of-nobody"
OWNER = "key-of-nobody"
SECRET = "secret-of-nobody"
PATHS = ["/kling", "/kling/"]


@contextmanager
def asgi(app: Any) -> Generator[str]:
    with serve(app, "127.0.0.1", 0) as url:
        yield url


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def wsgi(app: Any) -> Generator[str]:
    with make_server("127.0.0.1", 0, app, handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def pay(emulator: Emulator, url: str, callback_url: str) -> list[int | None]:
    """Make a task on the emulator; return the statuses with which its callbacks were received."""
    with httpx.Client(trust_env=False) as http, Client(Kie(OWNER, url), http=http) as client:
        client.submit(Kling25TurboPro(prompt="a cat"), callback_url=callback_url)
    emulator.wait_idle()
    return [one.status for one in emulator.deliveries]


@pytest.mark.parametrize("make", [FastAPI, Starlette, Router], ids=lambda make: make.__name__)
@pytest.mark.parametrize("mounted", ["/kling", "/kling/"])
@pytest.mark.parametrize("path", [*PATHS, "/kling/order-7", "by name", "by name/"])
def test_a_mounted_receiver_gets_every_callback(make: Any, mounted: str, path: str) -> None:
    events: list[CallbackEvent] = []
    emulator = Emulator(signing={"kie": KEY})
    app, named = make(), path.startswith("by name")
    with emulator.serve() as url, asgi(app) as service:
        urls = CallbackUrls(f"{service}/kling", SECRET)
        client = AsyncClient(Kie(OWNER, url))
        # Without a query, so that no connection of the client outlives the service's event loop.
        receiver = AsyncReceiver(client, events.append, keys=[KEY], urls=urls if named else None, confirm=False)
        receiver.mount(app, mounted)
        callback_url = urls.url("7") + "/" * path.endswith("/") if named else f"{service}{path}"
        assert pay(emulator, url, callback_url) == [200]
        assert httpx.get(f"{service}/kling", trust_env=False).status_code == 405
    assert [(event.task.status, event.name) for event in events] == [("succeeded", "7" if named else None)]


@pytest.mark.parametrize("path", ["", "/", "kling", "//"])
def test_a_receiver_is_mounted_at_a_path(path: str) -> None:
    receiver = AsyncReceiver(AsyncClient(Kie(OWNER)))
    with pytest.raises(ConfigurationError, match="path: one that begins with a slash, like /kling, not"):
        receiver.mount(Starlette(), path)


@pytest.mark.parametrize("path", PATHS)
def test_flask_gets_every_callback(path: str) -> None:
    events: list[CallbackEvent] = []
    emulator = Emulator(signing={"kie": KEY})
    app = Flask(__name__)
    with emulator.serve() as url, httpx.Client(trust_env=False) as http, Client(Kie(OWNER, url), http=http) as client:
        receiver = Receiver(client, events.append, keys=[KEY])

        @app.post("/kling/", strict_slashes=False)
        def kling() -> tuple[str, int]:
            reply = receiver.handle(request.get_data(), request.headers, request.path)
            return reply.text, reply.status

        with wsgi(app) as service:
            assert pay(emulator, url, f"{service}{path}") == [200]
    assert len(events) == 1
