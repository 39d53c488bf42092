"""Dialect `official` against the specs' official forms: schemathesis in all its phases, held to what it can express."""

import copy
from typing import Any

import pytest

from contract_tests.conformance.emulator_walk import spec
from klingkit.emulator import AfterQueries, Emulator, VirtualClock
from scripts.contract.corpus import KEYS, ONCE
from scripts.contract.exchanges import Recorder
from scripts.contract.fuzz import PHASES, fuzz
from scripts.contract.spec import Spec, creating

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


@pytest.mark.parametrize("api", ["native", "relay"])
def test_schemathesis_finds_nothing(api: str) -> None:
    emulator = Emulator(
        dialect="official", clock=VirtualClock(), finish=AfterQueries(1), keys=set(KEYS.values()), post=lambda *_: 204
    )
    recorder = Recorder(emulator.app)
    run = fuzz(official(api), recorder, KEYS, once=ONCE)
    assert [finding for finding in run.findings if finding.check not in OTHERWISE] == []
    assert all(run.cases[phase] for phase in PHASES)
    statuses = {(exchange.method, exchange.status) for exchange in recorder.exchanges}
    assert statuses >= {("POST", 200), ("POST", 400), ("GET", 200), ("GET", 401), ("GET", 404)}
