"""What the adapters send is what the specs allow: every model with every option, on both wires."""

import json
from importlib.resources import files
from typing import Any

import jsonschema_rs
import pytest

from contract_tests.support.apis import KIE, NATIVE, RELAY
from contract_tests.support.kie import KEY
from contract_tests.support.wishes import Wish, wishes

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


@pytest.mark.parametrize("wish", [wish for wish in wishes() if wish.api == "relay"], ids=str)
def test_the_official_wire_is_what_the_spec_says_of_it(wish: Wish):
    api = RELAY.make(KEY, "http://relay.test", wire="official")
    request = api.submit(wish.request, callback_url=CALLBACK, external_task_id="order-7")
    VALIDATORS["relay"].validate(json.loads(request.content))
