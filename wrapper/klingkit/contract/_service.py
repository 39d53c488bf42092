"""Checks a running service, by requests that it must reject."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal
from urllib.parse import urlsplit

import httpx

from klingkit._arguments import check_timeout
from klingkit._base import TaskRef
from klingkit._flow._sync_network import install_backend
from klingkit.contract._contract import Api, Contract
from klingkit.contract._limits import limit_cases
from klingkit.contract._report import Check, Report
from klingkit.contract._responses import Kind, classify, code, has_text_code, is_object, send, summary, task_id
from klingkit.contract._violations import Violation, escaped
from klingkit.providers._registry import ADAPTERS

__all__ = ["check_service", "is_base_url"]

WRONG_KEY: Final = "klingkit-wrong-key"
NO_TASK: Final = "klingkit-no-such-task"
NO_MODEL: Final = "klingkit-no-such-model"
NOWHERE: Final = "http://service.invalid"

MASK: Final = "<key>"

HEADERS: Final = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "klingkit-contract"}


@dataclass(frozen=True)
class Probe:
    """A request that must be rejected: with its key, and the expected reason."""

    name: str
    method: Literal["GET", "POST"]
    body: bytes | None
    key: str | None
    expected: Literal["key", "rejected"]

    @property
    def doubt(self) -> str:
        """Text to add where the outcome of the request is unknown."""
        return "; whether a task was created is unknown" if self.method == "POST" else ""


def check_service(
    api: Api, base_url: str, *, key: str | None = None, spend: bool = False, timeout: float = 10.0
) -> Report:
    """Check that a service rejects invalid requests; every response is checked against the spec as well.

    Free on any service, however lenient: it sends queries, and creations that no video can be made of: a body that is
    not JSON, and an unknown model without a prompt. Redirects are not followed.

    Args:
        api: The API that the service offers.
        base_url: Its address, without the API's own path.
        key: A valid key. Without one, the checks that need it are not run, and are "unknown".
        spend: Also send requests that exceed one limit and are valid otherwise. A service that is more lenient than
            its document creates a task for each and may bill it: the report counts them and lists their tasks.
        timeout: Seconds for each request, from the connection to the last byte of the response.

    Raises:
        ValueError: There is no such API, the URL is not an absolute http or https URL, the key cannot be sent in a
            header, or the timeout is not a positive number.
    """
    base, limit = _checked(base_url, key), check_timeout(timeout)
    contract = Contract(api, prefix=httpx.URL(base).raw_path.decode().rstrip("/"))  # normalised, as it is sent
    probes = [*_free(api, key), *(_limits(api, key) if spend else ())]
    with httpx.Client(timeout=limit, follow_redirects=False, headers=HEADERS) as client:
        install_backend(client)
        return Report(api, base, tuple(_checks(client, contract, base, probes, limit)))


def _checked(base_url: str, key: str | None) -> str:
    if not is_base_url(base_url):
        raise ValueError(f"base_url: an absolute http or https URL of a host and a path alone, not {base_url!r}")
    if key is not None and not (key.isascii() and key.isprintable() and key and " " not in key):
        raise ValueError("key: printable ASCII characters without spaces; this one has others, or is empty")
    return base_url.rstrip("/")


def is_base_url(url: str) -> bool:
    """Return whether a request can be sent to this URL with a path appended."""
    if set(url) & set("?#@\\") or not (url.isascii() and url.isprintable()) or " " in url:
        return False
    try:
        parts, sent = urlsplit(url), httpx.URL(url)
        return parts.scheme in {"http", "https"} and bool(sent.host) and parts.port != 0
    except (ValueError, httpx.InvalidURL):
        return False


def _free(api: Api, key: str | None) -> Iterator[Probe]:
    """Yield the free probes. The wrong key is tried on a query, so a service that accepts any key makes no video."""
    yield Probe("wrong key", "GET", None, WRONG_KEY, "key")
    yield Probe("no key", "GET", None, "", "key")
    yield Probe("unknown task", "GET", None, key, "rejected")
    yield Probe("body that is not JSON", "POST", b'{"model', key, "rejected")
    yield Probe("invented model", "POST", _creation(api).content, key, "rejected")


def _creation(api: Api) -> httpx.Request:
    """Return a creation that must be rejected, without the service's address."""
    return ADAPTERS[api](WRONG_KEY, NOWHERE).unmakeable(NO_MODEL)


def _query(api: Api) -> httpx.Request:
    """Return a query of a task that does not exist, without the service's address."""
    adapter = ADAPTERS[api]
    return adapter(WRONG_KEY, NOWHERE).query(TaskRef(api, adapter.route, NO_TASK))


def _limits(api: Api, key: str | None) -> Iterator[Probe]:
    for one in limit_cases(api):
        yield Probe(f"{one.model} {one.where}: {one.limit}", "POST", json.dumps(one.body).encode(), key, "rejected")


def _checks(
    client: httpx.Client, contract: Contract, base: str, probes: Sequence[Probe], timeout: float
) -> list[Check]:
    """Run the probes in turn; an interruption carries a note with the results so far, which may have been billed."""
    checks: list[Check] = []
    key = next((probe.key for probe in probes if probe.key and probe.key != WRONG_KEY), "")
    try:
        for probe in probes:
            found = _check(client, contract, base, probe, timeout)
            checks.append(replace(found, detail=escaped(_masked(found.detail, key))))
    except BaseException as interruption:
        interruption.add_note(Report(contract.api, base, tuple(checks)).table())
        raise
    return checks


def _masked(text: str, key: str) -> str:
    """Mask the key, which a server may echo; where a text was shortened, its first eight or more characters."""
    for length in range(len(key), max(0, min(7, len(key) - 1)), -1):
        text = text.replace(key[:length], MASK)
    return text


def _check(client: httpx.Client, contract: Contract, base: str, probe: Probe, timeout: float) -> Check:
    if probe.key is None:
        return Check(probe.name, "unknown", "needs a valid key")
    request = _request(client, contract.api, base, probe)
    try:
        response = send(client, request, timeout)
        return _result(contract, probe, request, response)
    except httpx.HTTPError as error:
        why = f"within {timeout:g} s" if isinstance(error, httpx.TimeoutException) else error
        return Check(probe.name, "unknown", f"no response ({type(error).__name__} {why}){probe.doubt}")
    except Exception as error:  # noqa: BLE001 - an error in one check must not end the others
        return Check(probe.name, "unknown", f"a response that could not be checked ({error!r}){probe.doubt}")


def _request(client: httpx.Client, api: Api, base: str, probe: Probe) -> httpx.Request:
    path = (_creation if probe.body is not None else _query)(api).url.raw_path.decode()
    headers = {"Authorization": f"Bearer {probe.key}"} if probe.key else {}
    if probe.body is None:
        return client.build_request("GET", f"{base}{path}", headers=headers)
    headers["Content-Type"] = "application/json"
    return client.build_request("POST", f"{base}{path}", headers=headers, content=probe.body)


WRONG: Final[Mapping[tuple[str, Kind], str]] = {
    ("key", "accepted"): "the service accepts any key, or none",
    ("key", "rejected"): "rejected, but not for its key",
    ("rejected", "accepted"): "the request was accepted",
}
"""What proves a fault: what was expected, and the kind of the response."""

UNPROVEN: Final[Mapping[tuple[str, Kind], str]] = {
    **{(expected, "busy"): "the service is busy: try again later" for expected in ("key", "rejected")},
    **{(expected, "credit"): "the account cannot pay, which proves nothing" for expected in ("key", "rejected")},
    ("rejected", "key"): "the key is not valid here",
}
"""What proves nothing: what was expected, and the kind of the response."""

GATEWAYS: Final = frozenset({403, 429, 503, 504})
"""Statuses that a gateway sends of itself: it rejects the sender, or cannot reach the service.

Not 502: there it did reach the service, and got a broken response.
"""

MISSING: Final = frozenset({404, 1203})
"""An HTTP status and a code that mean an unknown path as well as an unknown model."""

BAD: Final[Mapping[Kind, str]] = {
    "broken": "a server error is not a rejection",
    "redirect": "a redirect, not followed",
}


def _result(contract: Contract, probe: Probe, request: httpx.Request, response: httpx.Response) -> Check:
    kind, text = classify(contract.api, response), summary(response)
    if response.status_code in GATEWAYS and not is_object(response):
        doubt = probe.doubt if response.status_code >= 500 else ""
        detail = f"{text}; not JSON: the response of a gateway, which proves nothing{doubt}"
        return Check(probe.name, "unknown", detail)
    violations = contract.response(request, response)
    known = [one for one in violations if _is_known(contract.api, one, response)]
    reasons = [reason for reason in (WRONG.get((probe.expected, kind)), BAD.get(kind)) if reason]
    reasons += [str(one) for one in violations if one not in known][:3]
    created = probe.method == "POST" and kind == "accepted"
    task = task_id(response) if created else None
    if created:
        reasons.append(f"task {task} may be billed" if task else "a task may have been created and billed")
    if reasons:
        doubt = probe.doubt if kind == "broken" else ""
        return Check(probe.name, "failed", "; ".join([text, *reasons]) + doubt, task, created)
    remarks = [text, *(f"not in the spec, but known: {one}" for one in known)]
    unproven = UNPROVEN.get((probe.expected, kind))
    if probe.method == "POST" and kind == "rejected" and MISSING & {response.status_code, code(response)}:
        unproven = "there may be no such path here, which proves nothing"
    if unproven:
        return Check(probe.name, "unknown", "; ".join([*remarks, unproven]))
    return Check(probe.name, "passed", "; ".join(remarks))


def _is_known(api: Api, violation: Violation, response: httpx.Response) -> bool:
    """Return whether services are known to reject in this way too: with another 4xx status, relays with text codes."""
    if violation.where == "status":
        return 400 <= response.status_code < 500 and code(response) is not None
    return ADAPTERS[api].text_codes and violation.where == "code" and has_text_code(response)
