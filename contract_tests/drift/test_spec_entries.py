"""A spec is converted into facts and compared with those of a document."""

import pytest

from scripts.facts.comparison import differences, self_contradictions
from scripts.facts.schemas import facts_of_schema, fields_of_schema
from scripts.facts.spec_entries import spec_entries

STATE_SCHEMA = {"type": "string", "enum": ["done", "queued"], "x-source": "000: response.state"}
SPEC = {
    "components": {"schemas": {"State": STATE_SCHEMA, "Thing": {"type": "object", "properties": {"a": {}, "b": {}}}}}
}
STATE = {"$ref": "#/components/schemas/State"}
THING = {"$ref": "#/components/schemas/Thing"}
NULL = {"type": "null"}


@pytest.mark.parametrize(
    ("schema", "facts"),
    [
        ({"type": "string", "maxLength": 5}, {"type": "string", "max_length": 5}),
        ({"const": "a"}, {"type": "string", "enum": ["a"]}),
        ({"type": ["integer", "null"]}, {"type": "integer", "nullable": True}),
        ({"type": ["integer", "string"]}, {"type": ["integer", "string"]}),
        ({"type": "number", "multipleOf": 0.1, "minimum": 0}, {"type": "number", "step": 0.1, "minimum": 0}),
        ({"type": "string", "pattern": "^a"}, {"type": "string", "pattern": "^a"}),
        ({"type": "array", "items": {"type": "string"}}, {"type": "array", "items": "string"}),
        (
            {"type": "array", "items": {"type": "string", "maxLength": 5}},
            {"type": "array", "items": "string", "items.max_length": 5},
        ),
        ({"type": "string", "contentMediaType": "application/json"}, {"type": "string", "format": "json"}),
        ({"type": "integer", "description": "When it ended, in milliseconds."}, {"type": "integer", "unit": "ms"}),
        ({"type": "string", "description": "Length in seconds."}, {"type": "string", "unit": "s"}),
        ({"type": "object", "additionalProperties": True}, {"type": "object", "open": True}),
        (STATE, {"type": "string", "enum": ["done", "queued"]}),
        ({"anyOf": [STATE, {"type": "string"}]}, {"type": "string", "enum": ["done", "queued"], "open": True}),
        (
            {"anyOf": [STATE, {"type": "string"}, NULL]},
            {"type": "string", "enum": ["done", "queued"], "open": True, "nullable": True},
        ),
        ({"oneOf": [THING, NULL]}, {"type": "object", "nullable": True}),
        ({"allOf": [STATE], "default": "done"}, {"type": "string", "enum": ["done", "queued"], "default": "done"}),
        (
            {"anyOf": [STATE, {"type": "integer", "x-source": "field: a"}]},
            {"type": "string", "enum": ["done", "queued"]},
        ),
        ({**STATE_SCHEMA, "x-field-values": ["queued"]}, {"type": "string", "enum": ["done"]}),
        (
            {"anyOf": [STATE, THING]},
            {"alternatives": [{"type": "string", "enum": ["done", "queued"]}, {"type": "object"}]},
        ),
    ],
)
def test_a_schema_is_converted_into_facts(schema, facts):
    assert facts_of_schema(SPEC, schema) == facts


@pytest.mark.parametrize(
    ("schema", "names"),
    [(THING, {"a", "b"}), ({"oneOf": [THING, NULL]}, {"a", "b"}), ({"type": "object"}, set()), (STATE, None)],
)
def test_fields_of_a_schema(schema, names):
    assert fields_of_schema(SPEC, schema) == names


def spec(**properties):
    """A spec of one operation whose response has these fields."""
    for name, schema in properties.items():
        schema.setdefault("x-source", f"000: response.{name}")
    body = {"type": "object", "properties": properties, "x-source": "000: response"}
    content = {"application/json": {"schema": body}}
    response = {"description": "", "content": content, "x-source": "000: response"}
    operation = {"x-source": "000: request", "responses": {"200": response}, "security": [{"key": []}]}
    scheme = {"type": "http", "scheme": "bearer", "x-source": "000: auth"}
    return {
        "servers": [{"url": "https://api.example"}],
        "paths": {"/things": {"post": operation}},
        "components": {"securitySchemes": {"key": scheme}, "schemas": {}},
    }


REQUEST = {"method": "POST", "path": "/things", "host": "https://api.example"}
FACTS = {
    "request": REQUEST,
    "auth": {"scheme": "bearer", "header": "Authorization"},
    "response.state": {"type": "string"},
}


def found(facts, spec):
    return [
        (each.fact, each.document, each.spec) for each in differences({**FACTS, **facts}, spec_entries(spec, "000"))
    ]


def state(**more):
    return {"response.state": {"type": "string", **more}}


@pytest.mark.parametrize(
    ("facts", "schema"),
    [
        ({}, {"type": "string"}),
        (state(required=False), {"type": "string"}),
        (state(enum=["a"]), {"const": "a"}),
        (state(enum=[5, 10], default=5), {"type": "string", "enum": ["10", "5"], "default": "5"}),
        ({"response.state": {"type": "number", "minimum": 0}}, {"type": "number", "minimum": 0.0}),
        (state(stated_by="sample"), {"type": "string"}),
        (state(described_as="optional"), {"type": "string"}),
    ],
)
def test_notation_is_no_difference(facts, schema):
    assert found(facts, spec(state=schema)) == []


@pytest.mark.parametrize(
    ("facts", "schema", "fact", "document", "statement"),
    [
        (state(max_length=5), {"type": "string"}, "response.state.max_length", 5, None),
        ({}, {"type": "string", "maxLength": 5}, "response.state.max_length", None, 5),
        (state(required=True), {"type": "string"}, "response.state.required", True, False),
        ({}, {"type": ["string", "null"]}, "response.state.nullable", None, True),
        (state(enum=[5]), {"type": "integer", "enum": ["5"]}, "response.state.type", "string", "integer"),
        (state(default=True), {"type": "string", "default": "true"}, "response.state.default", True, "true"),
        (
            state(type={"values": ["string", "integer"]}),
            {"type": "string"},
            "response.state.type",
            {"values": ["string", "integer"]},
            "string",
        ),
        ({"response.more": {"type": "string"}}, {"type": "string"}, "response.more", {"type": "string"}, None),
        ({"results": {"lifetime_hours": 24}}, {"type": "string"}, "results", {"lifetime_hours": 24}, None),
    ],
)
def test_a_fact_of_one_side_alone_is_a_difference(facts, schema, fact, document, statement):
    assert (fact, document, statement) in found(facts, spec(state=schema))


def test_a_place_that_the_document_lacks_is_a_difference():
    extra = {"type": "string", "x-source": "000: response.extra"}

    assert found({}, spec(state={"type": "string"}, extra=extra)) == [
        ("response.extra", None, {"type": "string", "required": False})
    ]


def test_a_field_with_another_name_than_its_place_is_a_difference():
    other = {"type": "string", "x-source": "000: response.state"}

    assert ("response.state.name", "state", "status") in found({}, spec(status=other))


def test_a_field_that_no_response_leads_to_is_missing():
    unreferenced = spec()
    unreferenced["components"]["schemas"]["Unused"] = {
        "type": "object",
        "properties": {"state": {"type": "string", "x-source": "000: response.state"}},
    }

    assert found({}, unreferenced) == [("response.state", {"type": "string"}, None)]


def test_a_field_that_was_only_observed_is_no_difference():
    assert (
        found({}, spec(state={"type": "string"}, more={"type": "integer", "maximum": 5, "x-source": "field: a"})) == []
    )


def test_an_operation_that_one_side_alone_describes_is_one_difference():
    with_query = {
        "query.request": {"method": "GET", "path": "/things/{id}"},
        "query.response.state": {"type": "string"},
    }

    assert found(with_query, spec(state={"type": "string"})) == [("query.operation", "GET /things/{id}", None)]


def test_contradictory_nodes_of_one_place_are_reported():
    twice = spec(state={"type": "string"})
    twice["components"]["schemas"]["Other"] = {
        "type": "object",
        "properties": {"state": {"type": ["string", "null"], "x-source": "000: response.state"}},
    }

    (problem,) = self_contradictions(spec_entries(twice, "000"))
    assert problem.startswith("response.state.nullable: ")
