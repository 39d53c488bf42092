"""Samples: what can be read of broken ones, what they show, and where they contradict the tables."""

import pytest

from scripts.documents import Facts
from scripts.documents._lenient import loads
from scripts.documents._samples import Sample, judge_samples, show_samples, tell_all
from scripts.documents._verdicts import agrees


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ('{"a": 1, // one\n "b": [2, 3,],}', {"a": 1, "b": [2, 3]}),
        ('{"a": 1 /* one */ "b": 2}', {"a": 1, "b": 2}),
        ("{a: 'x', \"b\": None}", {"a": "x", "b": "None"}),
        ('{"a": "\\’x", "b": {"c": 1}', {"a": "’x", "b": {"c": 1}}),
        ('{"a": , "b": 2}', {"b": 2}),
        ('{"a" 1, : "b": [1 2]}]', {"a": 1, "b": [1, 2]}),
        ('{"a": "no end\n, "b": 2}', {"a": "no end", "b": 2}),
        ("", None),
    ],
)
def test_what_can_be_read_of_a_broken_sample(text, data):
    assert loads(text) == (data, False)


def test_json_is_json():
    assert loads('{"a": [1, 2.5, null, "//"]}') == ({"a": [1, 2.5, None, "//"]}, True)


def facts(**told):
    found = Facts()
    for where, values in told.items():
        for name, value in values.items():
            found.tell(where.replace("__", "."), name, value)
    return found


def told(found, where):
    return found.values.get(where, {})


TABLE = {
    "request__prompt": {"type": "string", "required": True, "max_length": 5},
    "request__speed": {"type": "string", "enum": ["fast", "slow"]},
    "request__zoom": {"type": "number", "minimum": 0, "step": 0.5},
    "request__input__frames": {"type": "integer", "required": True},
}


@pytest.mark.parametrize(
    ("data", "verdict"),
    [
        ({"prompt": "hello", "speed": "slow", "zoom": 1.5, "input": {"frames": 2}}, {"valid": True}),
        ({"prompt": "hello"}, {"valid": True}),
        ({"speed": "slow"}, {"valid": True, "missing": ["prompt"]}),
        ({"prompt": "hello", "input": {}}, {"valid": True, "missing": ["input.frames"]}),
        ({"prompt": "hello!"}, {"valid": True, "wrong": ["prompt"]}),
        ({"prompt": 7, "speed": "mid"}, {"valid": True, "wrong": ["prompt", "speed"]}),
        ({"prompt": "a", "zoom": -1, "input": {"frames": "2"}}, {"valid": True, "wrong": ["input.frames", "zoom"]}),
        ({"prompt": "a", "zoom": 0.7}, {"valid": True, "wrong": ["zoom"]}),
        ({"prompt": "a", "tone": {"deep": 1}}, {"valid": True, "unlisted": ["tone"]}),
    ],
)
def test_a_sample_is_judged_by_the_tables(data, verdict):
    found = facts(**TABLE)
    tell_all(found, [Sample("request", data)])
    assert told(found, "request.sample") == verdict


def test_a_field_that_the_description_of_its_object_names_needs_no_table():
    found = facts(**TABLE)
    judge_samples(found, [Sample("request", {"prompt": "a", "tone": 1})], lambda _root, path: path == "tone")
    assert told(found, "request.sample") == {"valid": True}


def test_what_only_a_sample_shows_has_its_type():
    found = facts(response__data={"type": "object"})
    show_samples(found, [Sample("response", {"data": {"films": [{"url": "u", "cuts": [1]}], "error": None}})])
    assert told(found, "response.data.films") == {"type": "array", "told_by": "sample"}
    assert told(found, "response.data.films.url") == {"type": "string", "told_by": "sample"}
    assert told(found, "response.data.films.cuts") == {"type": "array", "items": "integer", "told_by": "sample"}
    assert told(found, "response.data.error") == {"nullable": True}
    assert told(found, "response.data") == {"type": "object"}


def test_json_in_a_string_is_read_too():
    found = facts(response__result={"type": "string"})
    tell_all(found, [Sample("response", {"result": '{"urls": ["u"]}'}), Sample("response", {"result": '{"urls": ['})])
    assert told(found, "response.result.urls")["type"] == "array"
    assert told(found, "response.sample")["wrong"] == ["result"]


def test_a_request_in_a_string_is_judged_as_one():
    found = facts(**TABLE, response__param={"type": "string"})
    tell_all(found, [Sample("response", {"param": '{"prompt": "too long", "speed": "fast"}'})])
    assert told(found, "response.sample") == {"valid": True, "wrong": ["param.prompt"]}
    assert "response.param.prompt" not in found.values


def test_an_answer_carries_one_of_the_codes_and_one_of_the_models():
    found = facts(
        codes={"enum": [200, 400]},
        request__model={"type": "string", "enum": ["otter/1"]},
        response__code={"type": "integer"},
        response__data={"type": "object"},
        response__data__model={"type": "string"},
    )
    tell_all(found, [Sample("response", {"code": 201, "data": {"model": "otter/2"}})])
    assert told(found, "response.sample")["wrong"] == ["code", "data.model"]
    assert told(found, "codes")["success"] == 201


@pytest.mark.parametrize(
    ("value", "limits", "expected"),
    [
        (5, {"type": "number"}, True),
        (5.0, {"type": "integer"}, True),
        (True, {"type": "integer"}, False),
        ("x", {"type": {"told": ["integer", "string"]}}, True),
        ("x", {"enum": ["y"], "open": True}, True),
        ("", {"format": "uri"}, True),
        ("otter.example/a", {"format": "uri"}, False),
        (["a", 1], {"type": "array", "items": "string"}, False),
        ([1, 2, 3], {"max_items": 2}, False),
        (1, {"exclusive_maximum": 1}, False),
        (0.3, {"step": 0.1}, True),
    ],
)
def test_a_value_agrees_with_what_is_told_of_its_field(value, limits, expected):
    assert agrees(value, limits) is expected
