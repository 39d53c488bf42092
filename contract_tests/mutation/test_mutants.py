"""Tests that each mutant has the change in its name, that each occurs once, and that each fact of the specs has one."""

import itertools
import re
from collections import Counter
from typing import Any

import pytest

from scripts.mutation.keys import FOREIGN
from scripts.mutation.mutants import mutants
from scripts.specs.baseline import escaped
from scripts.specs.files import apis, load
from scripts.specs.spec import resolved, walk

PROSE_KEYS = {"description", "summary", "title", "version", "tags", "example", "examples", "x-source", "openapi"}
SPEC: dict[str, Any] = {
    "info": {},
    "paths": {
        "/tasks": {
            "post": {
                "operationId": "create",
                "x-source": ["000: request", "field: kites"],
                "security": [{"key": []}],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {"$ref": "#/components/schemas/KiteRequest"},
                            "examples": {
                                "waiting": {"value": {"code": 0, "state": "waiting"}},
                                "refused": {"value": {"code": 402, "state": "none"}},
                            },
                        }
                    },
                },
                "responses": {"200": {"description": "Created."}, "429": {"$ref": "#/components/responses/TooFast"}},
            }
        }
    },
    "components": {
        "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        "responses": {"TooFast": {"description": "Too fast."}, "Other": {"description": "Other."}},
        "schemas": {
            "KiteRequest": {
                "type": "object",
                "additionalProperties": False,
                "required": ["text"],
                "properties": {
                    "text": {"type": "string", "maxLength": 10},
                    "length": {"type": "integer", "enum": [5, 10], "default": 5},
                    "model": {"const": "m", "default": "m"},
                },
            },
            "Task": {"type": "object", "properties": {"state": {"anyOf": [{"type": "string"}, {"type": "null"}]}}},
        },
    },
}
TEXT_POINTER = "/components/schemas/KiteRequest/properties/text"
LENGTH_POINTER = "/components/schemas/KiteRequest/properties/length"
MODEL_POINTER = "/components/schemas/KiteRequest/properties/model"
STATE_POINTER = "/components/schemas/Task/properties/state"
CREATE_POINTER = "/paths/~1tasks/post"
EXAMPLES_POINTER = f"{CREATE_POINTER}/requestBody/content/application~1json/examples"


@pytest.fixture(scope="module")
def spec_by_mutant():
    return {str(mutant): mutant.spec for mutant in mutants(SPEC)}


def value_at(spec, pointer):
    for step in pointer[1:].split("/"):
        spec = spec[int(step)] if isinstance(spec, list) else spec[step.replace("~1", "/")]
    return spec


def request(spec):
    return spec["components"]["schemas"]["KiteRequest"]


@pytest.mark.parametrize(
    ("name", "pointer", "value"),
    [
        (f"{TEXT_POINTER}/maxLength shift limit: 11", f"{TEXT_POINTER}/maxLength", 11),
        (f"{TEXT_POINTER}/maxLength shift limit: 9", f"{TEXT_POINTER}/maxLength", 9),
        (f"{TEXT_POINTER}/maxLength drop limit", TEXT_POINTER, {"type": "string"}),
        (f"{TEXT_POINTER}/type change type: array", f"{TEXT_POINTER}/type", "array"),
        (f"{TEXT_POINTER}/type allow null: null", f"{TEXT_POINTER}/type", ["string", "null"]),
        (f"{TEXT_POINTER}/format add format: uri", f"{TEXT_POINTER}/format", "uri"),
        (f"{TEXT_POINTER}/default add default: 'text'", f"{TEXT_POINTER}/default", "text"),
        (f"{LENGTH_POINTER}/enum/0 drop choice: 5", f"{LENGTH_POINTER}/enum", [10]),
        (f"{LENGTH_POINTER}/enum add choice: 15", f"{LENGTH_POINTER}/enum", [5, 10, 15]),
        (
            f"{LENGTH_POINTER}/enum change type: string",
            LENGTH_POINTER,
            {"type": "string", "enum": ["5", "10"], "default": "5"},
        ),
        (f"{LENGTH_POINTER}/enum open choices", LENGTH_POINTER, {"type": "integer", "default": 5}),
        (f"{LENGTH_POINTER}/default change default: 10", f"{LENGTH_POINTER}/default", 10),
        (f"{LENGTH_POINTER}/default drop default", LENGTH_POINTER, {"type": "integer", "enum": [5, 10]}),
        (f"{MODEL_POINTER}/const change constant: m-2", MODEL_POINTER, {"const": "m-2", "default": "m-2"}),
        (f"{MODEL_POINTER}/const open constant", MODEL_POINTER, {"type": "string", "default": "m"}),
        (f"{STATE_POINTER}/anyOf/1 drop alternative: null", f"{STATE_POINTER}/anyOf", [{"type": "string"}]),
        (f"{STATE_POINTER}/anyOf add alternative: integer", f"{STATE_POINTER}/anyOf/2", {"type": "integer"}),
        (f"{STATE_POINTER}/anyOf make anyOf oneOf", STATE_POINTER, {"oneOf": [{"type": "string"}, {"type": "null"}]}),
        (
            f"{TEXT_POINTER} toggle required",
            "/components/schemas/KiteRequest",
            {k: v for k, v in request(SPEC).items() if k != "required"},
        ),
        (f"{LENGTH_POINTER} toggle required", "/components/schemas/KiteRequest/required", ["text", "length"]),
        (
            "/components/schemas/KiteRequest/additionalProperties open object",
            "/components/schemas/KiteRequest/additionalProperties",
            True,
        ),
        (
            "/components/schemas/Task/additionalProperties close object",
            "/components/schemas/Task/additionalProperties",
            False,
        ),
        (f"{CREATE_POINTER}/security empty security", f"{CREATE_POINTER}/security", []),
        (
            f"{CREATE_POINTER}/responses/429/$ref swap response: Other",
            f"{CREATE_POINTER}/responses/429",
            {"$ref": "#/components/responses/Other"},
        ),
        (f"{CREATE_POINTER}/requestBody/required toggle required", f"{CREATE_POINTER}/requestBody/required", False),
        (f"{EXAMPLES_POINTER}/waiting swap example: refused", f"{EXAMPLES_POINTER}/waiting/value/code", 402),
        (
            f"{EXAMPLES_POINTER}/refused/code change example: 0",
            f"{EXAMPLES_POINTER}/refused/value",
            {"code": 0, "state": "none"},
        ),
        (
            f"{EXAMPLES_POINTER}/waiting/state change example: none",
            f"{EXAMPLES_POINTER}/waiting/value",
            {"code": 0, "state": "none"},
        ),
        (f"{CREATE_POINTER}/x-source/0 lose source: 000: request", f"{CREATE_POINTER}/x-source", ["field: kites"]),
        (
            f"{CREATE_POINTER}/x-source misspell key: x-sources",
            f"{CREATE_POINTER}/x-sources",
            ["000: request", "field: kites"],
        ),
        (
            f"{CREATE_POINTER}/x-source add misspelt key: x-sources",
            f"{CREATE_POINTER}/x-source",
            ["000: request", "field: kites"],
        ),
        (f"{CREATE_POINTER}/deprecated add key", f"{CREATE_POINTER}/deprecated", True),
        (f"{LENGTH_POINTER}/readOnly add key", f"{LENGTH_POINTER}/readOnly", True),
        ("/components/securitySchemes/key/bearerFormat add key", "/components/securitySchemes/key/bearerFormat", "JWT"),
        (
            "/components/securitySchemes/key change scheme: http basic",
            "/components/securitySchemes/key/scheme",
            "basic",
        ),
    ],
)
def test_mutant_has_the_change_that_its_name_states(spec_by_mutant, name, pointer, value):
    assert value_at(spec_by_mutant[name], pointer) == value


def test_a_dropped_property_is_not_required_any_more(spec_by_mutant):
    dropped = request(spec_by_mutant[f"{TEXT_POINTER} drop property"])
    assert dropped["properties"].keys() == {"length", "model"}
    assert "required" not in dropped


def test_a_renamed_property_stays_required(spec_by_mutant):
    renamed = request(spec_by_mutant[f"{TEXT_POINTER} rename property: texts"])
    assert renamed["properties"].keys() == {"texts", "length", "model"}
    assert renamed["required"] == ["texts"]


def test_path_and_method_are_changed(spec_by_mutant):
    assert spec_by_mutant["/paths/~1tasks change path: /taskss"]["paths"].keys() == {"/taskss"}
    assert spec_by_mutant[f"{CREATE_POINTER} change method: put"]["paths"]["/tasks"].keys() == {"put"}
    assert spec_by_mutant["/paths/~1tasks drop path"]["paths"] == {}


def test_a_response_is_dropped_renumbered_and_added(spec_by_mutant):
    responses = f"{CREATE_POINTER}/responses"
    assert value_at(spec_by_mutant[f"{responses}/429 drop response"], responses).keys() == {"200"}
    assert value_at(spec_by_mutant[f"{responses}/429 renumber response: 201"], responses).keys() == {"200", "201"}
    assert value_at(spec_by_mutant[f"{responses} add response: default"], responses).keys() == {"200", "429", "default"}


def test_one_fact_is_changed_in_many_ways(spec_by_mutant):
    count_by_change = Counter(
        name.removeprefix(TEXT_POINTER).split(":")[0] for name in spec_by_mutant if name.startswith(TEXT_POINTER)
    )
    assert sum(count_by_change.pop(name) for name in [*count_by_change] if name.endswith(" add key")) == len(
        FOREIGN["schema"]
    )
    assert count_by_change == {
        " drop property": 1,
        " rename property": 1,
        " toggle required": 1,
        "/type change type": 5,
        "/type drop type": 1,
        "/type allow null": 1,
        "/type add type": 1,
        "/default add default": 1,
        "/maxLength shift limit": 2,
        "/maxLength drop limit": 1,
        "/minLength add limit": 1,
        "/pattern add limit": 1,
        "/format add format": 2,
    }


def test_no_two_mutants_are_equal():
    texts = [repr(mutant.spec) for mutant in mutants(SPEC)]
    assert [spec for spec, count in Counter(texts).items() if count > 1] == []


@pytest.mark.parametrize("api", apis())
def test_every_mutant_has_a_name_of_its_own_and_differs_from_the_spec(api):
    spec = load(api)
    all_mutants = [*mutants(spec)]
    assert [name for name, count in Counter(map(str, all_mutants)).items() if count > 1] == []
    assert [str(mutant) for mutant in all_mutants if mutant.spec == spec] == []


@pytest.mark.parametrize("api", apis())
def test_the_spec_is_left_as_it_was(api):
    spec = load(api)
    list(mutants(spec))
    assert spec == load(api)


@pytest.mark.parametrize("api", apis())
def test_every_fact_of_a_spec_is_changed_by_some_mutant(api):
    spec = load(api)
    changed = {place for mutant in mutants(spec) for place in differing_pointers(spec, mutant.spec)}
    reached = {place[:end] for place in changed for end in range(1, len(place) + 1) if place[end:][:1] in {"", "/"}}
    conditions = re.compile(r"/allOf/\d+/if/required$")  # these fields are required anyway
    assert [fact for fact in fact_pointers(spec) if fact not in reached and not conditions.search(fact)] == []


def fact_pointers(spec):
    """Yield the pointer of each key that is neither prose nor data."""
    for where, node in walk({key: value for key, value in spec.items() if key != "tags"}):
        names_of_vendor = where.endswith(("/properties", "/schemas"))
        yield from (f"{where}/{escaped(key)}" for key in node if names_of_vendor or key not in PROSE_KEYS)


def differing_pointers(old, new, where=""):
    """Yield the deepest pointers at which two specs differ."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old.keys() | new.keys():
            if old.get(key) is not new.get(key):
                yield from differing_pointers(old.get(key), new.get(key), f"{where}/{escaped(key)}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, pair in enumerate(zip(old, new, strict=True)):
            yield from differing_pointers(*pair, f"{where}/{index}")
    elif old != new:
        yield where


@pytest.mark.parametrize("api", apis())
def test_no_value_satisfies_two_alternatives_of_a_one_of(api):
    """Therefore `anyOf` in its place changes nothing, and is not a mutant."""
    spec = load(api)
    unions = [[resolved(spec, schema) for schema in node["oneOf"]] for _, node in walk(spec) if "oneOf" in node]
    assert unions
    for union in unions:
        assert all(exclude_each_other(*pair) for pair in itertools.combinations(union, 2))


def exclude_each_other(one, other):
    return one["type"] != other["type"] or (
        {"model"} <= {*one["required"]} & {*other["required"]}
        and one["properties"]["model"]["const"] != other["properties"]["model"]["const"]
    )


SCHEMA_WITH_RULES: dict[str, Any] = {
    "type": "object",
    "properties": {"a": {"type": "boolean"}, "b": {"type": "integer"}, "c": {"type": "integer"}},
    "allOf": [
        {
            "if": {"required": ["a"], "properties": {"a": {"const": True}}},
            "then": {"required": ["b"], "properties": {"b": {"contains": {"pattern": r"\.(x|y)($|#)"}}}},
        }
    ],
    "x-rules": [{"difference": ["b", "c"], "minimum": 3}],
}


def test_each_part_of_a_rule_between_fields_is_dropped_or_changed():
    schemas = SPEC["components"]["schemas"] | {"Ruled": SCHEMA_WITH_RULES}
    all_mutants = mutants({**SPEC, "components": {**SPEC["components"], "schemas": schemas}})
    names = {
        f"{mutant.pointer.partition('/Ruled')[2]} {mutant.name}" for mutant in all_mutants if "rule" in mutant.operator
    }
    narrower = (r"\.(y)($|#)", r"\.(x)($|#)", r"\.(x|y)(#)", r"\.(x|y)($)")
    rule, pattern = "/allOf/0", "/allOf/0/then/properties/b/contains/pattern"
    assert names >= {
        *("/allOf/0 drop rule", "/x-rules/0 drop rule", f"{rule}/if/properties/a/const change rule: False"),
        *(f"{rule}/then drop part of rule", f"{rule}/then/required/0 drop part of rule: 'b'"),
        *("/x-rules/0/minimum change rule: 2", "/x-rules/0/minimum change rule: 4"),
        "/x-rules/0/difference/1 change rule: 'c0'",
        *(f"{pattern} change rule: {other!r}" for other in narrower),
    }
    assert {mutant for mutant in names if "/if/required" in mutant} == {f"{rule}/if/required/0 change rule: 'a0'"}
