"""Exceptions of signal handlers, such as the time limits of task queues, go through; no paid task is lost to them."""

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
from klingkit._flow._foreign import ignored_errors, is_foreign
from klingkit.kie import Kie


class SoftTimeLimitExceeded(Exception):
    """What Celery's handler raises; it is no error of the network."""


class Alarm(OSError):
    """An error of the operating system by its class alone."""


ERRORS = [
    SoftTimeLimitExceeded(),
    TimeoutError("time is up"),
    TimeoutError(errno.ETIMEDOUT, "time is up"),
    ConnectionResetError("time is up"),
    Alarm(errno.EPIPE, "time is up"),
    ValueError("time is up"),
]
EACH_ERROR = pytest.mark.parametrize("error", ERRORS, ids=lambda error: f"{type(error).__name__}-{len(error.args)}")


@contextmanager
def handling(handler: Any, number: int = signal.SIGUSR1) -> Iterator[None]:
    """Handle a signal; nothing is logged meanwhile, for logging swallows what is raised within it."""
    signal.signal(number, handler)
    logging.disable()
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
        signal.signal(number, signal.SIG_IGN)  # a server may ring once more


def raising(*errors: Exception) -> Callable[..., None]:
    """Make a handler that raises these errors, then nothing."""
    left = list(errors)

    def handler(*_: object) -> None:
        if left:
            raise left.pop()

    return handler


def ring() -> None:
    """Send the signal to the main thread, which waits in a system call."""
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)


def ring_then_stall(exchange: ServerExchange) -> None:
    """Ring until it is heard: a signal that comes just before a system call does not interrupt it."""
    while not exchange.stopped.wait(0.02):
        ring()


def ring_within_the_body(exchange: ServerExchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + MP4[:50])
    ring_then_stall(exchange)


def get(client: Client[Any], _: Path) -> object:
    return client.get(TASK_REF)


def wait(client: Client[Any], _: Path) -> object:
    return client.wait(TASK_REF)


def download(client: Client[Any], path: Path) -> object:
    return client.download(Video(client.api.base_url + "/cat.mp4"), path)


@EACH_ERROR
@pytest.mark.parametrize("behaviour", [ring_then_stall, ring_within_the_body])
@pytest.mark.parametrize("call", [get, wait, download])
def test_an_exception_of_a_signal_handler_goes_through(call, behaviour, error: Exception, tmp_path):
    with scripted_server(behaviour) as server, Client(Kie(API_KEY, server.url)) as client, within(10):
        with handling(raising(error)), pytest.raises(type(error)) as caught:
            call(client, tmp_path / "cat.mp4")
        server.stopped.set()
    assert caught.value is error
    assert not (tmp_path / "cat.mp4").exists()


@EACH_ERROR
@pytest.mark.parametrize("call", [get, download])
def test_an_exception_of_a_signal_handler_goes_through_while_connecting(call, error, tmp_path, monkeypatch):
    """Also where a host has another address to try."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 9))] * 2
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: signal.raise_signal(signal.SIGUSR1))
    api = Kie(API_KEY, "http://localhost:9")
    with Client(api) as client, handling(raising(error)), pytest.raises(type(error)) as caught:
        call(client, tmp_path / "cat.mp4")
    assert caught.value is error


@EACH_ERROR
def test_an_exception_of_a_signal_handler_waits_for_a_paid_request(error: Exception):
    def ring_then_create(exchange: ServerExchange) -> None:
        ring()
        exchange.respond(b'{"code": 200, "data": {"taskId": "281e5b0"}}')

    with scripted_server(ring_then_create) as server, Client(Kie(API_KEY, server.url)) as client:
        with handling(raising(error)), pytest.raises(type(error)) as caught:
            client.submit(CAT_REQUEST)
        client.close()
        assert [task.ref for task in client.unclaimed] == [TASK_REF]
    assert caught.value is error
    assert server.posts == 1


@EACH_ERROR
def test_an_exception_of_a_signal_handler_within_an_async_exchange_goes_through(error: Exception):
    """It breaks a paid exchange, too, for that is in a task of the same thread: the doubt is in a note."""

    def broken(_: httpx.Request) -> httpx.Response:
        signal.raise_signal(signal.SIGUSR1)
        raise AssertionError

    async def main(call: str, value: object) -> None:
        async with AsyncClient(KIE_API, http=user_http_client("async", broken)) as client:
            await getattr(client, call)(value)

    for call, value in (("get", TASK_REF), ("wait", TASK_REF), ("submit", CAT_REQUEST)):
        error.__notes__ = []  # type: ignore[misc]  # of the one before
        with handling(raising(error)), pytest.raises(type(error)) as caught:
            asyncio.run(main(call, value))
        assert caught.value is error
    assert "a task may exist" in str(caught.value.__notes__)


@EACH_ERROR
def test_an_exception_of_a_signal_handler_while_writing_goes_through(error, tmp_path, monkeypatch):
    def ring_and_write(*_: object) -> None:
        signal.raise_signal(signal.SIGUSR1)

    monkeypatch.setattr(PartFile, "write", ring_and_write)
    with (
        scripted_server(ring_within_the_body) as server,
        Client(Kie(API_KEY, server.url)) as client,
        handling(raising(error)),
        pytest.raises(type(error)) as caught,
    ):
        download(client, tmp_path / "cat.mp4")
    assert caught.value is error


@EACH_ERROR
def test_an_exception_of_a_signal_handler_while_a_token_is_made_goes_through(error: Exception):
    class Slow(Kie):
        class Source:
            def token(self) -> str:
                signal.raise_signal(signal.SIGUSR1)
                raise AssertionError

            def renew(self) -> bool:
                raise AuthenticationError("no")

    api = Slow(API_KEY, "http://kie.test", auth=Slow.Source())
    with Client(api) as client, handling(raising(error)), pytest.raises(type(error)) as caught:
        client.submit(CAT_REQUEST)
    assert caught.value is error


@pytest.mark.parametrize("paid", [True, False])
def test_an_exception_of_a_signal_handler_while_closing_is_ignored_where_it_was_paid(paid: bool):
    def close() -> None:
        with ignored_errors(all_of_them=paid):
            signal.raise_signal(signal.SIGUSR1)

    with handling(raising(SoftTimeLimitExceeded())):
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
    with handling(handler), pytest.raises(TimeoutError) as caught:
        signal.raise_signal(signal.SIGUSR1)
    with handling(handler):
        assert is_foreign(caught.value)


@pytest.mark.parametrize(
    "error", [*ERRORS, OSError(errno.EIO, "time is up"), httpx.ReadTimeout("time is up")], ids=repr
)
def test_a_handler_that_removed_itself_is_noticed_by_where_it_raised(error: Exception):
    def handler(*_: object) -> None:
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        raise error.with_traceback(None)

    with (
        scripted_server(ring_then_stall) as server,
        Client(Kie(API_KEY, server.url)) as client,
        handling(handler),
        pytest.raises(type(error)) as caught,
    ):
        client.get(TASK_REF)
    assert caught.value is error


def test_a_broken_connection_is_still_the_networks():
    with (
        scripted_server(ServerExchange.reset) as server,
        Client(Kie(API_KEY, server.url)) as client,
        handling(os.getpid),
        pytest.raises(SubmissionUncertain),
    ):
        client.submit(CAT_REQUEST)
