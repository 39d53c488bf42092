"""Tests that each rule of the lint reports its mistakes with their place, and reports nothing in a correct spec."""

import pytest

from contract_tests.specs.mistakes import ALL_MISTAKES, REMOVED, edited_spec, pointer
from scripts.specs.files import load
from scripts.specs.lint import rules as lint
from scripts.specs.lint.index import index

INPUT_FIELD = "CreateKling21Pro.input"


@pytest.mark.parametrize("mistake", ALL_MISTAKES, ids=str)
def test_mistake_is_reported_at_its_place(mistake):
    spec = edited_spec(mistake.api, mistake.place, mistake.value)
    rule = next(rule for rule in lint.RULES if rule.__name__ == mistake.rule)

    assert [
        sentence
        for reported_pointer, sentence in rule(index(spec))
        if reported_pointer.startswith(mistake.reported_at) and mistake.message in sentence
    ]


@pytest.mark.parametrize("mistake", ALL_MISTAKES[::7], ids=str)
def test_report_has_file_pointer_and_sentence(mistake):
    reported = lint.problems(mistake.api, edited_spec(mistake.api, mistake.place, mistake.value))
    assert [
        line
        for line in reported
        if line.startswith(f"{mistake.api}.yaml#{mistake.reported_at}") and mistake.message in line
    ]


def test_every_rule_has_a_mistake():
    assert {rule.__name__ for rule in lint.RULES} == {mistake.rule for mistake in ALL_MISTAKES}


@pytest.mark.parametrize(
    ("place", "ref", "message"),
    [
        (INPUT_FIELD, "#/components/schemas/Kling21", "to nothing"),
        (INPUT_FIELD, "#/components/responses/NotFound", "to no components/schemas"),
        (INPUT_FIELD, "common.yaml#/Input", "out of the spec"),
        (INPUT_FIELD, 5, "out of the spec"),
        ("POST/responses/404", "#/components/responses/Gone", "to nothing"),
        ("POST/responses/404", "#/components/schemas/ErrorResponse", "to no components/responses"),
        ("GET/parameters/0", "#/components/schemas/TaskState", "to no components/parameters"),
        ("POST/requestBody", "#/components/schemas/TaskState", "to no components/requestBodies"),
    ],
)
def test_reference_to_a_wrong_target_is_found(place, ref, message):
    (reported,) = lint.problems("kie", edited_spec("kie", place, {"$ref": ref}))
    assert reported == f"kie.yaml#{pointer(place)}: $ref {ref!r} leads {message}"


def test_a_reference_in_a_circle_is_found():
    state, code = "#/components/schemas/TaskState", "#/components/schemas/ResponseCode"
    spec = edited_spec("kie", "TaskState", {"$ref": code})
    spec["components"]["schemas"]["ResponseCode"] = {"$ref": state}

    assert f"kie.yaml{state}: $ref {code!r} leads back to itself" in lint.problems("kie", spec)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("/openapi", "3.0.3", "kie.yaml#/openapi: '3.0.3' is not 3.1"),
        ("/openapi", REMOVED, "kie.yaml#/openapi: 'None' is not 3.1"),
        ("/info/version", REMOVED, 'kie.yaml#/info: is not OpenAPI: "version" is a required property'),
        ("POST/responses/200/description", REMOVED, '"description" is a required property'),
        ("Kling21Pro.prompt/type", "text", "is not OpenAPI"),
    ],
)
def test_violation_of_openapi_is_found(place, value, message):
    assert message in "\n".join(lint.validity("kie", edited_spec("kie", place, value)))


@pytest.mark.parametrize(
    ("place", "value"),
    [("/info", REMOVED), ("Kling21Pro/properties", ["prompt"]), ("POST/responses", None), ("/paths", [])],
)
def test_spec_that_no_rule_can_read_is_reported_as_not_openapi(place, value):
    assert "is not OpenAPI" in "\n".join(lint.problems("kie", edited_spec("kie", place, value)))


def test_fields_may_have_the_names_of_keywords():
    """A field may be called like a keyword of OpenAPI."""
    names = ["title", "default", "examples", "$ref", "enum", "x-source", "security", "schema", "value", "properties"]
    spec = load("kie")
    for name in names:
        field = {"type": ["string", "null"], "x-source": "field: callback-acknowledged"}
        spec["components"]["schemas"]["RecordInfo"]["properties"][name] = field

    assert lint.problems("kie", spec) == []


@pytest.mark.parametrize("name", ["default", "examples", "properties", "responses"])
def test_mistakes_in_fields_named_like_keywords_are_found(name):
    spec = load("kie")
    spec["components"]["schemas"]["RecordInfo"]["properties"][name] = {"type": "string", "x-source": "somewhere"}

    place = f"kie.yaml#/components/schemas/RecordInfo/properties/{name}"
    assert [line for line in lint.problems("kie", spec) if line.startswith(place)] == [
        f"{place}: x-source 'somewhere' is neither `field: <id>` nor `<document>: <place>`",
        f"{place}: may be absent from a response, so it must allow null, too",
    ]


def test_an_allof_of_one_may_carry_a_default():
    """An `allOf` is needed, since a default beside `$ref` would be lost."""
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
    spec = load("kie")
    responses = spec["paths"]["/api/v1/jobs/recordInfo"]["get"]["responses"]
    responses["default"] = {"$ref": "#/components/responses/ServerError"}
    assert lint.problems("kie", spec) == []

    responses["default"] = {"description": "Anything else."}
    place = f"kie.yaml#{pointer('GET/responses/default')}"
    assert lint.problems("kie", spec) == [f"{place}: has no x-source", f"{place}: has no schema"]
