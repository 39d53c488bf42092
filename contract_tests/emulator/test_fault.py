"""Tests of `Fault`: fields, limits, and JSON."""

import json
from typing import Any

import pytest

from klingkit.emulator import Fault
from klingkit.emulator.faults._fault import CALLBACK_KINDS, KINDS, REQUEST_KINDS, kinds
from klingkit.emulator.profiles import APIS


def test_a_fault_is_written_to_json_as_it_was_read() -> None:
    for fields in (
        {"kind": "drop"},
        {"kind": "refuse", "api": "native", "operation": "create", "code": 1303, "times": 3, "after": True},
        {"kind": "refuse", "code": "E", "status": 200, "message": "no", "probability": 0.25, "prompt": "cat"},
        {"kind": "slow", "seconds": 1.5},
        {"kind": "callback-late", "seconds": 60},
    ):
        assert Fault.from_json(fields).to_json() == json.loads(json.dumps(fields))
    assert Fault.from_json({"kind": "drop", "api": None, "times": None}) == Fault("drop")


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_applies_to_some_operation(kind: str) -> None:
    fault = Fault.from_json({"kind": kind, **({"code": 500} if kind == "refuse" else {})})
    assert fault.operations <= {"create", "query", "upload", "media", "callback"}
    assert (kind in CALLBACK_KINDS) is (fault.operations == {"callback"}) is (kind not in REQUEST_KINDS)


INVALID_FAULTS: list[tuple[dict[str, Any], str]] = [
    ({}, "kind is missing; it is one of refuse"),
    ({"kind": None}, "kind is missing"),
    ({"kind": "explode"}, "kind must be one of refuse, drop, .*, is 'explode'"),
    ({"kind": 5}, "kind must be one of .*, is 5"),
    ({"kind": ["drop"]}, "kind must be one of"),
    ({"kind": "drop", "speed": 1}, "'speed' is unknown; known: kind, api, operation"),
    ({"kind": "drop", "api": "veo"}, "api must be one of kie, native, .*, is 'veo'"),
    ({"kind": "drop", "operation": "delete"}, "operation must be one of create, query, upload, media, callback"),
    (
        {"kind": "drop", "operation": "callback"},
        "operation must be create or media or query or upload for the kind drop",
    ),
    ({"kind": "slow", "operation": "create"}, "operation must be media or upload for the kind slow"),
    ({"kind": "drop", "operation": "upload", "api": "native"}, "api must be kie for the operation upload"),
    ({"kind": "drop", "operation": "upload", "prompt": "a"}, "prompt does not go with the operation upload"),
    ({"kind": "refuse", "operation": "upload", "code": 1302}, "code must be one that kie is known to use"),
    ({"kind": "drop", "prompt": "x" * 5_001}, "prompt has 5001 characters, may have 5000"),
    ({"kind": "drop", "probability": 0}, "probability must be more than 0, is 0: the fault would never be injected"),
    ({"kind": "fail", "operation": "query"}, "operation must be create for the kind fail"),
    ({"kind": "fail", "status": 500}, "status goes with the kinds html, refuse, not with fail"),
    ({"kind": "refuse", "code": "x" * 101}, "code must be a whole number or a string of at most 100 characters"),
    ({"kind": "drop", "prompt": 1}, "prompt must be a string"),
    ({"kind": "drop", "times": 0}, "times must be a whole number from 1 to 1000000000, is 0"),
    ({"kind": "drop", "times": 1.5}, "times must be a whole number"),
    ({"kind": "drop", "times": True}, "times must be a whole number"),
    ({"kind": "drop", "probability": 1.1}, "probability must be 1 at most, is 1.1"),
    ({"kind": "drop", "probability": -0.1}, "probability must be 0 at least, is -0.1"),
    ({"kind": "drop", "probability": "0.5"}, "probability must be a number"),
    ({"kind": "refuse"}, "code is missing"),
    ({"kind": "refuse", "code": 999}, "code must be one that an API is known to use, or come with a status, is 999"),
    ({"kind": "fail", "code": 5, "api": "native"}, "code goes with fail at kie.* a failed task of native has no code"),
    ({"kind": "refuse", "code": 1303, "api": "kie"}, "code must be one that kie is known to use, .* is 1303"),
    ({"kind": "refuse", "code": True}, "code must be a whole number or a string of at most 100 characters, is True"),
    ({"kind": "refuse", "code": 1.5}, "code must be a whole number or a string"),
    ({"kind": "refuse", "status": 199}, "status must be a whole number from 200 to 599, is 199"),
    ({"kind": "html", "status": 600}, "status must be a whole number from 200 to 599, is 600"),
    ({"kind": "html", "status": 204}, "status must be one whose response has a body, is 204"),
    ({"kind": "refuse", "code": 500, "message": "\ud800"}, "message must be a string of Unicode"),
    ({"kind": "drop", "status": 500}, "status goes with the kinds html, refuse, not with drop"),
    (
        {"kind": "drop", "seconds": 1},
        "seconds goes with the kinds callback-late, callback-stale, slow, stall, not with",
    ),
    (
        {"kind": "drop", "seconds": 0},
        "seconds goes with the kinds callback-late, callback-stale, slow, stall, not with",
    ),
    ({"kind": "drop", "code": 0}, "code goes with the kinds fail, refuse, not with drop"),
    ({"kind": "refuse", "status": 200}, "code is missing: the status 200 alone is no error"),
    (
        {"kind": "callback-reordered", "api": "kie"},
        "api must be .*native or relay.* for the kind callback-reordered, is 'kie'",
    ),
    ({"kind": "stall", "seconds": -1}, "seconds must be 0 at least, is -1"),
    ({"kind": "stall", "seconds": 86_401}, "seconds must be 86400 at most, is 86401"),
    ({"kind": "stall", "seconds": float("nan")}, "seconds must be a number, is nan"),
    ({"kind": "drop", "probability": float("nan")}, "probability must be a number, is nan"),
    ({"kind": "stall", "after": 1}, "after must be true or false, is 1"),
    ({"kind": "expire", "after": True}, "after goes with the kinds drop, html, .*, not with expire"),
    ({"kind": "drop", "operation": "query", "after": True}, "after goes with the operation create, not with query"),
]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_names_the_apis_that_it_can_be_injected_into(kind: str) -> None:
    """A fault for an API that its kind cannot affect is refused when it is made."""
    code = {"code": 404} if kind == "refuse" else {}
    for api in APIS:
        fields = {"kind": kind, "api": api, **code}
        if api in kinds()[kind]["apis"]:
            assert Fault.from_json(fields).applies_to(api)
        else:
            with pytest.raises(ValueError, match=f"api must be .* for the kind {kind}, is '{api}'"):
                Fault.from_json(fields)


@pytest.mark.parametrize(("fields", "pattern"), INVALID_FAULTS)
def test_an_invalid_fault_is_rejected(fields: dict[str, Any], pattern: str) -> None:
    with pytest.raises(ValueError, match=pattern):
        Fault.from_json(fields)
