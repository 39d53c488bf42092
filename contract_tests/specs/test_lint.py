"""Every rule of the lint finds the slip that it is there for, says where it is, and is silent about what is right."""

import copy

import pytest

from contract_tests.specs.mistakes import ALL, GONE, pointer, read, edited_spec
from scripts.specs.lint import rules as lint
from scripts.specs.lint.index import index

INPUT = "CreateKling21Pro.input"


@pytest.mark.parametrize("slip", ALL, ids=str)
def test_a_slip_is_found_where_it_is(slip):
    spec = edited_spec(slip.api, slip.place, slip.value)
    rule = next(rule for rule in lint.RULES if rule.__name__ == slip.rule)

    assert [why for where, why in rule(index(spec)) if where.startswith(slip.found) and slip.said in why]


@pytest.mark.parametrize("slip", ALL[::7], ids=str)
def test_slips_are_told_with_file_and_pointer(slip):
    told = lint.problems(slip.api, edited_spec(slip.api, slip.place, slip.value))
    assert [line for line in told if line.startswith(f"{slip.api}.yaml#{slip.found}") and slip.said in line]


def test_every_rule_has_a_slip_that_it_finds():
    assert {rule.__name__ for rule in lint.RULES} == {slip.rule for slip in ALL}


@pytest.mark.parametrize(
    ("place", "ref", "said"),
    [
        (INPUT, "#/components/schemas/Kling21", "to nothing"),
        (INPUT, "#/components/responses/NotFound", "to no components/schemas"),
        (INPUT, "common.yaml#/Input", "out of the spec"),
        (INPUT, 5, "out of the spec"),
        ("POST/responses/404", "#/components/responses/Gone", "to nothing"),
        ("POST/responses/404", "#/components/schemas/ErrorResponse", "to no components/responses"),
        ("GET/parameters/0", "#/components/schemas/TaskState", "to no components/parameters"),
        ("POST/requestBody", "#/components/schemas/TaskState", "to no components/requestBodies"),
    ],
)
def test_a_reference_that_misleads_is_found(place, ref, said):
    (found,) = lint.problems("kie", edited_spec("kie", place, {"$ref": ref}))
    assert found == f"kie.yaml#{pointer(place)}: $ref {ref!r} leads {said}"


def test_a_reference_in_a_circle_is_found():
    state, code = "#/components/schemas/TaskState", "#/components/schemas/ResponseCode"
    spec = edited_spec("kie", "TaskState", {"$ref": code})
    spec["components"]["schemas"]["ResponseCode"] = {"$ref": state}

    assert f"kie.yaml{state}: $ref {code!r} leads back to itself" in lint.problems("kie", spec)


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("/openapi", "3.0.3", "kie.yaml#/openapi: '3.0.3' is not 3.1"),
        ("/openapi", GONE, "kie.yaml#/openapi: 'None' is not 3.1"),
        ("/info/version", GONE, 'kie.yaml#/info: is not OpenAPI: "version" is a required property'),
        ("POST/responses/200/description", GONE, '"description" is a required property'),
        ("Kling21Pro.prompt/type", "text", "is not OpenAPI"),
    ],
)
def test_what_is_not_openapi_is_found(place, value, said):
    assert said in "\n".join(lint.validity("kie", edited_spec("kie", place, value)))


@pytest.mark.parametrize(
    ("place", "value"),
    [("/info", GONE), ("Kling21Pro/properties", ["prompt"]), ("POST/responses", None), ("/paths", [])],
)
def test_what_no_rule_can_read_is_not_openapi(place, value):
    assert "is not OpenAPI" in "\n".join(lint.problems("kie", edited_spec("kie", place, value)))


def test_fields_may_be_called_what_they_like():
    """Names that are keywords elsewhere are no slips."""
    names = ["title", "default", "examples", "$ref", "enum", "x-source", "security", "schema", "value", "properties"]
    spec = copy.deepcopy(read("kie"))
    for name in names:
        field = {"type": ["string", "null"], "x-source": "field: callback-acknowledged"}
        spec["components"]["schemas"]["RecordInfo"]["properties"][name] = field

    assert lint.problems("kie", spec) == []


@pytest.mark.parametrize("name", ["default", "examples", "properties", "responses"])
def test_slips_in_fields_named_as_keywords_are_found(name):
    spec = copy.deepcopy(read("kie"))
    spec["components"]["schemas"]["RecordInfo"]["properties"][name] = {"type": "string", "x-source": "somewhere"}

    here = f"kie.yaml#/components/schemas/RecordInfo/properties/{name}"
    assert [line for line in lint.problems("kie", spec) if line.startswith(here)] == [
        f"{here}: x-source 'somewhere' is neither `field: <id>` nor `<document>: <place>`",
        f"{here}: may be absent from an answer, but not null",
    ]


def test_an_allof_of_one_may_carry_a_default():
    """A default beside `$ref` would be lost."""
    rule = {
        "allOf": [{"$ref": "#/components/schemas/Seconds"}],
        "default": "5",
        "x-source": "field: callback-acknowledged",
    }
    spec = edited_spec("kie", "Kling21Pro.duration", rule)
    spec["components"]["schemas"]["Seconds"] = {
        "type": "string",
        "enum": ["5", "10"],
        "x-source": "field: official-duration",
    }

    assert lint.problems("kie", spec) == []


def test_a_response_may_be_the_default_one():
    spec = copy.deepcopy(read("kie"))
    answers = spec["paths"]["/api/v1/jobs/recordInfo"]["get"]["responses"]
    answers["default"] = {"$ref": "#/components/responses/ServerError"}
    assert lint.problems("kie", spec) == []

    answers["default"] = {"description": "Anything else."}
    here = f"kie.yaml#{pointer('GET/responses/default')}"
    assert lint.problems("kie", spec) == [f"{here}: has no x-source", f"{here}: has no schema"]
