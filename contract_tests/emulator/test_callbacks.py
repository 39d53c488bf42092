"""One POST when a task has ended: to this machine, to nobody else, and never to the task's harm."""

import socket
import threading
from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.emulator.kit import CREATE, KLING_21, KLING_25, KLING_26, Api, Receiver, receiving, request_for
from klingkit.emulator import AfterQueries, AfterSeconds, Delivery, Emulator, SystemClock, VirtualClock, _callbacks
from klingkit.emulator._callbacks import Parcel, deliver


@pytest.fixture
def receiver() -> Generator[Receiver]:
    with receiving() as server:
        yield server


def calling(model: str, url: str) -> dict[str, Any]:
    return request_for(model) | {"callBackUrl": url}


@pytest.mark.parametrize("model", [KLING_26, KLING_21, KLING_25])
def test_a_callback_is_the_answer_to_a_query(receiver: Receiver, model: str) -> None:
    api = Api(Emulator(finish=AfterSeconds(30), clock=VirtualClock()))
    task_id = api.make(calling(model, receiver.url))
    api.emulator.clock.advance(29)
    api.emulator.wait_idle()
    assert receiver.calls.empty()
    api.emulator.clock.advance(1)
    call = receiver.next()
    assert (call.path, call.headers["Content-Type"]) == ("/done", "application/json")
    assert call.body == api.query(task_id).json()
    assert call.body["data"]["state"] == "success"


def test_a_failure_is_called_back_too(receiver: Receiver) -> None:
    api = Api(Emulator(finish=AfterQueries(9)))
    task_id = api.make(calling(KLING_26, receiver.url))
    api.emulator.fail_task(task_id, message="no cats, please")
    assert receiver.next().body == api.query(task_id).json()


def test_it_comes_once_however_often_the_task_is_looked_at(receiver: Receiver) -> None:
    api = Api(Emulator(finish=AfterQueries(2), clock=VirtualClock()))
    task_id = api.make(calling(KLING_26, receiver.url))
    for _ in range(4):
        api.record(task_id)
    api.emulator.clock.advance(100)
    api.emulator.wait_idle()
    assert api.emulator.deliveries == (Delivery(task_id, receiver.url, status=200),)
    assert receiver.calls.qsize() == 1


def test_the_system_clock_sends_it_though_nobody_asks(receiver: Receiver) -> None:
    api = Api(Emulator(finish=AfterSeconds(0.05), clock=SystemClock()))
    task_id = api.make(calling(KLING_26, receiver.url))
    assert receiver.next().body["data"]["taskId"] == task_id


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_it_comes_whichever_event_loop_the_emulator_runs_in(receiver: Receiver, backend: str) -> None:
    api = Api(Emulator())
    answer = api.ask("POST", CREATE, json=calling(KLING_26, receiver.url), backend=backend)
    assert receiver.next().body["data"]["taskId"] == answer.json()["data"]["taskId"]


def test_without_a_url_there_is_none() -> None:
    api = Api(Emulator())
    api.make()
    api.emulator.wait_idle()
    assert api.emulator.deliveries == ()


def test_a_receivers_complaint_is_noted_and_no_more(receiver: Receiver) -> None:
    receiver.status = 500
    api = Api(Emulator())
    task_id = api.make(calling(KLING_26, receiver.url))
    api.emulator.wait_idle()
    assert api.emulator.deliveries == (Delivery(task_id, receiver.url, status=500),)
    assert api.record(task_id)["state"] == "success"


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.status, receiver.location = 307, "/elsewhere"
    api = Api(Emulator())
    api.make(calling(KLING_26, receiver.url))
    api.emulator.wait_idle()
    assert [delivery.status for delivery in api.emulator.deliveries] == [307]
    assert receiver.calls.qsize() == 1


def lead(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Let every name resolve to these addresses."""

    def resolve(host: str, port: int, *more: Any, **options: Any) -> list[Any]:
        if host[0].isdecimal():
            return real(host, port, *more, **options)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", resolve)


@pytest.mark.parametrize("url", ["http://192.0.2.1/done", "https://[2001:db8::1]/done", "http://10.0.0.1:8080/"])
def test_a_foreign_address_is_not_called_and_that_is_noted(url: str) -> None:
    api = Api(Emulator())
    task_id = api.make(calling(KLING_25, url))
    api.emulator.wait_idle()
    assert api.emulator.deliveries == (Delivery(task_id, url, reason="not a loopback host"),)
    assert api.record(task_id)["state"] == "success"


def test_a_name_is_judged_by_the_address_it_leads_to(monkeypatch: pytest.MonkeyPatch, receiver: Receiver) -> None:
    lead(monkeypatch, "192.0.2.1")
    assert deliver(Parcel("a", f"http://localhost:{receiver.port}/", b"{}")).reason == "not a loopback host"
    lead(monkeypatch, "192.0.2.1", "127.0.0.2", "127.0.0.1")  # nobody listens on the second
    assert deliver(Parcel("a", f"http://example.com:{receiver.port}/x?y=z", b"{}")).status == 200
    call = receiver.next()
    assert (call.path, call.headers["Host"]) == ("/x?y=z", f"example.com:{receiver.port}")


def test_a_receiver_that_is_not_there_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    delivery = deliver(Parcel("a", f"http://127.0.0.1:{port}/", b"{}"))
    assert delivery.status is None
    assert "refused" in delivery.reason.lower()

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert "no such name" in deliver(Parcel("a", "http://example.com/", b"{}")).reason


def test_a_receiver_that_takes_its_time_is_given_up(monkeypatch: pytest.MonkeyPatch, receiver: Receiver) -> None:
    monkeypatch.setattr(_callbacks, "PATIENCE", 0.05)
    receiver.free.clear()
    assert "timed out" in deliver(Parcel("a", receiver.url, b"{}")).reason


@pytest.mark.parametrize(
    "url",
    ["", "done", "http://", "mailto:me@example.com", "ftp://127.0.0.1/", "http://[::1", "http://127.0.0.1:99999/"],
)
def test_what_can_not_be_called_is_noted(url: str) -> None:
    delivery = deliver(Parcel("a", url, b"{}"))
    assert (delivery.status, bool(delivery.reason)) == (None, True)


@given(st.one_of(st.text(), st.text().map("http://".__add__), st.text().map("http://127.0.0.1:1".__add__)))
def test_no_url_stops_the_courier(url: str) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        lead(monkeypatch, "192.0.2.1")
        assert deliver(Parcel("a", url, b"{}")).status is None


def test_idle_means_that_everything_is_delivered(receiver: Receiver) -> None:
    receiver.free.clear()
    api = Api(Emulator())
    made = [api.make(calling(KLING_26, receiver.url)) for _ in range(20)]
    with pytest.raises(TimeoutError, match="under way"):
        api.emulator.wait_idle(0.05)
    receiver.free.set()
    api.emulator.wait_idle()
    assert sorted(made) == sorted(delivery.task_id for delivery in api.emulator.deliveries)
    assert not any(thread.name == "emulator-callback" and thread.is_alive() for thread in settled())


def settled() -> list[threading.Thread]:
    """The threads there are, after those that only have to return have done so."""
    threads = threading.enumerate()
    for thread in threads:
        if thread.name == "emulator-callback":
            thread.join(10)
    return threads
