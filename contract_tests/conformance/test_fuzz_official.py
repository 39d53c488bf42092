"""Runs schemathesis against the emulator's dialect `official_spec`, in all its phases."""

from typing import Any

import httpx
import pytest

from contract_tests.conformance.broken_emulator import BrokenApp, change_responses
from klingkit.emulator import AfterQueries, Emulator, VirtualClock
from scripts.checks.endpoints import ENDPOINTS, Endpoints
from scripts.checks.exchanges import Recorder
from scripts.checks.fuzz import PHASES, fuzz
from scripts.checks.recording import KEYS, NAME
from scripts.checks.representatives import representative
from scripts.specs.files import load
from scripts.specs.spec import Spec, paid_operation, query_operation, resolved, validator

OFFICIAL_BODY: dict[str, Any] = {
    "type": "object",
    "additionalProperties": True,
    "required": ["prompt"],
    "properties": {
        "model_name": {"type": "string", "enum": ["kling-v1", "kling-v1-6", "kling-v2-6"]},
        "mode": {"type": "string", "enum": ["std", "pro"]},
        "prompt": {"type": "string", "maxLength": 2500},
        "negative_prompt": {"type": "string", "maxLength": 2500},
        "duration": {"type": "string", "enum": ["5", "10"]},
        "aspect_ratio": {"type": "string", "enum": ["16:9", "9:16", "1:1"]},
        "cfg_scale": {"type": "number", "minimum": 0, "maximum": 1},
        "sound": {"type": "string", "enum": ["on", "off"]},
        "callback_url": {"type": "string"},
        "external_task_id": {"type": "string"},
    },
    "if": {
        "required": ["sound", "model_name"],
        "properties": {"sound": {"const": "on"}, "model_name": {"const": "kling-v2-6"}},
    },
    "then": {"required": ["mode"], "properties": {"mode": {"const": "pro"}}},
}
"""Bodies that the official hosts were observed to accept (openapi/field.yaml), except cameras: no schema has them."""
EXAMPLE = {"model_name": "kling-v1-6", "prompt": "A lighthouse in the fog.", "duration": "5", "sound": "off"}
FAILED_ON_PURPOSE = {"unsupported_method": "a wrong method is HTTP 404 with the code 1202, where the check expects 405"}
"""Checks of schemathesis that the official API fails by its own rules, and why."""


def official_spec(api: str) -> Spec:
    """The spec with the official body in place of the document's, and responses in an envelope."""
    spec = load(api)
    create = paid_operation(spec).node
    (media_type,) = create["requestBody"]["content"].values()
    media_type |= {"schema": OFFICIAL_BODY, "examples": {"official": {"value": EXAMPLE}}}
    create["responses"]["200"]["links"]["task"]["parameters"]["task_id"] = "$response.body#/data/task_id"
    return spec


def emulator() -> Emulator:
    return Emulator(
        dialect="official", clock=VirtualClock(), finish=AfterQueries(1), keys=set(KEYS.values()), post=lambda *_: 204
    )


@pytest.mark.parametrize("api", ["native", "relay"])
def test_schemathesis_finds_nothing(api: str) -> None:
    recorder = Recorder(emulator().app)
    run = fuzz(official_spec(api), recorder, KEYS, once=(NAME,))
    assert "\n\n".join(finding.what for finding in run.findings if finding.check not in FAILED_ON_PURPOSE) == ""
    assert all(run.cases[phase] for phase in PHASES)
    statuses = {(exchange.method, exchange.status) for exchange in recorder.exchanges}
    assert statuses >= {("POST", 200), ("POST", 400), ("GET", 200), ("GET", 401), ("GET", 404)}


def status_from_code(_: Endpoints, request: httpx.Request, correct: httpx.Response) -> httpx.Response:
    """Set the HTTP status to the code in the body, as readers of kie.ai's responses do; 404 for an unknown task."""
    body = correct.json()
    status = 404 if body["msg"] == "recordInfo is null" else body["code"]
    return httpx.Response(status, headers=correct.headers, content=correct.content)


def test_schemathesis_finds_nothing_at_kie_with_codes_as_statuses() -> None:
    """Every body with HTTP 200, errors included, is one that the spec allows there."""
    spec = representative(load("kie"))
    recorder = Recorder(emulator().app)
    run = fuzz(spec, BrokenApp(recorder, change_responses(status_from_code), ENDPOINTS["kie"]), KEYS)
    assert run.findings == ()
    assert all(run.cases[phase] for phase in PHASES)
    served = [exchange for exchange in recorder.exchanges if exchange.status != 405]
    assert {exchange.status for exchange in served} == {200}
    outcomes = {(exchange.method, exchange.response["code"]) for exchange in served}
    assert outcomes >= {("POST", 200), ("POST", 422), ("POST", 401), ("GET", 200), ("GET", 401), ("GET", 422)}
    for method, operation in (("POST", paid_operation(spec)), ("GET", query_operation(spec))):
        declared = resolved(spec, operation.node["responses"]["200"])["content"]["application/json"]["schema"]
        allowed = validator(spec, declared)
        bodies = [exchange.response for exchange in served if exchange.method == method]
        assert [body for body in bodies if not allowed.is_valid(body)] == []
