"""Tests of the option `accept_models`: models that no document names are accepted unchecked."""

from typing import Any

import pytest

from contract_tests.emulator.dialects import OfficialNative, OfficialRelay
from contract_tests.emulator.kit import ApiClass, Kie, Native, Relay
from klingkit.emulator import read_label

KLING_APIS: tuple[ApiClass, ...] = (Native, Relay, OfficialNative, OfficialRelay)
UNKNOWN_MODELS = [(Kie, "kling-9/video"), *((api_class, "kling-v9") for api_class in KLING_APIS)]
UNUSUAL_FIELDS: list[dict[str, Any]] = [
    {},
    {"prompt": 5, "duration": {"a": 1}, "aspect_ratio": ["21:9"], "sound": "loud", "watermark_info": "yes"},
    {"duration": 15, "aspect_ratio": "3:4", "sound": True, "mode": "4K", "camera_control": {"type": "orbit"}},
    {"prompt": "x" * 9_000, "multi_prompt": [{"prompt": "a", "duration": 3}], "duration": "9" * 90, "mode": 7},
]


def request(api_class: ApiClass, model: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {"model": model, "input": fields} if api_class is Kie else {"model_name": model, **fields}


@pytest.mark.parametrize(("api_class", "model"), UNKNOWN_MODELS)
@pytest.mark.parametrize("fields", UNUSUAL_FIELDS)
def test_an_unknown_model_may_have_any_fields(api_class: ApiClass, model: str, fields: dict[str, Any]) -> None:
    api = api_class.on_emulator(accept_models=True)
    task_id = api.create_task(request(api_class, model, fields))
    assert read_label(api.video(task_id).content).model == model
    assert api.states(task_id) == ["succeeded"]


@pytest.mark.parametrize(("api_class", "model"), UNKNOWN_MODELS)
def test_an_unknown_model_is_rejected_without_the_option(api_class: ApiClass, model: str) -> None:
    api = api_class.on_emulator()
    body = request(api_class, model, {"prompt": "a", "mode": "std"})
    assert model in api.message(api.create(body), "model")


@pytest.mark.parametrize("api_class", [Kie, *KLING_APIS])
def test_a_documented_model_is_still_checked(api_class: ApiClass) -> None:
    api = api_class.on_emulator(accept_models=True)
    assert "prompt" in api.message(api.create(api.body(prompt=5)), "value")
    for model in (5, None, ["kling"]):
        invalid = request(api_class, model, {"prompt": "a", "mode": "std"})  # type: ignore[arg-type]  # invalid on purpose
        assert api.create(invalid).json()["code"] not in {0, 200} or model is None


@pytest.mark.parametrize("api_class", [Kie, Native])
def test_a_callback_url_is_still_text(api_class: ApiClass) -> None:
    api = api_class.on_emulator(accept_models=True)
    body = request(api_class, "new", {}) | {api_class.callback: 5}
    assert api_class.callback in api.message(api.create(body), "value")
