"""`klingkit doctor`: keys, hosts, the clock, and the contract checks that cost nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import Any, Final, Literal, TypeAlias

import click
import httpx
from attrs import asdict, frozen

from klingkit._base import APIS, Api, KlingkitError, TaskRef
from klingkit._client import Client
from klingkit._errors import AuthenticationError, NotFound
from klingkit._text import printable
from klingkit.cli._apis import api_option, has_key, make_adapter, variables
from klingkit.cli._errors import FAILED, KeyMissing
from klingkit.cli._output import json_option, output_of
from klingkit.providers import Provider
from klingkit.providers._common import http_date
from klingkit.providers._registry import ADAPTERS

__all__ = ["doctor"]

TIMEOUT: Final = 10.0
SKEW: Final = 60.0
"""Seconds by which clocks may differ: a signed token is backdated by more, a callback may be older."""

REGIONS: Final = {"api-singapore.klingai.com": "international", "api-beijing.klingai.com": "China"}

NO_CONTRACT: Final = 'needs its extra: pip install "klingkit[contract]"'

Outcome: TypeAlias = Literal["ok", "failed", "unknown"]


@frozen
class Finding:
    """One thing that was looked at."""

    api: Api
    check: str
    outcome: Outcome
    detail: str


@click.command()
@api_option
@json_option
@click.pass_context
def doctor(ctx: click.Context, /, api: Api | None) -> None:
    """Check the environment: keys, hosts, region, clock, and how the service rejects invalid requests.

    It costs nothing: no request can make a video. Exit status 1: a check failed; 3: there is no key.
    """
    output = output_of(ctx)
    chosen: list[Api] = [api] if api else [each for each in APIS if has_key(each)]
    if not any(map(has_key, chosen)):
        names = ", ".join(variables(each)[0] for each in (chosen or APIS))
        raise KeyMissing(f"no key: set {names}; without a key there is the emulator: klingkit emulator")
    findings: list[Finding] = []
    for finding in (finding for each in chosen for finding in _findings(each)):
        findings.append(finding)
        if not output.json:
            output.result(f"{finding.outcome:<8} {finding.api:<7} {finding.check:<22} {finding.detail}", {})
    failed = any(finding.outcome == "failed" for finding in findings)
    if output.json:
        output.result("", {"findings": list(map(asdict, findings)), "exit_code": FAILED if failed else 0})
    ctx.exit(FAILED if failed else 0)


def _findings(api: Api) -> Iterator[Finding]:
    """Look at one API: at its key and host first, without which there is nothing else to look at."""
    try:
        adapter = make_adapter(api)
        adapter.auth.token()
    except KlingkitError as error:
        yield Finding(api, "configuration", "failed", str(error))
        return
    held = [name for name in variables(api) if os.environ.get(name)]
    yield _key(api, adapter, f"from {' and '.join(held)}")
    yield _host(api, adapter)
    yield _clock(api, adapter)
    yield from _contract(api, adapter)


def _key(api: Api, adapter: Provider[Any], origin: str) -> Finding:
    """Try the key with a request that costs nothing: for the credits at kie, for an unknown task elsewhere."""
    with Client(adapter) as client:
        try:
            if api == "kie":
                client.credits(timeout=TIMEOUT)
            else:
                client.get(TaskRef(api, ADAPTERS[api].route, "0"), timeout=TIMEOUT)
        except AuthenticationError as error:
            return Finding(api, "key", "failed", f"{origin}: {printable(str(error))}")
        except NotFound:
            pass
        except KlingkitError as error:
            return Finding(api, "key", "unknown", f"{origin}, not tried: {printable(str(error))}")
    return Finding(api, "key", "ok", f"{origin}, accepted")


def _host(api: Api, adapter: Provider[Any]) -> Finding:
    region = REGIONS.get(httpx.URL(adapter.base_url).host)
    return Finding(api, "host", "ok", adapter.base_url + (f" (region: {region})" if region else ""))


def _clock(api: Api, adapter: Provider[Any]) -> Finding:
    """Compare the clocks by the Date header of a response; the request carries no key."""
    try:
        response = httpx.get(adapter.base_url, timeout=TIMEOUT, follow_redirects=False)
    except httpx.HTTPError as error:
        return Finding(api, "clock", "failed", f"no response from {adapter.base_url}: {type(error).__name__} {error}")
    date = http_date(response.headers.get("Date", ""))
    if date is None:
        return Finding(api, "clock", "unknown", "the service does not state its time")
    skew = time.time() - date.timestamp()
    text = f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the service's"
    return Finding(api, "clock", "ok" if abs(skew) <= SKEW else "failed", text)


def _contract(api: Api, adapter: Provider[Any]) -> Sequence[Finding]:
    if find_spec("jsonschema_rs") is None:
        return [Finding(api, "contract", "unknown", NO_CONTRACT)]
    from klingkit.contract import check_service  # noqa: PLC0415 - an extra

    report = check_service(api, adapter.base_url, key=adapter.auth.token(), timeout=TIMEOUT)
    outcomes: dict[str, Outcome] = {"passed": "ok", "failed": "failed", "unknown": "unknown"}
    return [Finding(api, check.name, outcomes[check.outcome], check.detail) for check in report.checks]
