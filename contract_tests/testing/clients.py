"""Makes clients of hosts that exist only in mocks."""

from __future__ import annotations

from typing import Any

from contract_tests.support.apis import ApiCase
from contract_tests.support.kie import API_KEY
from klingkit import Client


def client_of(api_case: ApiCase) -> Client[Any]:
    return Client(api_case.make(API_KEY, f"https://{api_case.name}.test"))
