"""What answers and callbacks may hold, against the specs: every field, of its kind, null and absent alike."""

from typing import Any

import pytest

from contract_tests.specs.documented import ANSWERS

VALUES: list[Any] = ["a", 5, 5.5, True, {}, [], ["a"], [{}], [5], None]
ORDER = list(map(repr, VALUES))
"""As 5 and True are told apart."""
KINDS: dict[str, list[Any]] = {
    "id": ["a"],
    "word": ["a", None],
    "text": ["a", None],
    "code": [5],
    "number": [5, 5.5, None],
    "integer": [5, None],
    "number or text": ["a", 5, 5.5, None],
    "integer or text": ["a", 5, None],
    "object": [{}, None],
    "list of text": [[], ["a"], None],
    "list of objects": [[], [{}], None],
    "anything": VALUES,
}
SCHEMAS = [(api, name) for api, schemas in ANSWERS.items() for name in schemas]
FIELDS = [(api, name, field) for api, name in SCHEMAS for field in ANSWERS[api][name]]


def required(api, name):
    """The fields that cannot be left out."""
    return {field for field, kind in ANSWERS[api][name].items() if kind in {"id", "code"}}


def least(api, name):
    return {field: KINDS[ANSWERS[api][name][field]][0] for field in required(api, name)}


@pytest.mark.parametrize(("api", "name"), SCHEMAS)
def test_an_answer_has_these_fields_and_may_have_others(specs, allows, api, name):
    assert specs[api]["components"]["schemas"][name]["properties"].keys() == ANSWERS[api][name].keys()
    assert allows(api, name, {**least(api, name), "newer": 1})


@pytest.mark.parametrize(("api", "name"), SCHEMAS)
def test_an_answer_may_leave_out_all_but_what_makes_it_one(allows, api, name):
    whole = least(api, name)
    assert allows(api, name, whole)
    assert not any(allows(api, name, {key: whole[key] for key in whole if key != field}) for field in whole)


@pytest.mark.parametrize(("api", "name", "field"), FIELDS)
def test_a_field_is_of_its_kind_or_null(allows, api, name, field):
    allowed = [value for value in VALUES if allows(api, name, {**least(api, name), field: value})]
    assert list(map(repr, allowed)) == sorted(map(repr, KINDS[ANSWERS[api][name][field]]), key=ORDER.index)


def test_every_schema_of_an_answer_is_in_the_table(specs):
    """All but those of requests, of plain values, and the open object of kie.ai."""
    sent = ("Create", "Kling", "Text2Video", "Camera", "WireCamera", "Official")
    for api, spec in specs.items():
        objects = {name for name, schema in spec["components"]["schemas"].items() if schema["type"] == "object"}
        read = {name for name in objects if name in ANSWERS[api] or not name.startswith((*sent, "JsonObject"))}
        assert read == set(ANSWERS[api])
