"""The states and payloads that the test kit knows, compared with the specs."""

from __future__ import annotations

import pytest

from klingkit._base import APIS
from klingkit.contract._contract import load
from klingkit.contract._schemas import resolve
from klingkit.testing._payloads import http_status, of


@pytest.mark.parametrize("api", APIS)
def test_every_state_of_the_spec_is_known(api):
    spec = load(api)
    task = spec["components"]["schemas"]["RecordInfo" if api == "kie" else "TaskCallback"]["properties"]
    state = task["state" if api == "kie" else "task_status"]
    documented = resolve(spec, state["anyOf"][0])["enum"]
    known = of(api)
    assert set(known.words.values()) <= set(documented)
    assert [known.status_of(word) for word in known.words.values()] == list(known.words)
    assert [word for word in [*documented, *state["x-field-values"]] if known.status_of(word) is None] == []


@pytest.mark.parametrize(
    ("api", "code", "status"), [("kie", 402, 402), ("native", 1102, 429), ("relay", 5001, 503), ("relay", 404, 404)]
)
def test_a_code_comes_with_its_http_status(api, code, status):
    assert http_status(api, code, "create") == status
