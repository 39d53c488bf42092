"""What documents 000, 002 and 003 alone have: a body around each input, and JSON in strings."""

import pytest

from contract_tests.specs.documented import REQUESTS

VALID = {it.name: it.least for it in REQUESTS if it.api == "kie"}
MODELS = {
    "CreateKling26TextToVideo": "kling-2.6/text-to-video",
    "CreateKling21Pro": "kling/v2-1-pro",
    "CreateKling25TurboPro": "kling/v2-5-turbo-text-to-video-pro",
}


@pytest.mark.parametrize("field", ["image_url", "tail_image_url"])
def test_image_addresses_may_be_any_string_and_the_last_one_empty(allows, field):
    """002's own sample sends an empty one for none."""
    assert allows("kie", "Kling21Pro", {**VALID["Kling21Pro"], field: ""})
    assert not allows("kie", "Kling21Pro", {**VALID["Kling21Pro"], field: None})


@pytest.mark.parametrize("name", MODELS)
def test_a_body_takes_its_own_model_and_input_alone(allows, name):
    body = {"model": MODELS[name], "input": VALID[name.removeprefix("Create")]}
    others = [model for model in MODELS.values() if model != body["model"]]

    assert allows("kie", name, body)
    assert allows("kie", name, {**body, "callBackUrl": "https://studio.example/done"})
    assert not any(allows("kie", name, {**body, "model": model}) for model in [*others, "kling", None])
    assert not allows("kie", name, {**body, "callBackUrl": None})
    assert not allows("kie", name, {**body, "webhook": "https://studio.example/done"})
    assert not allows("kie", name, {"input": body["input"]})
    assert not allows("kie", name, {"model": body["model"]})


def test_one_input_is_not_taken_for_another(allows):
    crossed = {"model": MODELS["CreateKling26TextToVideo"], "input": VALID["Kling21Pro"]}
    assert not any(allows("kie", name, crossed) for name in MODELS)


def test_json_in_strings_says_what_it_holds(specs):
    fields = specs["kie"]["components"]["schemas"]["RecordInfo"]["properties"]
    for field, schema in {"param": "TaskParam", "resultJson": "TaskResult"}.items():
        assert fields[field]["contentMediaType"] == "application/json"
        assert fields[field]["contentSchema"] == {"$ref": f"#/components/schemas/{schema}"}
