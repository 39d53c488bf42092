"""Mutants: each is as its name states, each occurs once, and every fact of the committed specs has one."""

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

NO_FACTS = {"description", "summary", "title", "version", "tags", "example", "examples", "x-source", "openapi"}
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
TEXT = "/components/schemas/KiteRequest/properties/text"
LENGTH = "/components/schemas/KiteRequest/properties/length"
MODEL = "/components/schemas/KiteRequest/properties/model"
STATE = "/components/schemas/Task/properties/state"
CREATE = "/paths/~1tasks/post"
SHOWN = f"{CREATE}/requestBody/content/application~1json/examples"


@pytest.fixture(scope="module")
def made():
    return {str(mutant): mutant.spec for mutant in mutants(SPEC)}


def at(spec, pointer):
    for step in pointer[1:].split("/"):
        spec = spec[int(step)] if isinstance(spec, list) else spec[step.replace("~1", "/")]
    return spec


def request(spec):
    return spec["components"]["schemas"]["KiteRequest"]


@pytest.mark.parametrize(
    ("name", "pointer", "value"),
    [
        (f"{TEXT}/maxLength shift limit: 11", f"{TEXT}/maxLength", 11),
        (f"{TEXT}/maxLength shift limit: 9", f"{TEXT}/maxLength", 9),
        (f"{TEXT}/maxLength drop limit", TEXT, {"type": "string"}),
        (f"{TEXT}/type change type: array", f"{TEXT}/type", "array"),
        (f"{TEXT}/type allow null: null", f"{TEXT}/type", ["string", "null"]),
        (f"{TEXT}/format add format: uri", f"{TEXT}/format", "uri"),
        (f"{TEXT}/default add default: 'text'", f"{TEXT}/default", "text"),
        (f"{LENGTH}/enum/0 drop choice: 5", f"{LENGTH}/enum", [10]),
        (f"{LENGTH}/enum add choice: 15", f"{LENGTH}/enum", [5, 10, 15]),
        (f"{LENGTH}/enum change type: string", LENGTH, {"type": "string", "enum": ["5", "10"], "default": "5"}),
        (f"{LENGTH}/enum open choices", LENGTH, {"type": "integer", "default": 5}),
        (f"{LENGTH}/default change default: 10", f"{LENGTH}/default", 10),
        (f"{LENGTH}/default drop default", LENGTH, {"type": "integer", "enum": [5, 10]}),
        (f"{MODEL}/const change constant: m-2", MODEL, {"const": "m-2", "default": "m-2"}),
        (f"{MODEL}/const open constant", MODEL, {"type": "string", "default": "m"}),
        (f"{STATE}/anyOf/1 drop alternative: null", f"{STATE}/anyOf", [{"type": "string"}]),
        (f"{STATE}/anyOf add alternative: integer", f"{STATE}/anyOf/2", {"type": "integer"}),
        (f"{STATE}/anyOf make anyOf oneOf", STATE, {"oneOf": [{"type": "string"}, {"type": "null"}]}),
        (
            f"{TEXT} toggle required",
            "/components/schemas/KiteRequest",
            {k: v for k, v in request(SPEC).items() if k != "required"},
        ),
        (f"{LENGTH} toggle required", "/components/schemas/KiteRequest/required", ["text", "length"]),
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
        (f"{CREATE}/security empty security", f"{CREATE}/security", []),
        (
            f"{CREATE}/responses/429/$ref swap response: Other",
            f"{CREATE}/responses/429",
            {"$ref": "#/components/responses/Other"},
        ),
        (f"{CREATE}/requestBody/required toggle required", f"{CREATE}/requestBody/required", False),
        (f"{SHOWN}/waiting swap example: refused", f"{SHOWN}/waiting/value/code", 402),
        (f"{SHOWN}/refused/code change example: 0", f"{SHOWN}/refused/value", {"code": 0, "state": "none"}),
        (f"{SHOWN}/waiting/state change example: none", f"{SHOWN}/waiting/value", {"code": 0, "state": "none"}),
        (f"{CREATE}/x-source/0 lose source: 000: request", f"{CREATE}/x-source", ["field: kites"]),
        (f"{CREATE}/x-source misspell key: x-sources", f"{CREATE}/x-sources", ["000: request", "field: kites"]),
        (f"{CREATE}/x-source add misspelt key: x-sources", f"{CREATE}/x-source", ["000: request", "field: kites"]),
        (f"{CREATE}/deprecated add key", f"{CREATE}/deprecated", True),
        (f"{LENGTH}/readOnly add key", f"{LENGTH}/readOnly", True),
        ("/components/securitySchemes/key/bearerFormat add key", "/components/securitySchemes/key/bearerFormat", "JWT"),
        (
            "/components/securitySchemes/key change scheme: http basic",
            "/components/securitySchemes/key/scheme",
            "basic",
        ),
    ],
)
def test_mutant_has_the_change_that_its_name_states(made, name, pointer, value):
    assert at(made[name], pointer) == value


def test_a_dropped_property_is_not_required_any_more(made):
    dropped = request(made[f"{TEXT} drop property"])
    assert dropped["properties"].keys() == {"length", "model"}
    assert "required" not in dropped


def test_a_renamed_property_stays_required(made):
    renamed = request(made[f"{TEXT} rename property: texts"])
    assert renamed["properties"].keys() == {"texts", "length", "model"}
    assert renamed["required"] == ["texts"]


def test_path_and_method_are_changed(made):
    assert made["/paths/~1tasks change path: /taskss"]["paths"].keys() == {"/taskss"}
    assert made[f"{CREATE} change method: put"]["paths"]["/tasks"].keys() == {"put"}
    assert made["/paths/~1tasks drop path"]["paths"] == {}


def test_a_response_is_dropped_renumbered_and_added(made):
    responses = f"{CREATE}/responses"
    assert at(made[f"{responses}/429 drop response"], responses).keys() == {"200"}
    assert at(made[f"{responses}/429 renumber response: 201"], responses).keys() == {"200", "201"}
    assert at(made[f"{responses} add response: default"], responses).keys() == {"200", "429", "default"}


def test_one_fact_is_changed_in_many_ways(made):
    counted = Counter(name.removeprefix(TEXT).split(":")[0] for name in made if name.startswith(TEXT))
    assert sum(counted.pop(name) for name in [*counted] if name.endswith(" add key")) == len(FOREIGN["schema"])
    assert counted == {
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
    made = [repr(mutant.spec) for mutant in mutants(SPEC)]
    assert [spec for spec, times in Counter(made).items() if times > 1] == []


@pytest.mark.parametrize("api", apis())
def test_every_mutant_has_a_name_of_its_own_and_differs_from_the_spec(api):
    spec = load(api)
    made = [*mutants(spec)]
    assert [name for name, times in Counter(map(str, made)).items() if times > 1] == []
    assert [str(mutant) for mutant in made if mutant.spec == spec] == []


@pytest.mark.parametrize("api", apis())
def test_the_spec_is_left_as_it_was(api):
    spec = load(api)
    list(mutants(spec))
    assert spec == load(api)


@pytest.mark.parametrize("api", apis())
def test_every_fact_of_a_spec_is_changed_by_some_mutant(api):
    spec = load(api)
    changed = {place for mutant in mutants(spec) for place in differing(spec, mutant.spec)}
    reached = {place[:end] for place in changed for end in range(1, len(place) + 1) if place[end:][:1] in {"", "/"}}
    conditions = re.compile(r"/allOf/\d+/if/required$")  # of fields that are required anyway
    assert [fact for fact in facts(spec) if fact not in reached and not conditions.search(fact)] == []


def facts(spec):
    """The pointer of every key that is neither prose nor data."""
    for where, node in walk({key: value for key, value in spec.items() if key != "tags"}):
        vendor = where.endswith(("/properties", "/schemas"))
        yield from (f"{where}/{escaped(key)}" for key in node if vendor or key not in NO_FACTS)


def differing(old, new, where=""):
    """The pointers of what differs, as deep as can be."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old.keys() | new.keys():
            if old.get(key) is not new.get(key):
                yield from differing(old.get(key), new.get(key), f"{where}/{escaped(key)}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, pair in enumerate(zip(old, new, strict=True)):
            yield from differing(*pair, f"{where}/{index}")
    elif old != new:
        yield where


@pytest.mark.parametrize("api", apis())
def test_no_value_satisfies_two_alternatives_of_a_one_of(api):
    """So that `anyOf` in its place would change nothing, and is no mutant."""
    spec = load(api)
    unions = [[resolved(spec, it) for it in node["oneOf"]] for _, node in walk(spec) if "oneOf" in node]
    assert unions
    for union in unions:
        assert all(exclude_each_other(*pair) for pair in itertools.combinations(union, 2))


def exclude_each_other(one, other):
    return one["type"] != other["type"] or (
        {"model"} <= {*one["required"]} & {*other["required"]}
        and one["properties"]["model"]["const"] != other["properties"]["model"]["const"]
    )


RULED: dict[str, Any] = {
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
    schemas = SPEC["components"]["schemas"] | {"Ruled": RULED}
    found = mutants({**SPEC, "components": {**SPEC["components"], "schemas": schemas}})
    made = {f"{it.pointer.partition('/Ruled')[2]} {it.name}" for it in found if "rule" in it.operator}
    narrower = (r"\.(y)($|#)", r"\.(x)($|#)", r"\.(x|y)(#)", r"\.(x|y)($)")
    rule, pattern = "/allOf/0", "/allOf/0/then/properties/b/contains/pattern"
    assert made >= {
        *("/allOf/0 drop rule", "/x-rules/0 drop rule", f"{rule}/if/properties/a/const change rule: False"),
        *(f"{rule}/then drop part of rule", f"{rule}/then/required/0 drop part of rule: 'b'"),
        *("/x-rules/0/minimum change rule: 2", "/x-rules/0/minimum change rule: 4"),
        "/x-rules/0/difference/1 change rule: 'c0'",
        *(f"{pattern} change rule: {other!r}" for other in narrower),
    }
    assert {it for it in made if "/if/required" in it} == {f"{rule}/if/required/0 change rule: 'a0'"}
