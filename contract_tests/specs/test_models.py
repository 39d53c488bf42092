"""The models that specs offer, and a request for each."""

import pytest

from scripts.facts.sheets import sheets
from scripts.specs.files import apis, load
from scripts.specs.models import Model, envelopes, example, models, sample
from scripts.specs.spec import paid_operation, validator

SPECS = {api: load(api) for api in apis()}
EVERY = [(api, model) for api, spec in SPECS.items() for model in models(spec)]


@pytest.mark.parametrize("sheet", [it for it in sheets() if it.models], ids=lambda sheet: sheet.document)
def test_every_documented_model_is_one_of_the_spec(sheet):
    numbers = {name: number for number, name in SPECS[sheet.api]["info"]["x-documents"].items()}
    found = {model.name for model in models(SPECS[sheet.api]) if model.document == numbers[sheet.document]}
    assert found == {*sheet.models}


@pytest.mark.parametrize(("api", "model"), EVERY, ids=str)
def test_a_sample_is_a_request_that_the_spec_allows(api, model):
    schema = SPECS[api]["components"]["schemas"][model.request]
    request = sample(SPECS[api], model)
    validator(SPECS[api], schema).validate(request)
    assert request.get("model_name", model.name) == model.name


def test_a_sample_is_the_specs_own_example_where_there_is_one():
    content = paid_operation(SPECS["kie"]).node["requestBody"]["content"]["application/json"]
    bodies = [it["value"] for it in content["examples"].values()]
    inputs = {body["model"]: body["input"] for body in reversed(bodies)}  # of several, a model's first
    assert {model.name: sample(SPECS["kie"], model) for model in models(SPECS["kie"])} == inputs


def test_without_an_example_a_sample_has_what_is_required():
    required = SPECS["native"]["components"]["schemas"]["Text2Video"]["required"]
    assert sample(SPECS["native"], Model("kling-v2-1", "Text2Video", "001")).keys() == {*required}


def test_requests_that_name_their_models_themselves_have_no_envelopes():
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
