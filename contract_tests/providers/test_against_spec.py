"""What the adapters send is what the specs allow: every model with every option, on both wires."""

import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import jsonschema_rs
import pytest
from attrs import evolve

from contract_tests.support.apis import KIE, NATIVE, RELAY
from contract_tests.support.kie import KEY
from contract_tests.support.wishes import AXES, Wish, wishes
from klingkit import native, relay
from klingkit.providers._official import CAMERA_MOVES
from klingkit_api.native.types import UNSET

SPEECHES = {speech.name: speech for speech in (KIE, NATIVE, RELAY)}
CALLBACK = "https://studio.example/done"


def validator(api: str) -> jsonschema_rs.Draft202012Validator:
    """Judge by the request body of the one operation that costs money."""
    spec: dict[str, Any] = json.loads((files(f"klingkit_api.{api}") / "openapi.json").read_text("utf-8"))
    (paid,) = (path["post"] for path in spec["paths"].values() if "post" in path)
    schema = paid["requestBody"]["content"]["application/json"]["schema"]
    return jsonschema_rs.Draft202012Validator({**schema, "components": spec["components"]}, validate_formats=True)


VALIDATORS = {name: validator(name) for name in SPEECHES}


def test_the_validators_refuse_what_no_spec_allows():
    for check in VALIDATORS.values():
        assert not check.is_valid({"prompt": 5})


@pytest.mark.parametrize("wish", [*wishes()], ids=str)
def test_a_typed_request_is_what_its_document_says(wish: Wish):
    request = SPEECHES[wish.api].api.submit(wish.request, callback_url=CALLBACK)
    VALIDATORS[wish.api].validate(json.loads(request.content))


def official(api: str, request: Any) -> Any:
    """Write a typed request in the official forms."""
    adapter = SPEECHES[api].make(KEY, f"http://{api}.test", wire="official")
    sent = adapter.submit(request, callback_url=CALLBACK, external_task_id="order-7")
    return json.loads(sent.content)


@pytest.mark.parametrize("wish", [wish for wish in wishes() if wish.api in {"native", "relay"}], ids=str)
def test_the_official_wire_is_what_the_spec_says_of_it(wish: Wish):
    request = evolve(wish.request, camera_control=UNSET) if wish.api == "native" else wish.request
    VALIDATORS[wish.api].validate(official(wish.api, request))


def of_native(move: str) -> Any:
    camera = native.Camera(type=move, config=native.CameraConfig(value=5))
    return native.Text2Video(model_name="kling-v1-6", mode="std", prompt="a cat", camera_control=camera)


def of_relay(move: str) -> Any:
    camera = relay.Camera(type=move, config=relay.CameraConfig(**AXES))
    return relay.Text2Video(model_name="kling-v1-6", prompt="a cat", camera_control=camera)


@pytest.mark.parametrize(("api", "make"), [("native", of_native), ("relay", of_relay)])
@pytest.mark.parametrize("move", sorted(CAMERA_MOVES))
def test_the_official_movements_are_what_the_specs_say_of_them(api: str, make: Callable[[str], Any], move: str):
    body = official(api, make(move))
    VALIDATORS[api].validate(body)
    assert body["camera_control"].keys() == ({"type", "config"} if move == "simple" else {"type"})
