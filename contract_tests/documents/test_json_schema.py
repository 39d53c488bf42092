"""Facts of the fields and lists of a JSON schema."""

import pytest

from scripts.documents import Facts
from scripts.documents.fields.json_schema import read_schema


def facts(schema, **root):
    found = Facts()
    read_schema(found, "request", {"properties": {"shots": schema}}, root)
    return {place.removeprefix("request."): values for place, values in found.values.items()}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"minItems": 1, "maxItems": 6, "uniqueItems": True}, {"min_items": 1, "max_items": 6, "unique_items": True}),
        ({"items": {"type": "string", "format": "uri"}}, {"items": "string", "items.format": "uri"}),
        (
            {"items": {"type": "string", "minLength": 2, "maxLength": 9, "pattern": "^a"}},
            {"items": "string", "items.min_length": 2, "items.max_length": 9, "items.pattern": "^a"},
        ),
        (
            {"items": {"type": "number", "minimum": 0, "exclusiveMaximum": 2, "multipleOf": 0.5}},
            {"items": "number", "items.minimum": 0, "items.exclusive_maximum": 2, "items.step": 0.5},
        ),
        ({"items": {"type": "string", "enum": ["wide", "near"]}}, {"items": "string", "items.enum": ["wide", "near"]}),
        ({"items": {"$ref": "#/Link"}}, {"items": "string", "items.format": "uri"}),
        (
            {"items": {"type": "string"}, "description": "1-4 张图片"},
            {"items": "string", "min_items": 1, "max_items": 4},
        ),
        ({"items": {"type": "string"}, "description": "不超过 90 字符"}, {"items": "string", "items.max_length": 90}),
    ],
)
def test_the_limits_of_a_list_and_of_its_items_are_apart(schema, expected):
    found = facts({"type": "array", **schema}, Link={"type": "string", "format": "uri"})
    assert found == {"shots": {"type": "array", "required": False, **expected}}


@pytest.mark.parametrize("items", [{"$ref": "#/Shot"}, {"type": "object", "$ref": "#/Shot"}])
def test_the_fields_of_objects_in_a_list_have_the_place_of_the_list(items):
    shot = {"required": ["text"], "properties": {"text": {"type": "string"}, "links": {"type": "array"}}}
    assert facts({"type": "array", "maxItems": 3, "items": items}, Shot=shot) == {
        "shots": {"type": "array", "required": False, "max_items": 3, "items": "object"},
        "shots.text": {"type": "string", "required": True},
        "shots.links": {"type": "array", "required": False},
    }


def test_choices_keep_the_order_of_the_page():
    assert facts({"type": "string", "enum": ["5", "10", "3"]})["shots"]["enum"] == ["5", "10", "3"]


def test_a_schema_may_hold_itself():
    found = Facts()
    otter = {"type": "object", "properties": {"child": {"$ref": "#/otter"}, "name": {"type": "string"}}}
    read_schema(found, "response", otter, {"otter": otter})
    assert found.values["response.child.child.name"] == {"type": "string", "required": False}


def unread(schema, **root):
    found = Facts()
    read_schema(found, "request", {"properties": {"shots": schema}}, root)
    return [(one.part, one.why) for one in found.unread]


@pytest.mark.parametrize(
    ("schema", "what"),
    [
        ({"not": {"enum": ["wide"]}}, "`not`"),
        ({"type": "object", "dependentRequired": {"wide": ["near"]}}, "`dependentRequired`"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "`additionalProperties` with a schema"),
        ({"allOf": [{"type": "string"}, {"$ref": "#/Link"}]}, "`contentEncoding`"),
        ({"type": ["string", "integer", "null"]}, "more than one type"),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, "`anyOf` with different alternatives"),
        ({"$ref": "#/Either"}, "`oneOf` with different alternatives"),
        ({"type": "array", "items": {"readOnly": True}}, "`readOnly` of items"),
        (
            {"type": "array", "items": {"type": "array", "items": {"maxLength": 4}}},
            "what limits the items of a list in a list",
        ),
        (True, "a schema that is True"),
    ],
)
def test_what_is_no_fact_is_reported(schema, what):
    link, either = {"contentEncoding": "base64"}, {"allOf": [{"oneOf": [{"const": "wide"}, {"const": "near"}]}]}
    assert unread(schema, Link=link, Either=either) == [("request.shots", f"{what} is not read")]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": ["string", "null"], "title": "Shots", "x-apidog-orders": ["wide"], "example": "wide"},
        {"anyOf": [{"type": "string", "maxLength": 9}, {"type": "null"}]},
        {"oneOf": [{"type": "string", "title": "a word"}, {"type": "string", "title": "a link"}]},
        {"type": "object", "additionalProperties": True},
    ],
)
def test_what_says_nothing_more_is_not_reported(schema):
    assert unread(schema) == []


def test_what_two_parts_say_of_one_field_holds_together():
    parts = [{"properties": {"wide": {"type": "string"}}}, {"properties": {"wide": {"maxLength": 9}}}]
    assert facts({"allOf": parts})["shots.wide"] == {"type": "string", "max_length": 9, "required": False}


def test_fields_that_lie_too_deep_are_reported():
    otter = {"type": "object", "properties": {"child": {"$ref": "#/otter"}}}
    found = Facts()
    read_schema(found, "response", otter, {"otter": otter})
    assert [one.why for one in found.unread] == ["fields that lie deeper than 8 are not read"]
