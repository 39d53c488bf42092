"""Tests that exceptions of signal handlers, such as time limits of task queues, are raised, and lose no paid task."""

import asyncio
import errno
import functools
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from contract_tests.support.clients import user_http_client
from contract_tests.support.kie import API_KEY, CAT_REQUEST, KIE_API, TASK_REF
from contract_tests.support.mp4_files import MP4
from contract_tests.support.scripted_server import ServerExchange, scripted_server, within
from klingkit import AsyncClient, AuthenticationError, Client, SubmissionUncertain, Video
from klingkit._downloads._part_file import PartFile
from klingkit._flow._foreign import IgnoredErrors, is_foreign
from klingkit.kie import Kie


class SoftTimeLimitExceeded(Exception):
    """The exception that Celery's handler raises; it is not an error of the network."""


class AlarmError(OSError):
    """An exception of a signal handler that only looks like an error of the operating system."""


ERRORS = [
    SoftTimeLimitExceeded(),
    TimeoutError("time is up"),
    TimeoutError(errno.ETIMEDOUT, "time is up"),
    ConnectionResetError("time is up"),
    AlarmError(errno.EPIPE, "time is up"),
    ValueError("time is up"),
]
EACH_ERROR = pytest.mark.parametrize("error", ERRORS, ids=lambda error: f"{type(error).__name__}-{len(error.args)}")


@contextmanager
def handle_signal(handler: Any, number: int = signal.SIGUSR1) -> Iterator[None]:
    """Handle a signal; logging is disabled meanwhile, since it suppresses exceptions that are raised within it."""
    signal.signal(number, handler)
    logging.disable()
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
        signal.signal(number, signal.SIG_IGN)  # a server may send the signal once more


def make_handler(*errors: Exception) -> Callable[..., None]:
    """Make a handler that raises these errors, then nothing."""
    remaining = list(errors)

    def handler(*_: object) -> None:
        if remaining:
            raise remaining.pop()

    return handler


def send_signal() -> None:
    """Send the signal to the main thread, which is in a system call."""
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)


def signal_then_stall(exchange: ServerExchange) -> None:
    """Send the signal repeatedly, for one that comes just before a system call does not interrupt it."""
    while not exchange.stopped.wait(0.02):
        send_signal()


def signal_within_the_body(exchange: ServerExchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + MP4[:50])
    signal_then_stall(exchange)


def get(client: Client[Any], _: Path) -> object:
    return client.get(TASK_REF)


def wait(client: Client[Any], _: Path) -> object:
    return client.wait(TASK_REF)


def download(client: Client[Any], path: Path) -> object:
    return client.download(Video(client.api.base_url + "/cat.mp4"), path)


@EACH_ERROR
@pytest.mark.parametrize("behaviour", [signal_then_stall, signal_within_the_body])
@pytest.mark.parametrize("call", [get, wait, download])
def test_an_exception_of_a_signal_handler_is_raised(call, behaviour, error: Exception, tmp_path):
    with scripted_server(behaviour) as server, Client(Kie(API_KEY, server.url)) as client, within(10):
        with handle_signal(make_handler(error)), pytest.raises(type(error)) as caught:
            call(client, tmp_path / "cat.mp4")
        server.stopped.set()
    assert caught.value is error
    assert not (tmp_path / "cat.mp4").exists()


@EACH_ERROR
@pytest.mark.parametrize("call", [get, download])
def test_an_exception_of_a_signal_handler_is_raised_while_connecting(call, error, tmp_path, monkeypatch):
    """This holds also where a host has another address to try."""
    addresses = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 9))] * 2
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses)
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: signal.raise_signal(signal.SIGUSR1))
    api = Kie(API_KEY, "http://localhost:9")
    with Client(api) as client, handle_signal(make_handler(error)), pytest.raises(type(error)) as caught:
        call(client, tmp_path / "cat.mp4")
    assert caught.value is error


@EACH_ERROR
def test_an_exception_of_a_signal_handler_waits_for_a_paid_request(error: Exception):
    def signal_then_create(exchange: ServerExchange) -> None:
        send_signal()
        exchange.respond(b'{"code": 200, "data": {"taskId": "281e5b0"}}')

    with scripted_server(signal_then_create) as server, Client(Kie(API_KEY, server.url)) as client:
        with handle_signal(make_handler(error)), pytest.raises(type(error)) as caught:
            client.submit(CAT_REQUEST)
        client.close()
        assert [task.ref for task in client.unclaimed] == [TASK_REF]
    assert caught.value is error
    assert server.posts == 1


@EACH_ERROR
def test_an_exception_of_a_signal_handler_within_an_async_exchange_is_raised(error: Exception):
    """The exception ends a paid exchange too, for its task is in the same thread; a note says that a task may exist."""

    def handle(_: httpx.Request) -> httpx.Response:
        signal.raise_signal(signal.SIGUSR1)
        raise AssertionError

    async def main(call: str, value: object) -> None:
        async with AsyncClient(KIE_API, http=user_http_client("async", handle)) as client:
            await getattr(client, call)(value)

    for call, value in (("get", TASK_REF), ("wait", TASK_REF), ("submit", CAT_REQUEST)):
        error.__notes__ = []  # type: ignore[misc]  # removes the notes of the call before
        with handle_signal(make_handler(error)), pytest.raises(type(error)) as caught:
            asyncio.run(main(call, value))
        assert caught.value is error
    assert "a task may exist" in str(caught.value.__notes__)


@EACH_ERROR
def test_an_exception_of_a_signal_handler_while_writing_is_raised(error, tmp_path, monkeypatch):
    def signal_and_write(*_: object) -> None:
        signal.raise_signal(signal.SIGUSR1)

    monkeypatch.setattr(PartFile, "write", signal_and_write)
    with (
        scripted_server(signal_within_the_body) as server,
        Client(Kie(API_KEY, server.url)) as client,
        handle_signal(make_handler(error)),
        pytest.raises(type(error)) as caught,
    ):
        download(client, tmp_path / "cat.mp4")
    assert caught.value is error


@EACH_ERROR
def test_an_exception_of_a_signal_handler_while_a_token_is_made_is_raised(error: Exception):
    class KieWithInterruptedToken(Kie):
        class TokenSource:
            def token(self) -> str:
                signal.raise_signal(signal.SIGUSR1)
                raise AssertionError

            def renew(self) -> bool:
                raise AuthenticationError("no")

    api = KieWithInterruptedToken(API_KEY, "http://kie.test", auth=KieWithInterruptedToken.TokenSource())
    with Client(api) as client, handle_signal(make_handler(error)), pytest.raises(type(error)) as caught:
        client.submit(CAT_REQUEST)
    assert caught.value is error


@pytest.mark.parametrize("paid", [True, False])
def test_an_exception_of_a_signal_handler_while_closing_is_ignored_in_paid_exchanges(paid: bool):
    def close() -> None:
        with IgnoredErrors(all_of_them=paid):
            signal.raise_signal(signal.SIGUSR1)

    with handle_signal(make_handler(SoftTimeLimitExceeded())):
        if paid:
            close()
        else:
            with pytest.raises(SoftTimeLimitExceeded):
                close()


class Handler:
    def __call__(self, *_: object) -> None:
        raise TimeoutError(errno.ETIMEDOUT, "time is up")

    method = __call__


@pytest.mark.parametrize("handler", [Handler(), Handler().method, functools.partial(Handler(), 1)])
def test_handlers_of_every_kind_are_recognised(handler):
    with handle_signal(handler), pytest.raises(TimeoutError) as caught:
        signal.raise_signal(signal.SIGUSR1)
    with handle_signal(handler):
        assert is_foreign(caught.value)


@pytest.mark.parametrize(
    "error", [*ERRORS, OSError(errno.EIO, "time is up"), httpx.ReadTimeout("time is up")], ids=repr
)
def test_a_handler_that_removed_itself_is_recognised_by_its_traceback(error: Exception):
    def handler(*_: object) -> None:
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        raise error.with_traceback(None)

    with (
        scripted_server(signal_then_stall) as server,
        Client(Kie(API_KEY, server.url)) as client,
        handle_signal(handler),
        pytest.raises(type(error)) as caught,
    ):
        client.get(TASK_REF)
    assert caught.value is error


def test_a_broken_connection_is_still_an_error_of_the_network():
    with (
        scripted_server(ServerExchange.reset) as server,
        Client(Kie(API_KEY, server.url)) as client,
        handle_signal(os.getpid),
        pytest.raises(SubmissionUncertain),
    ):
        client.submit(CAT_REQUEST)
