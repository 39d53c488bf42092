"""Clients of hosts that exist in mocks alone."""

from __future__ import annotations

from typing import Any

from contract_tests.support.apis import ApiCase
from contract_tests.support.kie import KEY
from klingkit import Client


def client(case: ApiCase) -> Client[Any]:
    return Client(case.make(KEY, f"https://{case.name}.test"))
