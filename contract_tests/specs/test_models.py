"""Tests of the models that specs offer, and of a sample request for each."""

import pytest

from scripts.facts.sheets import sheets
from scripts.specs.files import apis, load
from scripts.specs.models import Model, envelopes, example, models, sample
from scripts.specs.spec import paid_operation, validator

SPECS = {api: load(api) for api in apis()}
API_AND_MODEL = [(api, model) for api, spec in SPECS.items() for model in models(spec)]


@pytest.mark.parametrize("sheet", [sheet for sheet in sheets() if sheet.models], ids=lambda sheet: sheet.document)
def test_every_documented_model_is_one_of_the_spec(sheet):
    number_by_document = {name: number for number, name in SPECS[sheet.api]["info"]["x-documents"].items()}
    models_of_document = {
        model.name for model in models(SPECS[sheet.api]) if model.document == number_by_document[sheet.document]
    }
    assert models_of_document == {*sheet.models}


@pytest.mark.parametrize(("api", "model"), API_AND_MODEL, ids=str)
def test_a_sample_is_a_request_that_the_spec_allows(api, model):
    schema = SPECS[api]["components"]["schemas"][model.request]
    request = sample(SPECS[api], model)
    validator(SPECS[api], schema).validate(request)
    assert request.get("model_name", model.name) == model.name


def test_a_sample_is_the_example_in_the_spec_where_there_is_one():
    content = paid_operation(SPECS["kie"]).node["requestBody"]["content"]["application/json"]
    bodies = [example["value"] for example in content["examples"].values()]
    inputs = {
        body["model"]: body["input"] for body in reversed(bodies)
    }  # reversed, so that a model's first example counts
    assert {model.name: sample(SPECS["kie"], model) for model in models(SPECS["kie"])} == inputs


def test_without_an_example_a_sample_has_the_required_fields():
    required = SPECS["native"]["components"]["schemas"]["Text2Video"]["required"]
    assert sample(SPECS["native"], Model("kling-v2-1", "Text2Video", "001")).keys() == {*required}


def test_only_kie_has_envelopes_that_name_the_model():
    assert [api for api, spec in SPECS.items() if envelopes(spec)] == ["kie"]


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "examples": ["a cat", "a dog"], "default": "a bird"}, "a cat"),
        ({"type": "string", "enum": ["5", "10"], "default": "10"}, "5"),
        ({"type": "number", "minimum": 2}, 2),
        ({"type": "integer", "default": 7}, 7),
        ({"const": "x"}, "x"),
        ({"type": "boolean"}, False),
        ({"type": "array", "items": {"type": "string", "examples": ["u"]}, "minItems": 1}, ["u"]),
        ({"anyOf": [{"type": "string", "enum": ["zoom"]}, {"type": "string"}]}, "zoom"),
        ({"type": "object", "properties": {"a": {"type": "integer"}, "b": {"const": 1}}}, {"a": 0, "b": 1}),
        ({"$ref": "#/components/schemas/Axis"}, 3),
    ],
)
def test_a_schema_gives_an_example(schema, value):
    spec = {"components": {"schemas": {"Axis": {"type": "integer", "examples": [3]}}}}
    assert example(spec, schema) == value
