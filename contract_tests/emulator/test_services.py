"""The APIs in all dialects: states, errors, callbacks, and codes of faults."""

import json
import re
from typing import Any

import pytest

from contract_tests.emulator.dialects import DIALECTS, Official, Wrapped
from contract_tests.emulator.kit import (
    KLING_21,
    KLING_25,
    KLING_26,
    Kie,
    Native,
    Relay,
    every_api,
    receiving,
)
from klingkit.emulator import AfterQueries, AfterSeconds, Fault, read_label
from klingkit.emulator.profiles import PROFILES
from klingkit.providers._adapter import Adapter
from klingkit.providers._registry import ADAPTERS
from klingkit.providers._rejections import WORDS
from klingkit.providers.relay import Relay as RelayClient

Kind = type[Any]


every_dialect = pytest.mark.parametrize("kind", DIALECTS, ids=lambda kind: kind.__name__)


@every_dialect
def test_a_task_goes_through_its_states_to_a_video(kind: Kind) -> None:
    api = kind.on(AfterSeconds(60))
    created = api.create(api.body(prompt="a cat"))
    assert kind.data(created)[api.state] == kind.words["accepted"]
    task_id = api.id_in(created)
    api.emulator.clock.advance(30)
    assert api.record(task_id)[api.state] == kind.words["running"]
    api.emulator.clock.advance(30)
    record = api.record(task_id)
    assert record[api.state] == kind.words["succeeded"]
    label = read_label(api.video(task_id).content)
    assert (label.task_id, label.prompt) == (task_id, "a cat")


@every_dialect
def test_each_error_has_the_code_of_its_dialect(kind: Kind) -> None:
    api = kind.on(keys=["a-key"])
    post, path = api.create_path, api.path_of("x")
    assert api.message(api.ask("GET", path, headers={"Authorization": ""}), "no key")
    assert api.message(api.ask("GET", path, headers={"Authorization": "Basic x"}), "odd key")
    assert api.message(api.ask("GET", path, headers={"Authorization": "Bearer x"}), "unknown key")
    assert api.message(api.send(b"{"), "unreadable")
    assert api.message(api.create(api.body(prompt=5)), "value") == "prompt must be a string, is 5"
    assert "kling-v9" in api.message(api.create(api.body("kling-v9")), "model")
    assert api.message(api.query("x"), "task")
    assert api.message(api.ask("GET", post + "/x/y"), "path")
    assert api.message(api.ask("PUT", post), "method")


@every_dialect
def test_a_callback_has_the_content_of_a_query(kind: Kind) -> None:
    api = kind.on(AfterSeconds(60))
    with receiving() as receiver:
        task_id = api.make(api.calling(receiver.url))
        api.emulator.clock.advance(60)
        api.emulator.wait_idle()
        bodies = [receiver.next().body for _ in range(2)]
    assert [body[api.state] for body in bodies] == [kind.words["running"], kind.words["succeeded"]]
    record = api.record(task_id)
    assert bodies[1] == json.loads(json.dumps(record)) | (
        {"data": bodies[1]["data"]} if kind is Wrapped else {}
    )  # the wrapped response has an id of its own each time
    assert api.url(bodies[1]) == api.url(record)


@every_dialect
def test_a_fault_has_the_error_code_of_the_dialect(kind: Kind) -> None:
    code = 1303 if issubclass(kind, Official) else "1303"
    api = kind.on(faults=[Fault("refuse", code=1303, times=1), Fault("refuse", status=429)])
    assert [api.create(api.body()).json()["code"], api.query("x").json()["code"]] == [
        code,
        1302 if issubclass(kind, Official) else "rate_limit_exceeded",
    ]


KNOWN: list[tuple[Kind, int | str, int]] = [
    (kind, code, meaning.status) for kind in (Kie, Native, Relay) for code, meaning in PROFILES[kind.name].codes.items()
]


@pytest.mark.parametrize(("kind", "code", "status"), KNOWN)
def test_every_known_code_has_its_status_and_the_format_of_the_api(kind: Kind, code: int | str, status: int) -> None:
    api = kind.with_faults(Fault("refuse", operation="create", api=kind.name, code=code, message="no cats"))  # type: ignore[arg-type]  # a name from the table
    response = api.create(api.body())
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert "no cats" in response.json().values()
    assert len(api.emulator.tasks) == 0
    api = kind.with_faults(Fault("refuse", operation="query", code=code))
    response = api.query(api.make())
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.json()["msg" if kind is Kie else "message"]


def test_the_codes_are_the_documented_and_observed_ones() -> None:
    official = {*range(1000, 1005), *range(1100, 1104), *range(1200, 1204), *range(1300, 1305), 5000, 5001, 5002}
    gateways = {400, 401, 402, 403, 404, 422, 429, 500, 502, 503, 504}
    assert PROFILES["kie"].codes.keys() == {400, 401, 402, 403, 404, 422, 429, 433, 455, 500, 501, 505}
    for api in ("native", "relay"):
        assert {code for code in PROFILES[api].codes if isinstance(code, int)} == official | gateways


@pytest.mark.parametrize("api", ADAPTERS.values(), ids=lambda api: api.name)
def test_every_code_that_the_client_knows_can_be_injected(api: type[Adapter]) -> None:
    """As docs/errors.md lists them: codes, and the words of relays; of words the emulator may know more."""
    known = PROFILES[api.name].codes
    assert api.codes.keys() <= known.keys()
    assert api is not RelayClient or WORDS.keys() <= known.keys()
    assert {code for code in known if isinstance(code, int)} == {code for code in api.codes if isinstance(code, int)}


@every_api
def test_an_api_error_may_have_http_200(kind: Kind) -> None:
    api = kind.with_faults(Fault("refuse", code=500 if kind is not Relay else 1303, status=200))
    response = api.create(api.body())
    assert (response.status_code, response.json()["code"]) == (200, 1303 if kind is Relay else 500)


@every_api
def test_an_unknown_code_has_the_given_status(kind: Kind) -> None:
    response = kind.with_faults(Fault("refuse", code="E-7", status=418)).create(kind.body())
    assert (response.status_code, response.json()["code"]) == (418, "E-7")


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [(Kie, 422, 422), (Kie, 503, 503), (Native, 429, 429), (Native, 503, 5001), (Relay, 429, 1302), (Relay, 502, 502)],
)
def test_a_status_alone_has_a_code_of_the_api(kind: Kind, status: int, code: int) -> None:
    response = kind.with_faults(Fault("refuse", status=status)).create(kind.body())
    assert (response.status_code, response.json()["code"]) == (status, code)


@every_api
def test_responses_are_utf_8_json(kind: Kind) -> None:
    api = kind()
    for response in (api.create(kind.body()), api.query("x")):
        assert response.headers["Content-Type"] == "application/json"
        parsed: dict[str, Any] = json.loads(response.content.decode())
        assert parsed


@every_api
def test_head_is_not_allowed_and_counts_as_no_query(kind: Kind) -> None:
    api = kind.on(AfterQueries(3))
    task_id = api.make()
    assert api.ask("HEAD", api.path_of(task_id)).status_code == 405
    assert api.states(task_id, task_id, task_id)[-1] == "succeeded"
    assert api.query(task_id).status_code == 200


@pytest.mark.parametrize(
    ("kind", "model", "looks"),
    [
        (Kie, KLING_26, "[0-9a-f]{32}"),
        (Kie, KLING_21, "task_kling_[0-9]{13}"),
        (Kie, KLING_25, "task_kling_[0-9]{13}"),
        (Native, None, "[A-Za-z0-9_-]{22}"),
        (Relay, None, "[1-9][0-9]{17}"),
    ],
)
def test_ids_have_the_documented_form(kind: Kind, model: str | None, looks: str) -> None:
    api = kind()
    assert all(re.fullmatch(looks, api.make(kind.body(model))) for _ in range(50))
