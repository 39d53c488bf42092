"""The limits of documents 000, 002 and 003, copied here by hand, against openapi/kie.yaml."""

from typing import Any

import pytest

CREATE = "/api/v1/jobs/createTask"
QUERY = "/api/v1/jobs/recordInfo"
CODES = {200, 400, 401, 402, 404, 422, 429, 433, 455, 500, 501, 505}

VALID: dict[str, dict[str, Any]] = {
    "Kling26TextToVideo": {
        "prompt": "一只猫",
        "sound": True,
        "aspect_ratio": "16:9",
        "duration": "5",
    },
    "Kling21Pro": {"prompt": "a boat", "image_url": "https://media.example/boat.png"},
    "Kling25TurboPro": {"prompt": "a tea garden"},
}
MODELS = {
    "CreateKling26TextToVideo": "kling-2.6/text-to-video",
    "CreateKling21Pro": "kling/v2-1-pro",
    "CreateKling25TurboPro": "kling/v2-5-turbo-text-to-video-pro",
}
REQUIRED = {
    "Kling26TextToVideo": {"prompt", "sound", "aspect_ratio", "duration"},
    "Kling21Pro": {"prompt", "image_url"},
    "Kling25TurboPro": {"prompt"},
}
DEFAULTS = {
    "Kling26TextToVideo": {"sound": False, "aspect_ratio": "1:1", "duration": "5"},
    "Kling21Pro": {"duration": "5", "cfg_scale": 0.5},
    "Kling25TurboPro": {"duration": "5", "aspect_ratio": "16:9", "cfg_scale": 0.5},
}
LENGTHS = [
    ("Kling26TextToVideo", "prompt", 1000),
    ("Kling21Pro", "prompt", 5000),
    ("Kling21Pro", "negative_prompt", 500),
    ("Kling25TurboPro", "prompt", 2500),
    ("Kling25TurboPro", "negative_prompt", 2500),
]
RATIOS = ["1:1", "16:9", "9:16"]
CHOICES = [
    ("Kling26TextToVideo", "aspect_ratio", RATIOS),
    ("Kling26TextToVideo", "duration", ["5", "10"]),
    ("Kling26TextToVideo", "sound", [True, False]),
    ("Kling21Pro", "duration", ["5", "10"]),
    ("Kling25TurboPro", "aspect_ratio", RATIOS),
    ("Kling25TurboPro", "duration", ["5", "10"]),
]
NEIGHBOURS = ["21:9", "4:3", "16:9 ", "1:01", "", "15", "05", "5s", 5, 10, 5.0, None, "true", 1, 0]
TENTHS = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.0]
NO_TENTHS = [-0.1, 1.1, 0.25, 0.35, 1.5, 1e-9, "0.5", None, True]


@pytest.mark.parametrize("name", VALID)
def test_a_plain_request_is_allowed(allows, name):
    assert allows(name, VALID[name])


@pytest.mark.parametrize(("name", "field", "limit"), LENGTHS)
@pytest.mark.parametrize("letter", ["a", "字", "😀"])
def test_lengths_are_counted_in_code_points(allows, name, field, limit, letter):
    assert allows(name, {**VALID[name], field: letter * limit})
    assert not allows(name, {**VALID[name], field: letter * (limit + 1)})


@pytest.mark.parametrize(("name", "field", "choices"), CHOICES)
def test_the_choices_and_nothing_near_them(allows, name, field, choices):
    assert all(allows(name, {**VALID[name], field: choice}) for choice in choices)
    near = [value for value in [*NEIGHBOURS, True, False] if not is_one_of(value, choices)]
    assert [value for value in near if allows(name, {**VALID[name], field: value})] == []


def is_one_of(value, choices):
    return any(value == choice and type(value) is type(choice) for choice in choices)


@pytest.mark.parametrize("name", ["Kling21Pro", "Kling25TurboPro"])
def test_cfg_scale_goes_from_0_to_1_in_tenths(allows, name):
    def judged(values):
        return [value for value in values if allows(name, {**VALID[name], "cfg_scale": value})]

    assert judged(TENTHS) == TENTHS
    assert judged(NO_TENTHS) == []


@pytest.mark.parametrize("name", VALID)
def test_required_fields(kie, name):
    assert set(kie["components"]["schemas"][name]["required"]) == REQUIRED[name]


@pytest.mark.parametrize("name", VALID)
def test_defaults_and_never_one_for_the_prompt(kie, name):
    """The prompt printed as default in 000 would be sent unasked, and billed."""
    fields = kie["components"]["schemas"][name]["properties"]
    assert DEFAULTS[name] == {field: schema["default"] for field, schema in fields.items() if "default" in schema}


@pytest.mark.parametrize("name", VALID)
def test_inputs_are_closed(allows, name):
    assert not allows(name, {**VALID[name], "seed": 1})


@pytest.mark.parametrize("field", ["image_url", "tail_image_url"])
def test_image_addresses_may_be_any_string_and_the_last_one_empty(allows, field):
    """002's own sample sends an empty one for none."""
    assert allows("Kling21Pro", {**VALID["Kling21Pro"], field: ""})
    assert not allows("Kling21Pro", {**VALID["Kling21Pro"], field: None})


@pytest.mark.parametrize("name", MODELS)
def test_a_body_takes_its_own_model_and_input_alone(allows, name):
    body = {"model": MODELS[name], "input": VALID[name.removeprefix("Create")]}
    others = [model for model in MODELS.values() if model != body["model"]]

    assert allows(name, body)
    assert allows(name, {**body, "callBackUrl": "https://studio.example/done"})
    assert not any(allows(name, {**body, "model": model}) for model in [*others, "kling", None])
    assert not allows(name, {**body, "callBackUrl": None})
    assert not allows(name, {**body, "webhook": "https://studio.example/done"})
    assert not allows(name, {"input": body["input"]})
    assert not allows(name, {"model": body["model"]})


def test_one_input_is_not_taken_for_another(allows):
    crossed = {"model": MODELS["CreateKling26TextToVideo"], "input": VALID["Kling21Pro"]}
    assert not any(allows(name, crossed) for name in MODELS)


def test_createtask_takes_exactly_the_three_bodies(kie):
    schema = kie["paths"][CREATE]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert schema == {"oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in MODELS]}


@pytest.mark.parametrize(("path", "method"), [(CREATE, "post"), (QUERY, "get")])
def test_every_code_is_a_status_and_a_code(kie, path, method):
    responses = kie["paths"][path][method]["responses"]
    assert {int(status) for status in responses} == CODES
    assert set(kie["components"]["schemas"]["ResponseCode"]["enum"]) == CODES


def test_the_documented_states(kie):
    assert kie["components"]["schemas"]["TaskState"]["enum"] == ["waiting", "success", "fail"]


@pytest.mark.parametrize("state", ["waiting", "success", "fail", "generating", "newer", "", None])
def test_states_are_open(allows, state):
    assert allows("RecordInfo", {"state": state})


@pytest.mark.parametrize(
    "answer",
    [
        {"code": 200, "msg": "success", "data": {"taskId": "t"}},
        {"code": 402, "msg": "no", "data": None},
        {"code": 402, "message": "no"},
        {"code": 499, "msg": None, "data": {}},
    ],
)
@pytest.mark.parametrize("name", ["CreateTaskResponse", "RecordInfoResponse", "ErrorResponse", "TaskCallback"])
def test_an_error_inside_http_200_is_allowed(allows, name, answer):
    assert allows(name, answer)


@pytest.mark.parametrize("answer", [{}, {"code": "200"}, {"code": None}, {"code": True}, [], None])
@pytest.mark.parametrize("name", ["CreateTaskResponse", "RecordInfoResponse", "ErrorResponse", "TaskCallback"])
def test_an_answer_without_a_code_is_not(allows, name, answer):
    assert not allows(name, answer)


def test_json_in_strings_says_what_it_holds(kie):
    fields = kie["components"]["schemas"]["RecordInfo"]["properties"]
    for field, schema in {"param": "TaskParam", "resultJson": "TaskResult"}.items():
        assert fields[field]["contentMediaType"] == "application/json"
        assert fields[field]["contentSchema"] == {"$ref": f"#/components/schemas/{schema}"}


def test_the_callback_is_the_named_component(kie):
    callback = kie["paths"][CREATE]["post"]["callbacks"]["taskEnded"]
    body = callback["{$request.body#/callBackUrl}"]["post"]["requestBody"]
    assert body["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/TaskCallback"}


def test_a_created_task_leads_to_its_record(kie):
    link = kie["paths"][CREATE]["post"]["responses"]["200"]["links"]["recordInfo"]
    assert link == {
        "operationId": "getRecordInfo",
        "parameters": {"taskId": "$response.body#/data/taskId"},
    }
