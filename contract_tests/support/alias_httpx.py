"""A plugin for pytest, `-p contract_tests.support.alias_httpx`: whoever imports httpx gets httpx2, its successor."""

import httpx2  # type: ignore[import-not-found, unused-ignore]  # installed by `make httpx2` alone

httpx2.alias_httpx()
