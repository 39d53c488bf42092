"""The documented limits of every kind of request, against the specs."""

import pytest

from contract_tests.specs.documented import REQUESTS, SCALE
from contract_tests.support.verdicts import taking

NEIGHBOURS = [
    *["21:9", "4:3", "3:2", "16:9 ", "1:01", "", "15", "05", "5s", "true", "std ", "PRO", "kling-v1-6\n", "kling-v9"],
    *["5", "10", 5, 10, 5.5, 7, 1, 0, None, True, False, [], ["5"]],
]
NO_TEXT: list[object] = [None, 5, True, ["a"], {}]

everyone = pytest.mark.parametrize("it", REQUESTS, ids=str)


def fields(*kinds):
    """Every request with each of its fields that has such a limit."""
    cases = [(it, name) for it in REQUESTS for kind in kinds for name in getattr(it, kind)]
    return pytest.mark.parametrize(("it", "name"), cases, ids=str)


@pytest.fixture
def takes(allows, it):
    """Whether the request may have these fields, too."""
    return taking(allows, it)


@everyone
def test_the_least_request_is_taken_and_nothing_less(specs, allows, it):
    assert allows(it.api, it.name, it.least)
    for name in it.least:
        less = {field: value for field, value in it.least.items() if field != name}
        assert not allows(it.api, it.name, less)
    assert set(specs[it.api]["components"]["schemas"][it.name]["required"]) == set(it.least)


@everyone
def test_its_fields(specs, it):
    assert set(specs[it.api]["components"]["schemas"][it.name]["properties"]) == it.fields


@everyone
def test_defaults_and_never_one_for_the_prompt(specs, it):
    """The prompt printed as default in 000 would be sent unasked, and billed."""
    properties = specs[it.api]["components"]["schemas"][it.name]["properties"]
    assert it.defaults == {name: schema["default"] for name, schema in properties.items() if "default" in schema}


@fields("lengths")
@pytest.mark.parametrize("letter", ["a", "字", "😀"])
def test_lengths_are_counted_in_code_points(takes, it, name, letter):
    assert takes(**{name: letter * it.lengths[name]})
    assert not takes(**{name: letter * (it.lengths[name] + 1)})


@fields("lengths")
def test_text_is_text(takes, it, name):
    assert takes(**{name: ""})
    assert [value for value in NO_TEXT if takes(**{name: value})] == []


@fields("choices")
def test_the_choices_and_nothing_near_them(specs, takes, it, name):
    choices = it.choices[name]
    assert [choice for choice in choices if not takes(**{name: choice})] == []
    others = [value for value in NEIGHBOURS if not is_one_of(value, choices)]
    assert [value for value in others if takes(**{name: value})] == []
    schema = specs[it.api]["components"]["schemas"][it.name]["properties"][name]
    listed = [value for form in schema.get("anyOf", [schema]) for value in form.get("enum", choices)]
    assert sorted(listed, key=repr) == sorted(choices, key=repr)


def is_one_of(value, choices):
    return any(value == choice and type(value) is type(choice) for choice in choices)


@pytest.mark.parametrize("it", [it for it in REQUESTS if it.scale], ids=str)
def test_cfg_scale_goes_from_0_to_1(takes, it):
    assert {value for value in SCALE if takes(cfg_scale=value)} == set(it.scale or ())
    assert [value for value in ("0.5", None, True) if takes(cfg_scale=value)] == []


@everyone
def test_typed_requests_are_closed_and_bodies_open_where_the_document_points_elsewhere(takes, it):
    assert takes(seed=1) is not it.closed
