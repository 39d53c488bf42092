"""Tests that the catalogue has every typed and every known model, with options that equal the fields in the specs."""

import re
from datetime import date
from typing import Any

import pytest

import klingkit
from klingkit import InvalidRequest, Model, Option, find_model, kie, models, native
from scripts.checks.boundaries import ordinary
from scripts.facts.sheets import sheets
from scripts.specs.files import apis, load
from scripts.specs.models import models as models_of_spec
from scripts.specs.spec import resolved

TYPED_MODELS = [model for model in models() if model.request]


def model_named(name: str, api: str = "kie") -> Model:
    """Return one model."""
    (model,) = (model for model in models(api) if model.name == name)
    return model


def option(model: Model, name: str) -> Option:
    """Return one of its options."""
    (found,) = (option for option in model.options if option.name == name)
    return found


def test_every_documented_model_is_listed_with_its_document_and_class():
    documented = {(sheet.api, name, sheet.document) for sheet in sheets() for name in sheet.models}
    assert {(model.api, model.name, model.document) for model in TYPED_MODELS} == documented
    classes = {(api, model.name): model.request for api in apis() for model in models_of_spec(load(api))}
    assert {(model.api, model.name): model.request.__name__ for model in TYPED_MODELS if model.request} == classes
    assert all(
        getattr(getattr(klingkit, model.api), model.request.__name__) is model.request
        for model in TYPED_MODELS
        if model.request
    )


def test_one_api_can_be_listed_and_no_other():
    assert {model.api for model in models("relay")} == {"relay"}
    with pytest.raises(InvalidRequest, match=r"api: one of kie, native, .*, not 'sora'"):
        models("sora")


def test_a_model_is_found_by_its_id():
    assert find_model("kling-3.0/video") is model_named("kling-3.0/video")
    assert [find_model("kling-v1-6", api).api for api in (None, "native", "relay")] == ["native", "native", "relay"]


@pytest.mark.parametrize(
    ("name", "api", "message"),
    [
        ("kling-2.6/text-to-vidoe", None, "perhaps kling-2.6/text-to-video or "),
        ("kling-v2.1-pro", "kie", "perhaps kling/v2-1-pro"),
        (
            "kling-2.6/motion-control",
            "native",
            "a model of native; it is one of klingkit.kie: use Kling26MotionControl",
        ),
        ("?", None, "one that is known; a Job sends any other, not '?'"),
    ],
)
def test_an_unknown_id_is_an_error_that_names_what_to_use(name: str, api: str | None, message: str):
    with pytest.raises(InvalidRequest, match=re.escape(message)) as caught:
        find_model(name, api)
    assert (caught.value.field, caught.value.value) == ("model", name)


def schema_by_path(api: str, node: dict[str, Any], prefix: str = "") -> dict[str, dict[str, Any]]:
    """Return path -> schema of each plain field and of each list, within a request."""
    spec, fields = load(api), dict[str, dict[str, Any]]()
    for name, schema in node["properties"].items():
        field = resolved(spec, schema)
        items = resolved(spec, field.get("items", {}))
        if "properties" in field:
            fields |= schema_by_path(api, field, f"{prefix}{name}.")
        else:
            fields[prefix + name] = field
            fields |= schema_by_path(api, items, f"{prefix}{name}[].") if "properties" in items else {}
    return fields


@pytest.mark.parametrize("model", TYPED_MODELS, ids=lambda model: f"{model.api}-{model.name}")
def test_the_options_are_the_fields_of_the_schema(model: Model):
    schema = load(model.api)["components"]["schemas"][getattr(model.request, "__name__", "")]
    fields = schema_by_path(model.api, schema)
    fields.pop("model_name", None)
    assert [option.name for option in model.options] == [*fields]
    for option in model.options:
        field = fields[option.name]
        assert option.type == field.get("type", "string")  # of the one that is open, too
        assert option.default == field.get("default")
        assert option.description
        assert option.source
        for limit in ("maxLength", "minimum", "maximum", "multipleOf", "minItems", "maxItems"):
            assert option.limits.get(limit) == field.get(limit)
        assert option.max_bytes == field.get("x-max-bytes")
        assert list(option.media_types) == field.get("x-media-types", [])
        assert (option.items is not None) == (option.type == "array" and f"{option.name}[]." not in str([*fields]))
    assert {option.name for option in model.options if option.required and "." not in option.name} == {
        name for name in schema.get("required", ()) if name in fields
    }


def test_choices_keep_their_order_and_say_whether_others_are_allowed():
    assert option(model_named("kling-2.6/text-to-video"), "aspect_ratio").choices == ("1:1", "16:9", "9:16")
    camera = option(model_named("kling-v1-6", "native"), "camera_control.type")
    assert (camera.choices, camera.is_open) == (("zoom", "pan", "tilt"), True)
    assert not option(model_named("kling-3.0/video"), "mode").is_open


def test_lists_have_their_items():
    images = option(model_named("kling-2.6/image-to-video"), "image_urls")
    assert images.items
    assert (images.type, images.items.type, images.items.limits) == ("array", "string", {"format": "uri"})
    shot = option(model_named("kling-3.0/video"), "multi_prompt[].prompt")
    assert shot.required
    assert option(model_named("kling-3.0/video"), "multi_prompt").items is None


def test_rules_between_options_are_sentences():
    rules = model_named("kling-3.0/video").rules
    assert "`kling_elements`: `end_time` - `start_time` is 3000 to 8000; left out, they are 8000 and 0." in rules
    assert any("add up to `duration`" in rule for rule in rules)


def test_a_rule_about_a_sum_is_a_sentence(monkeypatch: pytest.MonkeyPatch):
    spec: dict[str, Any] = {"components": {"schemas": {}}}
    from klingkit import _catalogue  # noqa: PLC0415 - a private function writes the sentences

    (rule,) = _catalogue._rules(spec, {"x-rules": [{"sum": "shots.seconds", "equals": "duration"}]})
    assert rule == "`shots.seconds` adds up to `duration`."


def test_retired_models_have_a_date():
    assert {model.name: model.retired for model in models("relay")} == {
        **dict.fromkeys(("kling-v1", "kling-v1-5", "kling-v1-6"), date(2026, 9, 15)),
        "kling-v2-5-turbo": None,
    }
    assert all(model.retired for model in models("native"))
    assert not any(model.retired for model in models("kie"))


def test_models_without_a_page_are_known_and_not_typed():
    untyped = [model for model in models() if model.request is None]
    assert [model.name for model in untyped] == [
        f"kling-3.0-omni/{kind}" for kind in ("text-to-video", "image-to-video", "reference-to-video", "transformation")
    ]
    assert all(model.description and not model.options for model in untyped)


def test_a_request_can_be_made_of_what_the_catalogue_says():
    model = model_named("kling-2.6/text-to-video")
    values = {
        option.name: option.choices[0] if option.choices else option.default
        for option in model.options
        if option.name != "prompt"
    }
    assert model.request
    assert model.request(prompt="a cat", **values) == kie.Kling26TextToVideo(
        prompt="a cat", sound=False, aspect_ratio="1:1", duration="5"
    )
    assert model_named("kling-v1-6", "native").request is native.Text2Video
    assert ordinary(load("kie"), load("kie")["components"]["schemas"]["Kling26TextToVideo"]).keys() <= {
        option.name for option in model.options
    }
