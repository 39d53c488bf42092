"""Tests of the checks that all generated clients share, for schemas that kie.ai does not have."""

import jsonschema_rs
import pytest

from klingkit_api.checks import (
    UPLOAD_FIRST,
    AnyOf,
    Anything,
    Boolean,
    Choice,
    Integer,
    List,
    Model,
    Null,
    Number,
    Text,
    is_uri,
)
from klingkit_api.errors import InvalidValue
from klingkit_api.kie.models import CreatedTask

SECONDS = Choice(5, 10)


@pytest.mark.parametrize(
    ("check", "value", "limit"),
    [
        (SECONDS, 5, None),
        (SECONDS, "5", "one of 5, 10"),
        (SECONDS, 5.0, "one of 5, 10"),
        (Choice(1), True, "1"),
        (Choice(True), 1, "True"),
        (Integer(), 10**30, None),
        (Integer(), True, "an integer"),
        (Integer(), 1.0, "an integer"),
        (Integer(minimum=1), 0, "at least 1"),
        (Number(multiple_of=0.1), 10**30, None),
        (Number(multiple_of=0.1), 1e22, None),
        (Number(multiple_of=5), 7, "a multiple of 5"),
        (Text(min_length=1), "", "at least 1 characters"),
        (Text(max_length=1), "😀", None),
        (List(Text()), ["a", 1], "a list, each item a string"),
        (List(Text()), ("a",), None),
        (List(Text()), "a", "a list"),
        (List(Text(), max_items=1), ["a", "b"], "at most 1 items"),
        (List(Text(), min_items=2), ("a",), "at least 2 items"),
        (List(Text(), min_items=1, max_items=1), ["a"], None),
        (List(Text(), unique=True), ["a", "b", "a"], "free of repeated items"),
        (List(Number(), unique=True), [1, 2, 1.0], "free of repeated items"),
        (List(AnyOf(Number(), Boolean()), unique=True), [1, True, 0, False], None),
        (Text(uri=True), "https://[2001:db8::1]:8443/a%20b?c=[d]", "a URI (RFC 3986)"),
        (Text(uri=True), "cat.png", "a URI (RFC 3986)"),
        (Text(uri=True, file=True), "https://[2001:db8::1]:8443/a%20b?c=[d]", "a URI (RFC 3986)"),
        (Text(uri=True, file=True), "pictures/cat.png", f"a URI (RFC 3986){UPLOAD_FIRST}"),
        (Text(uri=True, file=True), "C:\\cat.png", f"a URI (RFC 3986){UPLOAD_FIRST}"),
        (Text(uri=True), 5, "a string"),
        (AnyOf(SECONDS, Null()), 7, "one of 5, 10 or null"),
        (Anything(), object(), None),
    ],
)
def test_a_check_names_the_limit_that_a_value_breaks(check, value, limit):
    assert check.refuses(value) == limit


@pytest.mark.parametrize("check", [SECONDS, Integer()])
def test_a_whole_number_in_json_is_an_integer(check):
    loaded = check.load(5.0)
    assert (loaded, type(loaded)) == (5, int)


def test_a_list_of_models_goes_in_and_out():
    check = AnyOf(List(Model(CreatedTask)), Null())
    loaded = check.load([{"taskId": "t1"}, {}])
    assert loaded == [CreatedTask(task_id="t1"), CreatedTask()]
    assert check.dump(loaded) == [{"taskId": "t1"}, {}]


def test_the_place_in_a_list_is_named():
    with pytest.raises(InvalidValue) as caught:
        List(Model(CreatedTask)).load([{}, {"taskId": 5}])
    assert caught.value.field == "[1].taskId"


@pytest.mark.parametrize(
    ("value", "field", "message"),
    [
        (["a", "b"], "images", "images must be at most 1 items, not 2: ['a', 'b']"),
        (["a" * 9], "images[0]", "images[0] must be at most 3 characters, not 'aaaaaaaaa'"),
        (None, "images", "images must be a list, not None"),
    ],
)
def test_the_error_of_a_list_names_item_limit_and_value(value, field, message):
    problem = List(Text(max_length=3), max_items=1).problem(value)
    assert problem is not None
    assert (problem.under("images").field, str(problem.under("images"))) == (field, message)


def test_the_error_of_an_item_is_found_behind_alternatives():
    problem = AnyOf(List(Text()), Null()).problem(["a", 5])
    assert problem is not None
    assert (problem.field, problem.limit) == ("[1]", "a string")
    assert AnyOf(List(Text()), Null()).problem(None) is None


@pytest.mark.parametrize(
    ("text", "is_valid"),
    [
        ("https://studio.example/boat.png?size=2&name=%E7%8C%AB#top", True),
        ("urn:isbn:1", True),
        ("x:", True),
        ("http://[2001:db8::1]:8443/", True),
        ("http://[v7.local]/", True),
        ("http://user:name@studio.example:/", True),
        ("file:///tmp/a", True),
        ("", False),
        ("studio.example/boat.png", False),
        ("//studio.example", False),
        ("http://a b/", False),
        ("http://studio.example/猫", False),
        ("http://[::1/", False),
        ("http://[fe80::1%25en0]/", False),
        ("http://[nothing]/", False),
        ("http://studio.example:port/", False),
        ("http://studio.example/%2", False),
        ("http://studio.example/#a#b", False),
        ("http://studio.example/\n", False),
    ],
)
def test_a_uri_is_what_a_json_schema_allows_as_one(text, is_valid):
    assert is_uri(text) is is_valid
    json_schema = jsonschema_rs.Draft202012Validator({"type": "string", "format": "uri"}, validate_formats=True)
    assert json_schema.is_valid(text) is is_valid
