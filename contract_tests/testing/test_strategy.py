"""The hypothesis strategy of all callbacks that a spec allows."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, Phase, find, given, seed, settings
from hypothesis import strategies as st

from klingkit import CallbackRejected, TaskRef, parse_callback
from klingkit._base import APIS
from klingkit.contract import Contract
from klingkit.contract._contract import load
from klingkit.contract._schemas import resolve
from klingkit.testing import Callbacks, callbacks
from klingkit.testing._payloads import of

each_api = pytest.mark.parametrize("api", APIS)
SLOW = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
SHRINKING = settings(SLOW, phases=[Phase.generate, Phase.shrink])


def read(api, body: bytes):
    made = Callbacks(api)
    callback = made.sign(body)
    return parse_callback(api, callback.body, callback.headers, keys=[made.key])


@each_api
def test_tasks_of_one_state(api):
    state, contract = of(api).words["succeeded"], Contract(api)

    @SLOW
    @given(callbacks(api, state))
    def each(body: bytes) -> None:
        assert contract.callback(body) == []
        with suppress(CallbackRejected):
            refs.append(read(api, body).ref)
        whole = json.loads(body)
        task = whole["data"] if api == "kie" else whole
        assert task["taskId" if api == "kie" else "task_id"]
        assert task["state" if api == "kie" else "task_status"] == state
        with_url.append(b"https://media.example/" in body)

    refs: list[TaskRef] = []
    with_url: list[bool] = []
    each()
    assert refs
    assert len(with_url) / 3 < sum(with_url)  # three quarters, before Hypothesis repeats parts of them


@pytest.mark.parametrize("api", ["native", "relay"])
def test_enveloped_callbacks_are_readable_though_the_spec_forbids_them(api):
    @SLOW
    @given(callbacks(api, of(api).words["succeeded"], enveloped=True))
    def each(body: bytes) -> None:
        assert read(api, body).task.status == "succeeded"
        assert Contract(api).callback(body)

    each()


@each_api
def test_a_failing_example_shrinks_to_the_fields_it_needs(api):
    reason = "failMsg" if api == "kie" else "task_status_msg"
    smallest = json.loads(find(callbacks(api), lambda body: reason.encode() in body, settings=SHRINKING))
    assert smallest == ({"code": 200, "data": {reason: "0"}} if api == "kie" else {"task_id": "0", reason: "0"})


def test_invalid_arguments():
    with pytest.raises(ValueError, match=r"api: one of kie, native, .*, not 'kei'"):
        callbacks("kei")  # type: ignore[arg-type]  # a wrong one, on purpose
    with pytest.raises(ValueError, match=r"state: one of waiting, .*, not 'succes'"):
        callbacks("kie", "succes")
    with pytest.raises(ValueError, match="enveloped: not for kie"):
        callbacks("kie", enveloped=True)
    assert isinstance(callbacks("kie", "succes", unlisted=True), st.SearchStrategy)


def fields(spec, schema, path=""):
    """Yield every declared field of a schema, and every declared state."""
    schema = resolve(spec, schema)
    yield from ((path, word) for word in (*schema.get("enum", ()), *schema.get("x-field-values", ())))
    for branch in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from fields(spec, branch, path)
    if "items" in schema:
        yield from fields(spec, schema["items"], f"{path}[]")
    if "contentSchema" in schema:
        yield from fields(spec, schema["contentSchema"], f"{path}()")
    for name, child in schema.get("properties", {}).items():
        yield f"{path}.{name}", None
        yield from fields(spec, child, f"{path}.{name}")


def found(value, path=""):
    """Yield every field of a value, and every value that may be a state."""
    if isinstance(value, dict):
        for name, child in value.items():
            yield f"{path}.{name}", None
            yield from found(child, f"{path}.{name}")
    elif isinstance(value, list):
        for child in value:
            yield from found(child, f"{path}[]")
    else:
        yield path, value
        if path in {".data.param", ".data.resultJson"} and value:
            yield from found(json.loads(value), f"{path}()")


@each_api
def test_the_spec_allows_every_callback_none_breaks_the_parser_and_each_field_and_state_is_drawn(api):
    contract = Contract(api)
    seen: set[tuple[str, object]] = set()
    expected = set(fields(load(api), {"$ref": "#/components/schemas/TaskCallback"}))
    assert expected

    for number in range(30):  # hypothesis draws differ with the modules that are loaded: draw until all are there

        @seed(number)
        @settings(SLOW, derandomize=False, database=None)
        @given(callbacks(api))
        def each(body: bytes) -> None:
            assert contract.callback(body) == []
            with suppress(CallbackRejected):
                read(api, body)
            seen.update(one for one in found(json.loads(body)) if one in expected)

        each()
        if expected <= seen:
            break
    assert expected - seen == set()
