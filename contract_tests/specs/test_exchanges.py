"""What goes to and fro beside the fields of requests: hosts, keys, parameters, statuses, media types, callbacks."""

from typing import Any

import jsonschema_rs
import pytest

from contract_tests.specs.documented import APIS

JSON = "application/json"
KEY = "bearerAuth"
HOSTS = {
    "kie": ["https://api.kie.ai"],
    "native": ["https://api-singapore.klingai.com", "https://api-beijing.klingai.com"],
    "relay": ["https://relay.example"],
}
"""The first one is the default; the relay's is not named, and stands for any."""
PARAMETERS = {"kie": ("taskId", "query"), "native": ("task_id", "path"), "relay": ("task_id", "path")}
IDS = ["", "a", "814237883686625347", "任务 1/2?", "task_kling_1", "0" * 5000]

OFFICIAL_MEANINGS = {
    "400": "InvalidRequest",
    "401": "Unauthorized",
    "403": "Forbidden",
    "404": "NotFound",
    "429": "TooManyRequests",
    "500": "ServerError",
    "503": "Unavailable",
    "504": "Timeout",
}
MEANINGS = {
    "kie": {
        "400": "InvalidRequest",
        "401": "Unauthorized",
        "402": "InsufficientBalance",
        "404": "NotFound",
        "422": "InvalidParameters",
        "429": "TooManyRequests",
        "433": "KeyOverLimit",
        "455": "Maintenance",
        "500": "ServerError",
        "501": "GenerationFailed",
        "505": "FeatureDisabled",
    },
    "native": OFFICIAL_MEANINGS,
    "relay": OFFICIAL_MEANINGS,
}

NO_ANSWER: list[Any] = [None, [], "a", 5, {}, {"code": "0"}, {"message": "no"}]
FLAT = {
    "task_id": "t",
    "task_info": {"external_task_id": "mine", "videos": 5, "created_at": "newer"},
    "task_result": {"videos": [{"id": "v", "external_task_id": 5}], "external_task_id": 5},
}
WRONG_FLATS = [
    {"task_id": "t", "task_info": {"external_task_id": 5}},
    {"task_id": "t", "task_result": {"videos": [{"id": 5}]}},
    {"task_id": "t", "task_result": {"videos": [None]}},
]
RECORD = {"code": 200, "data": {"taskId": "t", "createTime": 1}}
WRONG_RECORD = {"code": 200, "data": {"taskId": "t", "createTime": "1"}}
OFFICIAL = [{"code": 0, "data": FLAT}, {"code": 1102}, {"code": 0, "data": {}}]
WRONG_OFFICIAL = [*[{"code": 0, "data": data} for data in WRONG_FLATS], {"code": 0, "data": {"task_id": 5}}, *NO_ANSWER]
ANSWERS: dict[str, tuple[list[Any], list[Any], list[Any], list[Any]]] = {
    "kie": (
        [{"code": 200, "data": {"taskId": "t"}}, WRONG_RECORD],
        [{"code": 200, "data": {"taskId": 5}}, {"code": 200, "data": "t"}, *NO_ANSWER],
        [RECORD, {"code": 422, "data": None}],
        [WRONG_RECORD, {"code": 200, "data": {"param": {}}}, {"code": 200, "data": "t"}, *NO_ANSWER],
    ),
    "native": (
        [FLAT, *OFFICIAL, {**FLAT, "code": 0}],
        [*WRONG_FLATS, *WRONG_OFFICIAL],
        [FLAT, *OFFICIAL, {**FLAT, "code": 0}],
        [*WRONG_FLATS, *WRONG_OFFICIAL],
    ),
    "relay": (OFFICIAL, [FLAT, *WRONG_OFFICIAL], OFFICIAL, [FLAT, *WRONG_OFFICIAL]),
}
"""What createTask may answer and may not; what a query may answer and may not."""
ERRORS: list[Any] = [{"code": 1}, {"code": 1, "message": None, "data": None}]
ERRORS += [{"code": 1, "data": data} for data in NO_ANSWER]
CALLBACKS = {
    "kie": ([RECORD, {"code": 501}], [WRONG_RECORD, {"code": 200, "data": []}, *NO_ANSWER]),
    "native": ([FLAT], [*WRONG_FLATS, {"code": 0, "data": FLAT}, *NO_ANSWER]),
    "relay": ([FLAT], [*WRONG_FLATS, {"code": 0, "data": FLAT}, *NO_ANSWER]),
}

each = pytest.mark.parametrize("it", APIS, ids=str)
both_calls = pytest.mark.parametrize("call", ["create", "query"])


def operation(spec, it, call):
    path, _ = getattr(it, call)
    return spec["paths"][path]["post" if call == "create" else "get"]


def callback(spec, it):
    name, address = it.callback
    (item,) = operation(spec, it, "create")["callbacks"][name].values()
    assert [*operation(spec, it, "create")["callbacks"][name]] == [address]
    return item


def answer(spec, node):
    """What an answer, or a reference to one, holds."""
    kind, _, name = node.get("$ref", "").rpartition("/")
    return spec["components"]["responses"][name] if kind == "#/components/responses" else node


def schema(holder):
    """Of a body that is JSON and nothing else."""
    (media,) = holder["content"].items()
    assert media[0] == JSON
    return media[1]["schema"]


def allowed(spec, schema, values):
    validator = jsonschema_rs.Draft202012Validator({**schema, "components": spec["components"]}, validate_formats=True)
    return [value for value in values if validator.is_valid(value)]


@each
def test_the_hosts(specs, it):
    (server,) = specs[it.name]["servers"]
    host = server.get("variables", {}).get("host")
    named = [host["default"], *(other for other in host.get("enum", ()) if other != host["default"])] if host else []
    assert [server["url"].format(host=name) for name in named or [""]] == HOSTS[it.name]


@each
def test_the_key_is_a_bearer_token_and_always_asked_for(specs, it):
    spec = specs[it.name]
    (scheme,) = spec["components"]["securitySchemes"].values()
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert "security" not in spec
    for call in ("create", "query"):
        assert operation(spec, it, call)["security"] == [{KEY: []}]


def test_headers_that_openapi_does_not_take_as_parameters_are_kept_as_they_were(specs):
    """The document has three, which have other places in a spec."""
    told = operation(specs["relay"], next(it for it in APIS if it.name == "relay"), "create")["x-doc-headers"]
    assert [(header["name"], header["required"], header["type"], header["sample"]) for header in told] == [
        ("Content-Type", True, "string", JSON),
        ("Accept", True, "string", JSON),
        ("Authorization", True, "string", "Bearer {{YOUR_API_KEY}}"),
    ]


@each
def test_a_query_names_the_task_by_one_text(specs, it):
    spec = specs[it.name]
    (parameter,) = operation(spec, it, "query")["parameters"]
    assert (parameter["name"], parameter["in"]) == PARAMETERS[it.name]
    assert parameter["required"] is True
    assert allowed(spec, parameter["schema"], [*IDS, 5, None, True, [], {}]) == IDS


@each
def test_creating_has_no_parameters_and_asking_no_body(specs, it):
    assert not operation(specs[it.name], it, "create").get("parameters")
    assert "requestBody" not in operation(specs[it.name], it, "query")


@each
def test_a_request_is_json(specs, it):
    schema(operation(specs[it.name], it, "create")["requestBody"])


@each
def test_what_answers_a_creation(specs, it):
    right, wrong, _, _ = ANSWERS[it.name]
    spec = specs[it.name]
    told = schema(operation(spec, it, "create")["responses"]["200"])
    assert allowed(spec, told, right) == right
    assert allowed(spec, told, wrong) == []


@each
def test_what_answers_a_query(specs, it):
    _, _, right, wrong = ANSWERS[it.name]
    spec = specs[it.name]
    told = schema(operation(spec, it, "query")["responses"]["200"])
    assert allowed(spec, told, right) == right
    assert allowed(spec, told, wrong) == []


@each
@both_calls
def test_each_status_means_what_the_document_says(specs, it, call):
    listed = operation(specs[it.name], it, call)["responses"]
    meanings = {status: node.get("$ref", "").rpartition("/")[2] for status, node in listed.items() if status != "200"}
    assert meanings == MEANINGS[it.name]


@each
def test_every_error_has_a_code_and_whatever_else(specs, it):
    spec = specs[it.name]
    errors = [schema(spec["components"]["responses"][name]) for name in MEANINGS[it.name].values()]
    for told in {str(error): error for error in errors}.values():
        assert allowed(spec, told, ERRORS) == ERRORS
        assert allowed(spec, told, NO_ANSWER) == []


@each
def test_what_a_callback_brings(specs, it):
    spec = specs[it.name]
    right, wrong = CALLBACKS[it.name]
    (posted,) = callback(spec, it).values()
    told = schema(posted["requestBody"])
    assert allowed(spec, told, right) == right
    assert allowed(spec, told, wrong) == []


@each
def test_a_callback_is_a_post_without_a_key_whose_answer_is_not_read(specs, it):
    item = callback(specs[it.name], it)
    posted = item["post"]
    assert item.keys() == {"post"}
    assert posted["operationId"] == it.callback[0]
    assert posted["security"] == []
    assert posted["requestBody"]["required"] is True
    assert not posted.get("parameters")
    assert posted["responses"].keys() == {"200"}
    assert "content" not in posted["responses"]["200"]
