"""Tests of the oracle: it derives schemas from facts and waivers, and detects each mutant of a spec that differs."""

from typing import Any

import pytest
from attrs import evolve

from scripts.checks.client_requests import verdicts
from scripts.checks.oracle import apis, defaults, documented
from scripts.checks.requests import differences
from scripts.facts.sheets import Sheet, Waiver, sheets
from scripts.mutation.mutants import mutants
from scripts.specs.spec import Node, Spec

FACTS: dict[str, dict[str, Any]] = {
    "request": {"method": "POST", "path": "/kites"},
    "request.model": {"type": "string", "enum": ["kite"], "required": True},
    "request.callBackUrl": {"type": "string", "format": "uri"},
    "request.input": {"type": "object", "required": True},
    "request.input.prompt": {"type": "string", "max_length": {"values": [10, 20]}, "required": True},
    "request.input.seconds": {"type": "string", "enum": [5, 10], "default": 5},
    "request.input.urls": {
        "type": "array",
        "items": "string",
        "format": "uri",
        "min_items": 1,
        "max_items": 3,
        "unique_items": True,
        "required": True,
    },
    "request.input.tags": {"type": "array", "items": "string", "items.max_length": 5},
    "request.input.shots": {"type": "array", "items": "object", "max_items": 2},
    "request.input.shots.text": {"type": "string", "max_length": 8, "required": True},
    "request.input.shots.seconds": {"type": "integer", "minimum": 1, "maximum": 9},
    "request.input.file": {"type": "string", "max_bytes": 10},
    "request.input.sample": {"valid": True},
    "callback": {"field": "callBackUrl"},
}
WAIVERS = (
    Waiver(fact="request.input.prompt.max_length", document={"values": [10, 20]}, spec=15, why="It is the service's."),
    Waiver(fact="request.input.file", document={"type": "string"}, spec="none", why="It is no field."),
    Waiver(fact="request.input.seconds.default", document=5, spec="none", why="It is not applied."),
)
INPUT: Node = {
    "type": "object",
    "required": ["prompt", "urls"],
    "properties": {
        "prompt": {"type": "string", "maxLength": 15},
        "seconds": {"type": "string", "enum": ["5", "10"]},
        "urls": {
            "type": "array",
            "minItems": 1,
            "maxItems": 3,
            "uniqueItems": True,
            "items": {"type": "string", "format": "uri"},
        },
        "tags": {"type": "array", "items": {"type": "string", "maxLength": 5}},
        "shots": {
            "type": "array",
            "maxItems": 2,
            "items": {
                "type": "object",
                "required": ["text"],
                "properties": {
                    "text": {"type": "string", "maxLength": 8},
                    "seconds": {"type": "integer", "minimum": 1, "maximum": 9},
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}


def facts_sheet(**changes: Any) -> Sheet:
    fields = {"document": "kite", "form": "kie", "api": "kites", "models": ("kite",), "sha256": "", "facts": FACTS}
    return Sheet(**{**fields, "waivers": WAIVERS, **changes})


def test_facts_and_waivers_become_a_schema():
    (request,) = documented("kites", [facts_sheet()])
    assert request.typed == INPUT
    assert request.body["properties"]["callBackUrl"] == {"type": "string", "format": "uri"}
    assert (request.is_wrapped, request.callback, request.models) == (True, "callBackUrl", ("kite",))


def test_a_body_without_input_is_typed_without_the_callback():
    facts = {where.replace("request.input", "request"): values for where, values in FACTS.items()}
    facts["request"] = FACTS["request"] | {"open": True}
    (request,) = documented("kites", [facts_sheet(facts=facts, waivers=())])
    assert request.body["additionalProperties"] is True
    assert request.typed["additionalProperties"] is False
    assert request.body["properties"].keys() - request.typed["properties"].keys() == {"callBackUrl"}


def test_defaults_in_required_objects_are_found():
    (request,) = documented("kites", [evolve(facts_sheet(), waivers=())])
    assert defaults(request.body) == {"input.seconds": "5"}


def test_every_page_about_a_request_has_a_documented_request():
    documents = [request.document for api in apis() for request in documented(api)]
    assert documents == [
        page.document for page in sorted(sheets(), key=lambda page: str(page.api)) if page.facts["request"]
    ]


def spec() -> Spec:
    return {"info": {}, "paths": {}, "components": {"securitySchemes": {"key": {}}, "schemas": {"Kite": INPUT}}}


EQUIVALENT_MUTANTS = {"urls/items/minLength add limit: 1", "items/properties/seconds/format add format: int32"}
"""Mutants that no value reveals: no URI is empty, and no validator knows this format."""
MUTANTS = [
    mutant
    for mutant in mutants(spec())
    if mutant.pointer.startswith("/components/schemas/Kite")
    and "default" not in mutant.operator
    and mutant.operator != "add key"  # adds keys that no document states; the lint refuses them
    and not str(mutant).endswith(tuple(EQUIVALENT_MUTANTS))
]


def test_every_limit_of_a_list_has_mutants():
    operators = {(mutant.pointer.rpartition("/properties/")[2], mutant.operator) for mutant in MUTANTS}
    assert operators >= {
        *((f"urls/{key}", "shift limit") for key in ("minItems", "maxItems")),
        *((f"urls/{key}", "drop limit") for key in ("minItems", "maxItems", "uniqueItems")),
        *((f"tags/{key}", "add limit") for key in ("minItems", "maxItems", "uniqueItems")),
        *((f"{name}/items", "drop schema") for name in ("urls", "tags", "shots")),
        *(("urls/items/format", operator) for operator in ("drop format", "change format")),
        *(("tags/items/maxLength", operator) for operator in ("shift limit", "drop limit")),
        ("shots/items/additionalProperties", "open object"),
        *((f"{name}", operator) for name in ("text", "seconds") for operator in ("drop property", "toggle required")),
        *((f"seconds/{key}", "shift limit") for key in ("minimum", "maximum")),
    }


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_changed_limit_is_detected_by_the_oracle(mutant: Any):
    (request,) = documented("kites", [facts_sheet()])
    assert [*differences(request.typed, verdicts(request.typed), spec(), INPUT)] == []
    schema = mutant.spec["components"]["schemas"]["Kite"]
    assert next(differences(request.typed, verdicts(request.typed), mutant.spec, schema), None) is not None
