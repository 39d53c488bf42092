"""Emulators on which faults are set, in process and on a connection."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import httpx

from contract_tests.emulator.kit import Api
from klingkit.emulator import Fault

Kind = type[Api]


def stormy(kind: Kind, *faults: Fault, **options: Any) -> Api:
    return kind.on(faults=faults, **options)


@contextmanager
def connected(api: Api) -> Generator[httpx.Client]:
    """A client on a real connection."""
    with (
        api.emulator.serve() as url,
        httpx.Client(base_url=url, headers=api.headers, trust_env=False, timeout=10) as http,
    ):
        yield http


def until_cut(answer: httpx.Response) -> bytes:
    """What arrives until the connection is closed too early."""
    got = b""
    try:
        for chunk in answer.iter_raw():
            got += chunk
    except httpx.RemoteProtocolError:
        return got
    raise AssertionError("the answer was whole")


def tasks(api: Api) -> int:
    return len(api.emulator.tasks)
