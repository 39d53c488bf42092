"""Checks of a running service, by requests that it must refuse."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import httpx

from klingkit._asking import positive
from klingkit._flow._deadline import obey_deadlines
from klingkit.contract._contract import Api, Contract
from klingkit.contract._limits import beyond
from klingkit.contract._report import Check, Report
from klingkit.contract._responses import Meaning, ask, code, in_words, is_object, meaning, sketch, task_id
from klingkit.contract._violations import Violation, shown

__all__ = ["check_service", "is_base"]

WRONG_KEY: Final = "klingkit-wrong-key"
NO_TASK: Final = "klingkit-no-such-task"
NO_MODEL: Final = "klingkit-no-such-model"

BLOT: Final = "<key>"

HEADERS: Final = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "klingkit-contract"}


@dataclass(frozen=True)
class Probe:
    """A request that must be refused: with which key, and for which reason."""

    name: str
    method: Literal["GET", "POST"]
    body: bytes | None
    key: str | None
    expected: Literal["key", "refused"]

    @property
    def doubt(self) -> str:
        """What to add where nobody knows what became of it."""
        return "; whether a task was made is not known" if self.method == "POST" else ""


def check_service(
    api: Api, base_url: str, *, key: str | None = None, spend: bool = False, timeout: float = 10.0
) -> Report:
    """Check how a service refuses what it must refuse; every answer is held against the spec as well.

    Free on any server, however lenient: what is sent is a query, or a creation that no video can be made of: no JSON,
    or an unknown model with no prompt at all. Redirects are not followed.

    Args:
        api: Which API it speaks.
        base_url: Where it is, without the API's own path.
        key: A valid key. Without one, what needs it is not run: those checks are "unknown".
        spend: Also send otherwise good requests that are one step beyond a limit. A service that is more lenient than
            its document takes each for a video and may bill it: the report counts them and has their tasks.
        timeout: Seconds for each request, from the connection to the last byte of its answer.

    Raises:
        ValueError: There is no such API, or the URL is no absolute http or https one, or the key cannot be in a header,
            or the timeout is no time.
    """
    base, patience = _checked(base_url, key), positive(timeout)
    contract = Contract(api, prefix=httpx.URL(base).raw_path.decode().rstrip("/"))  # as it is sent: without dots
    probes = [*_free(api, key), *(_limits(api, key) if spend else ())]
    with httpx.Client(timeout=patience, follow_redirects=False, headers=HEADERS) as client:
        obey_deadlines(client)
        return Report(api, base, tuple(_checks(client, contract, base, probes, patience)))


def _checked(base_url: str, key: str | None) -> str:
    if not is_base(base_url):
        raise ValueError(f"base_url: an absolute http or https URL of a host and a path alone, not {base_url!r}")
    if key is not None and not (key.isascii() and key.isprintable() and key and " " not in key):
        raise ValueError("key: characters that a header can hold, without blanks; this one has others, or is empty")
    return base_url.rstrip("/")


def is_base(url: str) -> bool:
    """Tell whether paths can be put behind it, and a request be sent there."""
    if set(url) & set("?#@\\") or not (url.isascii() and url.isprintable()) or " " in url:
        return False
    try:
        parts, sent = urlsplit(url), httpx.URL(url)
        return parts.scheme in {"http", "https"} and bool(sent.host) and parts.port != 0
    except (ValueError, httpx.InvalidURL):
        return False


def _free(api: Api, key: str | None) -> Iterator[Probe]:
    """What costs nothing anywhere. The wrong key is tried on a query: a server that takes any still makes no video."""
    unmakeable: dict[str, Any] = {"model": NO_MODEL, "input": {}} if api == "kie" else {"model_name": NO_MODEL}
    yield Probe("wrong key", "GET", None, WRONG_KEY, "key")
    yield Probe("no key", "GET", None, "", "key")
    yield Probe("unknown task", "GET", None, key, "refused")
    yield Probe("body that is no JSON", "POST", b'{"model', key, "refused")
    yield Probe("invented model", "POST", json.dumps(unmakeable).encode(), key, "refused")


def _limits(api: Api, key: str | None) -> Iterator[Probe]:
    for one in beyond(api):
        yield Probe(f"{one.model} {one.where}: {one.what}", "POST", json.dumps(one.body).encode(), key, "refused")


def _checks(
    client: httpx.Client, contract: Contract, base: str, probes: Sequence[Probe], timeout: float
) -> list[Check]:
    """Run them one after the other; an interruption tells what came of those before, for they may have been billed."""
    checks: list[Check] = []
    key = next((probe.key for probe in probes if probe.key and probe.key != WRONG_KEY), "")
    try:
        for probe in probes:
            found = _check(client, contract, base, probe, timeout)
            checks.append(replace(found, detail=shown(_blotted(found.detail, key))))
    except BaseException as interruption:
        interruption.add_note(Report(contract.api, base, tuple(checks)).table())
        raise
    return checks


def _blotted(text: str, key: str) -> str:
    """A text without the key, which a server may echo, and without the beginning of one that was cut."""
    for length in range(len(key), max(0, min(7, len(key) - 1)), -1):
        text = text.replace(key[:length], BLOT)
    return text


def _check(client: httpx.Client, contract: Contract, base: str, probe: Probe, timeout: float) -> Check:
    if probe.key is None:
        return Check(probe.name, "unknown", "needs a valid key")
    request = _request(client, contract.api, base, probe)
    try:
        answer = ask(client, request, timeout)
        return _judged(contract, probe, request, answer)
    except httpx.HTTPError as error:
        why = f"within {timeout:g} s" if isinstance(error, httpx.TimeoutException) else error
        return Check(probe.name, "unknown", f"no answer ({type(error).__name__} {why}){probe.doubt}")
    except Exception as error:  # noqa: BLE001 - what one server's oddity breaks must not take the other checks with it
        return Check(probe.name, "unknown", f"an answer that could not be judged ({error!r}){probe.doubt}")


def _request(client: httpx.Client, api: Api, base: str, probe: Probe) -> httpx.Request:
    paths = {
        "kie": ("/api/v1/jobs/createTask", f"/api/v1/jobs/recordInfo?taskId={NO_TASK}"),
        "native": ("/v1/videos/text2video", f"/v1/videos/text2video/{NO_TASK}"),
        "relay": ("/kling/v1/videos/text2video", f"/kling/v1/videos/text2video/{NO_TASK}"),
    }
    create, query = paths[api]
    headers = {"Authorization": f"Bearer {probe.key}"} if probe.key else {}
    if probe.body is None:
        return client.build_request("GET", f"{base}{query}", headers=headers)
    headers["Content-Type"] = "application/json"
    return client.build_request("POST", f"{base}{create}", headers=headers, content=probe.body)


WRONG: Final[dict[tuple[str, Meaning], str]] = {
    ("key", "accepted"): "it takes any key, or none",
    ("key", "refused"): "refused, but not for its key",
    ("refused", "accepted"): "it was accepted",
}
UNPROVEN: Final[dict[tuple[str, Meaning], str]] = {
    **{(expected, "busy"): "the service is busy: come again" for expected in ("key", "refused")},
    **{(expected, "credit"): "the account cannot pay, which proves nothing" for expected in ("key", "refused")},
    ("refused", "key"): "the key is not valid here",
}
GATEWAYS: Final = frozenset({403, 429, 503, 504})
"""Statuses of what stands before a service: it may not like whoever asks, or find nobody in."""

MISSING: Final = frozenset({404, 1203})
"""Codes, and a status, that say there is no such path as well as no such model."""

BAD: Final[dict[Meaning, str]] = {
    "broken": "an error of the server is no refusal",
    "redirect": "a redirect, not followed",
}


def _judged(contract: Contract, probe: Probe, request: httpx.Request, answer: httpx.Response) -> Check:
    told, said = meaning(answer), sketch(answer)
    made = probe.method == "POST" and told == "accepted"
    task = task_id(answer) if made else None
    if answer.status_code in GATEWAYS and not is_object(answer):
        doubt = probe.doubt if answer.status_code >= 500 else ""
        return Check(probe.name, "unknown", f"{said}; no JSON: a gateway's word, which proves nothing{doubt}")
    found = contract.answer(request, answer)
    remarks = [one for one in found if _is_known(contract.api, one, answer)]
    reasons = [reason for reason in (WRONG.get((probe.expected, told)), BAD.get(told)) if reason]
    reasons += [str(one) for one in found if one not in remarks][:3]
    if made:
        reasons.append(f"task {task} may be billed" if task else "a task may have been made and billed")
    if reasons:
        doubt = probe.doubt if told == "broken" else ""
        return Check(probe.name, "failed", "; ".join([said, *reasons]) + doubt, task, made)
    noted = [said, *(f"not as the spec has it, but known: {one}" for one in remarks)]
    unproven = UNPROVEN.get((probe.expected, told))
    if probe.method == "POST" and told == "refused" and MISSING & {answer.status_code, code(answer)}:
        unproven = "there may be no such path here, which proves nothing"
    if unproven:
        return Check(probe.name, "unknown", "; ".join([*noted, unproven]))
    return Check(probe.name, "passed", "; ".join(noted))


def _is_known(api: Api, violation: Violation, answer: httpx.Response) -> bool:
    """Tell whether services are known to say no like this, too: by another status, relays by a code in words."""
    if violation.where == "status":
        return 400 <= answer.status_code < 500 and code(answer) is not None
    return api == "relay" and violation.where == "code" and in_words(answer)
