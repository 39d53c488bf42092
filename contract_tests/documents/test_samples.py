"""Facts of samples: fields that only they show, and values that contradict the tables."""

import pytest

from scripts.documents import Facts
from scripts.documents.fields.samples import Sample, read_samples, read_shown_fields


def facts(**places):
    found = Facts()
    for where, values in places.items():
        for name, value in values.items():
            found.add(where.replace("__", "."), name, value)
    return found


def at(found, where):
    return found.values.get(where, {})


TABLE = {
    "request__prompt": {"type": "string", "required": True, "max_length": 5},
    "request__speed": {"type": "string", "enum": ["fast", "slow"]},
    "request__zoom": {"type": "number", "minimum": 0, "step": 0.5},
    "request__frames": {"type": "integer"},
    "request__mood": {"type": "string", "enum": ["calm"], "open": True},
}


@pytest.mark.parametrize(
    ("data", "where", "name", "expected"),
    [
        ({"prompt": 7}, "request.prompt", "type", {"values": ["string", "integer"]}),
        ({"speed": "mid"}, "request.speed", "enum", {"values": [["fast", "slow"], ["mid"]]}),
        ({"frames": 1.5}, "request.frames", "type", {"values": ["integer", "number"]}),
        ({"frames": True}, "request.frames", "type", {"values": ["integer", "boolean"]}),
        ({"frames": 2.0}, "request.frames", "type", "integer"),
        ({"zoom": 2}, "request.zoom", "type", "number"),
        ({"speed": "slow"}, "request.speed", "enum", ["fast", "slow"]),
        ({"mood": "glad"}, "request.mood", "enum", ["calm"]),
        ({"tone": 1}, "request.tone", "stated_by", "sample"),
    ],
)
def test_a_sample_adds_only_what_the_tables_lack_or_contradict(data, where, name, expected):
    found = facts(**TABLE)
    read_samples(found, [Sample("request", data)])
    assert at(found, where)[name] == expected
    assert at(found, "request.sample") == {"valid": True}


def test_what_only_a_sample_shows_has_its_type():
    found = facts(response__data={"type": "object"})
    read_shown_fields(found, [Sample("response", {"data": {"films": [{"url": "u", "cuts": [1]}], "error": None}})])
    assert at(found, "response.data.films") == {"type": "array", "items": "object", "stated_by": "sample"}
    assert at(found, "response.data.films.url") == {"type": "string", "stated_by": "sample"}
    assert at(found, "response.data.films.cuts") == {"type": "array", "items": "integer", "stated_by": "sample"}
    assert at(found, "response.data.error") == {"nullable": True}
    assert at(found, "response.data") == {"type": "object"}


def test_json_in_a_string_is_read_too():
    found = facts(response__result={"type": "string"})
    read_samples(found, [Sample("response", {"result": '{"urls": ["u"]}'})])
    assert at(found, "response.result.urls")["type"] == "array"


def test_a_request_in_a_string_adds_no_fields():
    """A response may repeat the request as JSON in a string: its fields are the request's."""
    found = facts(**TABLE, response__param={"type": "string"})
    read_samples(found, [Sample("response", {"param": '{"prompt": "too long", "speed": "fast"}'})])
    assert "response.param.prompt" not in found.values


def test_a_sample_with_data_shows_the_code_of_success():
    found = facts(codes={"enum": [200, 400]}, response__code={"type": "integer"}, response__data={"type": "object"})
    read_samples(found, [Sample("response", {"code": 201, "data": {"id": "1"}}), Sample("response", {"code": 400})])
    assert at(found, "codes")["success"] == 201
