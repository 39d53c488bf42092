"""Tests of `EmulatorTransport`: clients use the emulator in process, without a socket."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Iterator

import httpx
import pytest

from klingkit.emulator import Emulator, Fault
from klingkit.testing import EmulatorTransport

HEADERS = {"Authorization": "Bearer key-of-nobody"}
REQUEST_BODY = {"model": "kling/v2-5-turbo-text-to-video-pro", "input": {"prompt": "a cat"}}
SUBMIT_PATH, QUERY_PATH = "/api/v1/jobs/createTask", "/api/v1/jobs/recordInfo"


def blocking_client(emulator: Emulator, **options) -> httpx.Client:
    transport = EmulatorTransport(emulator)
    return httpx.Client(transport=transport, base_url="http://localhost", headers=HEADERS, **options)


def create(http: httpx.Client) -> str:
    task_id: str = http.post(SUBMIT_PATH, json=REQUEST_BODY).json()["data"]["taskId"]
    return task_id


def query(http: httpx.Client, task_id: str) -> dict[str, str]:
    record: dict[str, str] = http.get(QUERY_PATH, params={"taskId": task_id}).json()["data"]
    return record


@pytest.mark.anyio
async def test_a_blocking_client_needs_no_port_even_while_a_loop_runs():
    with blocking_client(Emulator()) as http:
        assert query(http, create(http))["state"] == "success"


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
@pytest.mark.anyio
async def test_an_asynchronous_client_needs_no_port(anyio_backend):
    transport = EmulatorTransport(Emulator())
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=HEADERS) as http:
        task_id = (await http.post(SUBMIT_PATH, json=REQUEST_BODY)).json()["data"]["taskId"]
        record = await http.get(QUERY_PATH, params={"taskId": task_id})
        assert record.json()["data"]["state"] == "success"


def test_threads_may_share_it():
    http = blocking_client(Emulator())
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: create(http), range(40)))) == 40


def test_a_request_body_may_come_in_parts():
    def body_in_parts() -> Iterator[bytes]:
        yield b'{"model": "kling/v2-5-turbo-text-to-video-pro", '
        yield b'"input": {"prompt": "a cat"}}'

    with blocking_client(Emulator()) as http:
        response = http.post(SUBMIT_PATH, content=body_in_parts(), headers={"Content-Type": "application/json"})
        assert response.json()["code"] == 200


def test_a_video_arrives_whole():
    with blocking_client(Emulator()) as http:
        video = http.get(query(http, create(http))["resultJson"].split('"')[3])
        assert int(video.headers["Content-Length"]) == len(video.content) > 1000
        assert http.head(video.request.url).content == b""


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("drop"), httpx.RemoteProtocolError),
        (Fault("truncate"), httpx.RemoteProtocolError),
        (Fault("stall"), httpx.ReadTimeout),
        (Fault("stall", seconds=60), httpx.ReadTimeout),
    ],
    ids=["drop", "truncate", "stall", "stall for a minute"],
)
def test_faults_raise_the_errors_of_a_socket(fault, error):
    emulator = Emulator(faults=[fault])
    with blocking_client(emulator, timeout=0.5) as http:
        with pytest.raises(error):
            create(http)
        emulator.faults.clear()
        assert create(http)
