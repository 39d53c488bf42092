"""Dialect `official` against the specs: schemathesis in all its phases, held to what it can express."""

import copy
from typing import Any

import httpx
import pytest
from contract_tests.conformance.emulator_walk import KINDS, spec

from contract_tests.conformance.broken_emulator import Broken, Kind, told
from klingkit.emulator import AfterQueries, Emulator, VirtualClock
from scripts.checks.corpus import KEYS, ONCE
from scripts.checks.exchanges import Recorder
from scripts.checks.fuzz import PHASES, fuzz
from scripts.specs.spec import Spec, asking, creating, resolved, validator

OFFICIAL = "CreateOfficialText2Video"
OTHERWISE = {"unsupported_method": "a wrong method is HTTP 404 with the code 1202, where the check wants 405"}
"""Checks of schemathesis that the official API fails by its own rules, and why."""


def official(api: str) -> Spec:
    """The spec with the official body in place of the document's, and answers in an envelope.

    What no schema says is left out: which axes of a camera go together, and that an unknown model is refused.
    """
    it = copy.deepcopy(spec(api))
    create = creating(it).node
    for media in create["requestBody"]["content"].values():
        media["schema"] = {"$ref": f"#/components/schemas/{OFFICIAL}"}
        media["examples"] = {name: value for name, value in media["examples"].items() if name == "official"}
    for media in create["requestBody"]["content"].values():
        media["examples"]["official"]["value"]["model_name"] = "kling-v1-6"
    properties: dict[str, Any] = it["components"]["schemas"][OFFICIAL]["properties"]
    properties["model_name"] = {"$ref": "#/components/schemas/OfficialModel"}
    del properties["camera_control"]
    create["responses"]["200"]["links"]["task"]["parameters"]["task_id"] = "$response.body#/data/task_id"
    return it


def emulator() -> Emulator:
    return Emulator(
        dialect="official", clock=VirtualClock(), finish=AfterQueries(1), keys=set(KEYS.values()), post=lambda *_: 204
    )


@pytest.mark.parametrize("api", ["native", "relay"])
def test_schemathesis_finds_nothing(api: str) -> None:
    recorder = Recorder(emulator().app)
    run = fuzz(official(api), recorder, KEYS, once=ONCE)
    assert [finding for finding in run.findings if finding.check not in OTHERWISE] == []
    assert all(run.cases[phase] for phase in PHASES)
    statuses = {(exchange.method, exchange.status) for exchange in recorder.exchanges}
    assert statuses >= {("POST", 200), ("POST", 400), ("GET", 200), ("GET", 401), ("GET", 404)}


def outspoken(kind: Kind, request: httpx.Request, right: httpx.Response) -> httpx.Response:
    """The code in a body is the status, as it is to whoever reads kie.ai's answers; that of an unknown task is 404."""
    body = right.json()
    status = 404 if body["msg"] == "recordInfo is null" else body["code"]
    return httpx.Response(status, headers=right.headers, content=right.content)


def test_schemathesis_finds_nothing_at_kie_that_takes_codes_for_statuses() -> None:
    """Nor is there anything in an answer with HTTP 200, refusals too, that the spec does not allow there."""
    said = Recorder(emulator().app)
    run = fuzz(spec("kie"), Broken(said, told(outspoken), KINDS["kie"]), KEYS)
    assert run.findings == ()
    assert all(run.cases[phase] for phase in PHASES)
    served = [exchange for exchange in said.exchanges if exchange.status != 405]
    assert {exchange.status for exchange in served} == {200}
    seen = {(exchange.method, exchange.answer["code"]) for exchange in served}
    assert seen >= {("POST", 200), ("POST", 422), ("POST", 401), ("GET", 200), ("GET", 401), ("GET", 422)}
    for method, operation in (("POST", creating(spec("kie"))), ("GET", asking(spec("kie")))):
        declared = resolved(spec("kie"), operation.node["responses"]["200"])["content"]["application/json"]["schema"]
        allowed = validator(spec("kie"), declared)
        answers = [exchange.answer for exchange in served if exchange.method == method]
        assert [answer for answer in answers if not allowed.is_valid(answer)] == []
