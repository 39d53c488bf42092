"""The operations of every API: their addresses, codes, states, callbacks and links."""

import pytest

from contract_tests.specs.documented import APIS

pytestmark = pytest.mark.parametrize("it", APIS, ids=str)

STATE = {
    "kie": ("RecordInfo", "state"),
    "native": ("TaskAnswer", "task_status"),
    "relay": ("TaskAnswer", "task_status"),
}
ENVELOPES = {
    "kie": ["CreateTaskResponse", "RecordInfoResponse", "ErrorResponse", "TaskCallback"],
    "native": ["TaskEnvelope", "ErrorResponse"],
    "relay": ["Text2VideoResponse", "ErrorResponse"],
}


def creation(specs, it):
    return specs[it.name]["paths"][it.create[0]]["post"]


def test_the_two_addresses(specs, it):
    paths = specs[it.name]["paths"]
    addresses = {(path, method): item[method]["operationId"] for path, item in paths.items() for method in item}
    assert addresses == {(it.create[0], "post"): it.create[1], (it.query[0], "get"): it.query[1]}


def test_creating_takes_exactly_these_bodies(specs, it):
    body = creation(specs, it)["requestBody"]
    assert body["required"] is True
    assert body["content"]["application/json"]["schema"] == it.body


def test_every_status_is_declared_for_both(specs, it):
    paths = specs[it.name]["paths"]
    for operation in (paths[it.create[0]]["post"], paths[it.query[0]]["get"]):
        assert {int(status) for status in operation["responses"]} == it.statuses


def test_every_known_code_is_named(specs, it):
    assert set(specs[it.name]["components"]["schemas"]["ResponseCode"]["enum"]) == it.codes


def test_the_documented_states_are_named_where_they_stand(specs, it):
    schemas = specs[it.name]["components"]["schemas"]
    name, words = it.states
    holder, field = STATE[it.name]
    assert schemas[name]["enum"] == words
    assert schemas[holder]["properties"][field]["anyOf"][0] == {"$ref": f"#/components/schemas/{name}"}


def test_known_codes_are_named_wherever_a_code_stands(specs, it):
    for name in ENVELOPES[it.name]:
        code = specs[it.name]["components"]["schemas"][name]["properties"]["code"]
        assert code["anyOf"] == [{"$ref": "#/components/schemas/ResponseCode"}, {"type": "integer"}]


@pytest.mark.parametrize("word", ["submitted", "completed", "success", "fail", "newer", "", None])
def test_states_are_open(allows, it, word):
    name, field = STATE[it.name]
    assert allows(it.name, name, {"task_id": "t", field: word})


@pytest.mark.parametrize(
    "answer",
    [
        {"code": 429, "msg": "no", "message": "no", "data": None},
        {"code": 429},
        {"code": 99999, "msg": None, "message": None, "request_id": None, "data": {}},
    ],
)
def test_an_error_may_leave_out_all_but_its_code(allows, it, answer):
    assert [name for name in ENVELOPES[it.name] if not allows(it.name, name, answer)] == []


@pytest.mark.parametrize("answer", [{}, {"code": "200"}, {"code": None}, {"code": True}, [], None])
def test_an_envelope_without_a_code_is_none(allows, it, answer):
    assert [name for name in ENVELOPES[it.name] if allows(it.name, name, answer)] == []


def test_the_callback_is_the_named_component(specs, it):
    name, address = it.callback
    body = creation(specs, it)["callbacks"][name][address]["post"]["requestBody"]
    assert body["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/TaskCallback"}


def test_a_created_task_leads_to_its_query(specs, it):
    (link,) = creation(specs, it)["responses"]["200"]["links"].values()
    assert link == {"operationId": it.query[1], "parameters": it.link}
