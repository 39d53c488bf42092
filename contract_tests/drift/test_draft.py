"""The schema that is proposed for a subject that no spec describes."""

import jsonschema_rs
import pytest
from attrs import evolve

from contract_tests.drift.pages import MODEL, facts, page
from scripts.facts.draft import draft, next_number

INPUT = {"prompt": "a", "length": "5"}


def verdict(schema, value):
    return jsonschema_rs.Draft202012Validator(schema).is_valid(value)


def body(**changed):
    return {"model": MODEL, "input": {**INPUT, **changed}}


@pytest.fixture
def schema():
    return draft(page(), "042")


def test_it_is_a_schema(schema):
    jsonschema_rs.meta.validate(schema)


@pytest.mark.parametrize(
    "right",
    [
        body(),
        body(prompt="a" * 1000),
        body(length="10"),
        body(scale=0.3),
        {**body(), "callBackUrl": "https://studio.example"},
    ],
)
def test_it_takes_what_the_page_allows(schema, right):
    assert verdict(schema, right)


@pytest.mark.parametrize(
    "wrong",
    [
        {"model": MODEL},
        {"input": INPUT},
        {**body(), "model": "tick-2"},
        {**body(), "extra": 1},
        {**body(), "callBackUrl": 1},
        {"model": MODEL, "input": {"prompt": "a"}},
        body(prompt="a" * 1001),
        body(length="15"),
        body(length=5),
        body(scale=1.1),
        body(scale=-0.1),
        body(scale=0.55),
        body(extra=1),
    ],
)
def test_it_refuses_what_the_page_does_not_allow(schema, wrong):
    assert not verdict(schema, wrong)


def test_every_field_names_its_place(schema):
    assert schema["x-source"] == "042: request"
    assert schema["properties"]["input"]["x-source"] == "042: request.input"
    assert schema["properties"]["input"]["properties"]["prompt"]["x-source"] == "042: request.input.prompt"


def test_the_next_number_is_free():
    assert next_number() == "005"


def test_defaults_are_proposed_in_the_type_of_their_field(schema):
    fields = schema["properties"]["input"]["properties"]
    assert (fields["length"]["default"], fields["scale"]["default"]) == ("5", 0.5)
    assert schema["properties"]["model"] == {"const": MODEL, "default": MODEL, "x-source": "042: request.model"}


def test_a_vendors_sample_text_is_no_default():
    prose = {"chars": 180, "sha256": "0" * 64}
    schema = draft(page(facts(request__input__prompt__default=prose)))

    assert "default" not in schema["properties"]["input"]["properties"]["prompt"]


def test_an_open_list_takes_other_values_of_its_type():
    schema = draft(page(facts(request__input__length__open=True)))

    assert verdict(schema, body(length="15"))
    assert not verdict(schema, body(length=15))


def test_of_contradictory_tellings_the_first_is_proposed():
    schema = draft(page(facts(request__input__prompt__max_length={"values": [1000, 900]})))

    assert schema["properties"]["input"]["properties"]["prompt"]["maxLength"] == 1000


def test_a_list_of_objects_has_items():
    told = facts(request__input__frames__type="array", request__input__frames__at__type="integer")
    schema = draft(page(told))

    assert verdict(schema, body(frames=[{"at": 1}]))
    assert not verdict(schema, body(frames=[{"at": "1"}]))
    assert not verdict(schema, body(frames={"at": 1}))


def test_a_page_without_a_request_proposes_its_answer():
    told = facts("request", "response")
    schema = draft(evolve(page(), facts=told), "042")

    assert schema["x-source"] == "042: query.response"
    assert verdict(schema, {"data": {"state": "done"}, "more": 1})
    assert not verdict(schema, {"data": {"state": "lost"}})
