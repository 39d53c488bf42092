"""Tests that the check of the emulator against its spec reports each changed fact of the spec.

A row of `CHANGES`: the API, the JSON pointer in its spec, the value put there (`REMOVED` removes it), and a part of the
report.
"""

from functools import cache
from typing import Any

import pytest

from contract_tests.specs.mistakes import REMOVED, set_value
from contract_tests.support.limits import max_length
from scripts.checks.emulator import disagreements
from scripts.checks.endpoints import ENDPOINTS
from scripts.checks.recording import Recording, Subject, record_all, recording
from scripts.checks.representatives import of_models
from scripts.specs.files import load
from scripts.specs.spec import Spec

SCHEMAS = "/components/schemas"
KIE_CREATE = "/paths/~1api~1v1~1jobs~1createTask"
KIE_QUERY = "/paths/~1api~1v1~1jobs~1recordInfo/get"
NATIVE_CREATE = "/paths/~1v1~1videos~1text2video"
PROMPT_MAX_LENGTH = f"{SCHEMAS}/Kling26TextToVideo/properties/prompt/maxLength"
DOCUMENTED_MAX_LENGTH = max_length("kling-2.6/text-to-video")
CREATE_SCHEMA = f"{SCHEMAS}/CreateText2Video"
CHANGES: list[tuple[str, str, Any, str]] = [
    ("kie", KIE_CREATE, REMOVED, "POST /api/v1/jobs/createTask is served, and not declared"),
    ("kie", f"{KIE_CREATE}/put", {"responses": {}}, "PUT /api/v1/jobs/createTask is declared, and not served"),
    ("kie", f"{KIE_CREATE}/put", {"responses": {}}, "is declared, and /api/v1/jobs/createTask responds with 405"),
    ("kie", "/servers/0/url", "https://api.kie.ai/api", "https://api.kie.ai/api is a server"),
    ("kie", f"{KIE_QUERY}/security", [], "without a bearer token it is refused"),
    ("relay", "/components/securitySchemes/bearerAuth/scheme", "basic", "the keys declared are [['http basic']]"),
    ("kie", f"{KIE_QUERY}/parameters/0/required", False, "no parameter is wrong"),
    ("kie", f"{KIE_QUERY}/parameters/0/name", "task_id", "task_id in query is missing"),
    ("kie", f"{KIE_QUERY}/parameters/0/schema/type", "integer", "taskId in query must not be ['"),
    ("kie", f"{KIE_QUERY}/parameters/0/schema/maxLength", 255, "taskId in query must not be ['aaa"),
    ("kie", f"{KIE_QUERY}/requestBody", {"content": {}}, "a query has no body"),
    ("native", f"{NATIVE_CREATE}~1{{task_id}}/get/parameters", [], "task_id in the path is not declared"),
    ("native", f"{NATIVE_CREATE}/post/requestBody/required", False, "declared is the reverse"),
    ("native", f"{NATIVE_CREATE}/post/requestBody/content/text~1plain", {}, "bodies are taken as ['application/json']"),
    (
        "native",
        f"{NATIVE_CREATE}/post/requestBody/content/application~1json/schema",
        REMOVED,
        "the schema of its body is missing",
    ),
    ("kie", PROMPT_MAX_LENGTH, DOCUMENTED_MAX_LENGTH - 1, "the spec refuses this"),
    ("kie", PROMPT_MAX_LENGTH, DOCUMENTED_MAX_LENGTH + 1, "the spec takes this"),
    ("kie", f"{SCHEMAS}/Kling21Pro/properties/cfg_scale/multipleOf", 0.05, "the spec takes this"),
    ("relay", f"{CREATE_SCHEMA}/additionalProperties", False, "the spec refuses this"),
    ("relay", f"{CREATE_SCHEMA}/required/1", REMOVED, "the spec takes this"),
    ("relay", f"{SCHEMAS}/WireCameraMove/properties/type/enum/2", "tilt_up", "the spec refuses this"),
    ("native", f"{CREATE_SCHEMA}/properties/aspect_ratio/enum/7", "21:9", "aspect_ratio: '21:9' is offered"),
    ("native", f"{CREATE_SCHEMA}/properties/sound", {"type": "string"}, "sound is declared, and was never taken"),
    (
        "native",
        f"{CREATE_SCHEMA}/properties/duration/default",
        10,
        "duration: 10 is the default, and makes another video",
    ),
    ("kie", f"{KIE_CREATE}/post/responses/422", REMOVED, "422: the status is not declared"),
    ("kie", "/components/responses/NotFound/content/text~1plain", {}, "the response is application/json, declared is"),
    ("kie", f"{SCHEMAS}/RecordInfo/properties/costTime", REMOVED, "costTime is not declared"),
    ("kie", f"{SCHEMAS}/RecordInfo/properties/costTime/type", "string", "costTime"),
    ("kie", f"{SCHEMAS}/RecordInfo/properties/param/contentSchema", REMOVED, "param holds JSON without a schema"),
    (
        "kie",
        f"{SCHEMAS}/RecordInfo/properties/param/contentMediaType",
        REMOVED,
        "param holds JSON, and is not declared to",
    ),
    ("kie", f"{SCHEMAS}/TaskParam/properties/model/type", "integer", "param(JSON) model"),
    ("kie", f"{SCHEMAS}/TaskState/enum/2", "failed", "state is 'fail', which is not among the values"),
    ("relay", f"{SCHEMAS}/ResponseCode/enum/1", REMOVED, "code is 1000, which is not among the values"),
    ("relay", f"{SCHEMAS}/TaskCallback/required", ["task_id", "code"], "callback"),
    ("kie", f"{KIE_CREATE}/post/callbacks", {}, "is no declared callback"),
    ("kie", f"{KIE_CREATE}/post/responses/200/links", {}, "no link leads to it"),
    (
        "kie",
        f"{KIE_CREATE}/post/responses/200/links/recordInfo/parameters/taskId",
        "$response.body#/taskId",
        "does not lead",
    ),
]


MODELS = ("kling-2.6/text-to-video", "kling/v2-1-pro")
"""Models of kie.ai that have each field changed in `CHANGES`."""


def spec_with_few_models(api: str) -> Spec:
    """Return a copy of the spec; kie.ai's has only these models, so that it takes less time."""
    return of_models(load(api), MODELS) if api == "kie" else load(api)


@cache
def recorded(api: str) -> Recording:
    return record_all(Subject(ENDPOINTS[api], spec_with_few_models(api))) if api == "kie" else recording(api)


@pytest.mark.parametrize("api", ENDPOINTS)
def test_nothing_is_reported_where_nothing_is_changed(api: str) -> None:
    assert disagreements(recorded(api), spec_with_few_models(api)) == []


@pytest.mark.parametrize(("api", "pointer", "value", "report_part"), CHANGES)
def test_a_changed_fact_is_reported(api: str, pointer: str, value: Any, report_part: str) -> None:
    spec = spec_with_few_models(api)
    set_value(spec, pointer, value)
    assert [problem for problem in disagreements(recorded(api), spec) if report_part in problem] != []
