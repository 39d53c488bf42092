"""The catalogue of models: every typed and every known one, with the options of its requests as the specs have them."""

import re
from datetime import date
from typing import Any

import pytest

import klingkit
from klingkit import InvalidRequest, Model, Option, find_model, kie, models, native
from scripts.checks.boundaries import ordinary
from scripts.facts.sheets import sheets
from scripts.specs.files import apis, load
from scripts.specs.models import models as described
from scripts.specs.spec import resolved

TYPED = [model for model in models() if model.request]


def found(name: str, api: str = "kie") -> Model:
    """Return one model."""
    (model,) = (it for it in models(api) if it.name == name)
    return model


def option(model: Model, name: str) -> Option:
    """Return one of its options."""
    (it,) = (option for option in model.options if option.name == name)
    return it


def test_every_documented_model_is_listed_with_its_document_and_class():
    documented = {(sheet.api, name, sheet.document) for sheet in sheets() for name in sheet.models}
    assert {(it.api, it.name, it.document) for it in TYPED} == documented
    classes = {(api, it.name): it.request for api in apis() for it in described(load(api))}
    assert {(it.api, it.name): it.request.__name__ for it in TYPED if it.request} == classes
    assert all(getattr(getattr(klingkit, it.api), it.request.__name__) is it.request for it in TYPED if it.request)


def test_one_api_can_be_listed_and_no_other():
    assert {it.api for it in models("relay")} == {"relay"}
    with pytest.raises(InvalidRequest, match=r"api: one of kie, native, .*, not 'sora'"):
        models("sora")


def test_a_model_is_found_by_its_id():
    assert find_model("kling-3.0/video") is found("kling-3.0/video")
    assert [find_model("kling-v1-6", api).api for api in (None, "native", "relay")] == ["native", "native", "relay"]


@pytest.mark.parametrize(
    ("name", "api", "words"),
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
def test_an_unknown_id_is_an_error_that_names_what_to_use(name: str, api: str | None, words: str):
    with pytest.raises(InvalidRequest, match=re.escape(words)) as caught:
        find_model(name, api)
    assert (caught.value.field, caught.value.value) == ("model", name)


def schemas(api: str, node: dict[str, Any], prefix: str = "") -> dict[str, dict[str, Any]]:
    """Return path -> schema of each plain field and of each list, within a request."""
    spec, fields = load(api), dict[str, dict[str, Any]]()
    for name, it in node["properties"].items():
        whole = resolved(spec, it)
        items = resolved(spec, whole.get("items", {}))
        if "properties" in whole:
            fields |= schemas(api, whole, f"{prefix}{name}.")
        else:
            fields[prefix + name] = whole
            fields |= schemas(api, items, f"{prefix}{name}[].") if "properties" in items else {}
    return fields


@pytest.mark.parametrize("model", TYPED, ids=lambda model: f"{model.api}-{model.name}")
def test_the_options_are_the_fields_of_the_schema(model: Model):
    schema = load(model.api)["components"]["schemas"][getattr(model.request, "__name__", "")]
    fields = schemas(model.api, schema)
    fields.pop("model_name", None)
    assert [it.name for it in model.options] == [*fields]
    for it in model.options:
        field = fields[it.name]
        assert it.type == field.get("type", "string")  # of the one that is open, too
        assert it.default == field.get("default")
        assert it.description
        assert it.source
        for limit in ("maxLength", "minimum", "maximum", "multipleOf", "minItems", "maxItems"):
            assert it.limits.get(limit) == field.get(limit)
        assert it.max_bytes == field.get("x-max-bytes")
        assert list(it.media_types) == field.get("x-media-types", [])
        assert (it.items is not None) == (it.type == "array" and f"{it.name}[]." not in str([*fields]))
    assert {it.name for it in model.options if it.required and "." not in it.name} == {
        name for name in schema.get("required", ()) if name in fields
    }


def test_choices_have_their_order_and_say_whether_others_will_do():
    assert option(found("kling-2.6/text-to-video"), "aspect_ratio").choices == ("1:1", "16:9", "9:16")
    camera = option(found("kling-v1-6", "native"), "camera_control.type")
    assert (camera.choices, camera.is_open) == (("zoom", "pan", "tilt"), True)
    assert not option(found("kling-3.0/video"), "mode").is_open


def test_lists_have_their_items():
    images = option(found("kling-2.6/image-to-video"), "image_urls")
    assert images.items
    assert (images.type, images.items.type, images.items.limits) == ("array", "string", {"format": "uri"})
    shot = option(found("kling-3.0/video"), "multi_prompt[].prompt")
    assert shot.required
    assert option(found("kling-3.0/video"), "multi_prompt").items is None


def test_rules_between_options_are_in_words():
    rules = found("kling-3.0/video").rules
    assert "`kling_elements`: `end_time` - `start_time` is 3000 to 8000; left out, they are 8000 and 0." in rules
    assert any("add up to `duration`" in rule for rule in rules)


def test_a_sum_is_in_words(monkeypatch: pytest.MonkeyPatch):
    spec: dict[str, Any] = {"components": {"schemas": {}}}
    from klingkit import _catalogue  # noqa: PLC0415 - the private end that words a rule

    (rule,) = _catalogue._rules(spec, {"x-rules": [{"sum": "shots.seconds", "equals": "duration"}]})
    assert rule == "`shots.seconds` adds up to `duration`."


def test_retired_models_have_their_day():
    assert {it.name: it.retired for it in models("relay")} == {
        **dict.fromkeys(("kling-v1", "kling-v1-5", "kling-v1-6"), date(2026, 9, 15)),
        "kling-v2-5-turbo": None,
    }
    assert all(it.retired for it in models("native"))
    assert not any(it.retired for it in models("kie"))


def test_models_without_a_page_are_known_and_not_typed():
    untyped = [it for it in models() if it.request is None]
    assert [it.name for it in untyped] == [
        f"kling-3.0-omni/{kind}" for kind in ("text-to-video", "image-to-video", "reference-to-video", "transformation")
    ]
    assert all(it.description and not it.options for it in untyped)


def test_a_request_can_be_made_of_what_the_catalogue_says():
    model = found("kling-2.6/text-to-video")
    values = {it.name: it.choices[0] if it.choices else it.default for it in model.options if it.name != "prompt"}
    assert model.request
    assert model.request(prompt="a cat", **values) == kie.Kling26TextToVideo(
        prompt="a cat", sound=False, aspect_ratio="1:1", duration="5"
    )
    assert found("kling-v1-6", "native").request is native.Text2Video
    assert ordinary(load("kie"), load("kie")["components"]["schemas"]["Kling26TextToVideo"]).keys() <= {
        it.name for it in model.options
    }
