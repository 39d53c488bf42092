"""Models that no document names, accepted unchecked."""

from typing import Any

import pytest

from contract_tests.emulator.dialects import OfficialNative, OfficialRelay
from contract_tests.emulator.kit import Kie, Kind, Native, Relay
from klingkit.emulator import read_label

KLING: tuple[Kind, ...] = (Native, Relay, OfficialNative, OfficialRelay)
EACH = [(Kie, "kling-9/video"), *((kind, "kling-v9") for kind in KLING)]
ODD: list[dict[str, Any]] = [
    {},
    {"prompt": 5, "duration": {"a": 1}, "aspect_ratio": ["21:9"], "sound": "loud", "watermark_info": "yes"},
    {"duration": 15, "aspect_ratio": "3:4", "sound": True, "mode": "4K", "camera_control": {"type": "orbit"}},
    {"prompt": "x" * 9_000, "multi_prompt": [{"prompt": "a", "duration": 3}], "duration": "9" * 90, "mode": 7},
]


def request(kind: Kind, model: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {"model": model, "input": fields} if kind is Kie else {"model_name": model, **fields}


@pytest.mark.parametrize(("kind", "model"), EACH)
@pytest.mark.parametrize("fields", ODD)
def test_an_unknown_model_may_have_any_fields(kind: Kind, model: str, fields: dict[str, Any]) -> None:
    api = kind.on(accept_models=True)
    task_id = api.make(request(kind, model, fields))
    assert read_label(api.video(task_id).content).model == model
    assert api.states(task_id) == ["succeeded"]


@pytest.mark.parametrize(("kind", "model"), EACH)
def test_it_is_rejected_without_the_option(kind: Kind, model: str) -> None:
    api = kind.on()
    body = request(kind, model, {"prompt": "a", "mode": "std"})
    assert model in api.message(api.create(body), "model")


@pytest.mark.parametrize("kind", [Kie, *KLING])
def test_what_a_document_names_is_still_checked(kind: Kind) -> None:
    api = kind.on(accept_models=True)
    assert "prompt" in api.message(api.create(api.body(prompt=5)), "value")
    for model in (5, None, ["kling"]):
        odd = request(kind, model, {"prompt": "a", "mode": "std"})  # type: ignore[arg-type]  # a wrong one, on purpose
        assert api.create(odd).json()["code"] not in {0, 200} or model is None


@pytest.mark.parametrize("kind", [Kie, Native])
def test_a_callback_url_is_still_text(kind: Kind) -> None:
    api = kind.on(accept_models=True)
    body = request(kind, "new", {}) | {kind.callback: 5}
    assert kind.callback in api.message(api.create(body), "value")
