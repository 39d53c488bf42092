"""Tests that edits of a spec are rated by what they mean to users of its client, and that layout means nothing."""

import copy
import json
import re
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract_tests.specs import mistakes
from contract_tests.specs.edits import ALL_EDITS, REQUESTS, RESPONSES, Edit
from contract_tests.specs.mistakes import REMOVED, committed_spec, edited_spec, pointer, set_value
from scripts.specs.diff.versions import Change, compare, overall
from scripts.specs.files import apis, load
from scripts.specs.spec import paid_operation, resolved, validator

SCHEMAS_REF = "#/components/schemas/"


def changes_at_place(edit: Edit, changes: list[Change]) -> list[Change]:
    return [change for change in changes if (change.place, change.what) == (edit.where, edit.what)]


@pytest.mark.parametrize("edit", ALL_EDITS, ids=str)
def test_edit_is_rated_at_its_place(edit):
    changes = compare(*edit.specs)
    (change,) = changes_at_place(edit, changes)

    assert (change.level, change.side) == (edit.levels.split()[0], edit.side)
    assert overall(changes) == change.level


@pytest.mark.parametrize("edit", ALL_EDITS, ids=str)
def test_reverted_edit_has_its_own_rating(edit):
    assert overall(compare(*reversed(edit.specs))) == edit.levels.split()[1]


@pytest.mark.parametrize("api", apis())
def test_a_spec_compared_with_itself_has_no_changes(api):
    assert compare(committed_spec(api), committed_spec(api)) == []
    assert overall([]) is None


@pytest.mark.parametrize("mistake", mistakes.ALL_MISTAKES, ids=str)
def test_every_edit_is_reported_as_a_change(mistake):
    assert compare(committed_spec(mistake.api), edited_spec(mistake.api, mistake.place, mistake.value))


EDIT_BY_FIELD = {
    edit.place.partition("/")[0]: edit for edit in [*REQUESTS, *RESPONSES] if re.match(r"[A-Z]\w+\.", edit.place)
}
"""An edit for each of many fields; none of them affects another."""


@cache
def changes_of_edit(field: str) -> set[tuple[str, str, str]]:
    return significant_changes(compare(*EDIT_BY_FIELD[field].specs))


@settings(deadline=None, max_examples=30)
@given(st.lists(st.sampled_from(sorted(EDIT_BY_FIELD)), min_size=2, unique=True))
def test_edits_of_several_fields_are_rated_like_single_edits(fields):
    spec = load("kie")
    for field in fields:
        set_value(spec, EDIT_BY_FIELD[field].place, EDIT_BY_FIELD[field].value)

    assert significant_changes(compare(committed_spec("kie"), spec)) == set().union(*map(changes_of_edit, fields))


def significant_changes(changes: list[Change]) -> set[tuple[str, str, str]]:
    return {(change.place, change.what, change.level) for change in changes if change.level != "patch"}


@pytest.mark.parametrize("edit", [edit for edit in REQUESTS if edit.levels.startswith("minor")], ids=str)
def test_minor_change_rejects_no_request_that_was_allowed(edit):
    old, new = edit.specs
    media = paid_operation(old).node["requestBody"]["content"]["application/json"]
    new_validator = validator(new, paid_operation(new).body or {})
    assert all(new_validator.is_valid(example["value"]) for example in media["examples"].values())


def test_change_in_a_shared_component_is_reported_once():
    changes = compare(committed_spec("kie"), edited_spec("kie", "ErrorResponse.message", REMOVED))
    assert [change.place for change in changes] == ["ErrorResponse.message"]


def inline_field(spec: Any, name: str, field: str) -> None:
    fields = spec["components"]["schemas"][name]["properties"]
    fields[field] = copy.deepcopy(resolved(spec, fields[field]))


@pytest.mark.parametrize(("name", "field"), [("CreateKling21Pro", "input"), ("TaskParam", "input")])
def test_inlining_a_reference_is_no_change(name, field):
    spec = load("kie")
    inline_field(spec, name, field)

    assert (
        significant_changes(compare(committed_spec("kie"), spec))
        == significant_changes(compare(spec, committed_spec("kie")))
        == set()
    )


def test_changes_in_an_inlined_component_are_found():
    spec = load("kie")
    inline_field(spec, "CreateKling21Pro", "input")
    set_value(spec, "CreateKling21Pro.input/properties/prompt/maxLength", 4000)

    assert significant_changes(compare(committed_spec("kie"), spec)) == {
        ("CreateKling21Pro.input.prompt", "maxLength", "major")
    }


@pytest.mark.parametrize(
    ("place", "layout"),
    [
        ("CreateKling21Pro.model", {"type": "string", "enum": ["kling/v2-1-pro"], "default": "kling/v2-1-pro"}),
        ("RecordInfo.failMsg", {"anyOf": [{"type": "null"}, {"type": "string"}]}),
        ("RecordInfo.data", {"oneOf": [{"type": "null"}, {"$ref": f"{SCHEMAS_REF}RecordInfo"}]}),
        ("RecordInfo.state", {"type": ["string", "null"], "anyOf": [{"enum": ["waiting", "success", "fail"]}, {}]}),
        ("Kling21Pro.duration", {"enum": ["5"], "anyOf": [{"type": "string"}]}),
        ("Kling21Pro.prompt", {"allOf": [{"type": "string"}, {"maxLength": 5000}, {"maxLength": 6000}]}),
        ("CreateKling21Pro.input", {"allOf": [{"$ref": f"{SCHEMAS_REF}Kling21Pro"}]}),
        (
            "Kling21Pro.cfg_scale",
            {
                "allOf": [
                    {"type": ["number", "string"], "minimum": -1, "default": 0.5},
                    {"type": "number", "maximum": 1},
                ],
                "minimum": 0,
                "multipleOf": 0.1,
            },
        ),
    ],
)
def test_layout_means_nothing(place, layout):
    old, new = edited_spec("kie", *STARTING_FORMS.get(place, ("/info/x-old", True))), edited_spec("kie", place, layout)
    assert significant_changes(compare(old, new)) == significant_changes(compare(new, old)) == set()


STARTING_FORMS = {
    "RecordInfo.data": ("RecordInfo.data", {"oneOf": [{"$ref": f"{SCHEMAS_REF}RecordInfo"}, {"type": "null"}]}),
    "Kling21Pro.duration": ("Kling21Pro.duration", {"type": "string", "enum": ["5"]}),
}
"""The layout that a field must have before the test changes it; `RecordInfo.data` refers to itself."""


def test_the_order_of_keys_is_no_difference():
    assert compare(committed_spec("kie"), dict(reversed(committed_spec("kie").items()))) == []


@pytest.mark.parametrize(
    ("states", "levels"),
    [
        (["waiting", "success", "fail", "queuing"], "major major"),
        (["waiting", "success"], "major major"),
    ],
)
def test_other_states_in_a_closed_list_of_a_response_are_major(states, levels):
    """Code that knows all states is surprised by a new one, and a decoder by one that no longer exists."""
    listed = {"type": "string", "enum": ["waiting", "success", "fail"]}
    old, new = (
        edited_spec("kie", "RecordInfo.state", listed),
        edited_spec("kie", "RecordInfo.state", {**listed, "enum": states}),
    )

    assert [overall(compare(old, new)), overall(compare(new, old))] == levels.split()


def with_renamed_component(spec: Any, old: str, new: str) -> Any:
    return json.loads(
        json.dumps(spec).replace(f'{SCHEMAS_REF}{old}"', f'{SCHEMAS_REF}{new}"').replace(f'"{old}":', f'"{new}":')
    )


@pytest.mark.parametrize("name", ["Kling21Pro", "RecordInfo", "TaskState", "ErrorResponse"])
def test_another_name_of_a_component_is_major(name):
    """The name of a component is that of a generated class."""
    (change,) = compare(committed_spec("kie"), with_renamed_component(committed_spec("kie"), name, f"{name}2"))
    assert (change.place, change.what, change.was, change.now) == (name, "name", name, f"{name}2")
    assert change.level == "major"


def test_a_component_with_another_name_and_other_fields_counts_as_removed():
    spec = with_renamed_component(committed_spec("kie"), "Kling21Pro", "Kling22Pro")
    set_value(spec, "Kling22Pro.prompt/maxLength", 4000)

    assert significant_changes(compare(committed_spec("kie"), spec)) == {
        ("Kling21Pro", "component removed", "major"),
        ("CreateKling21Pro.input.prompt", "maxLength", "major"),
    }


def test_moving_a_schema_into_a_component_is_no_change():
    spec = edited_spec("kie", "Kling21Pro.duration", {"$ref": f"{SCHEMAS_REF}Seconds", "default": "5"})
    set_value(spec, "Seconds", committed_spec("kie")["components"]["schemas"]["Kling21Pro"]["properties"]["duration"])

    assert significant_changes(compare(committed_spec("kie"), spec)) == set()


def test_forms_are_matched_by_name_or_by_their_constants():
    """Their order does not matter."""
    schema = pointer("POST/requestBody/JSON/schema")
    spec = edited_spec(
        "kie",
        schema,
        {
            "oneOf": committed_spec("kie")["paths"]["/api/v1/jobs/createTask"]["post"]["requestBody"]["content"][
                "application/json"
            ]["schema"]["oneOf"][::-1]
        },
    )
    assert significant_changes(compare(committed_spec("kie"), spec)) == set()

    for name in ("CreateKling26TextToVideo", "CreateKling21Pro"):
        spec = with_renamed_component(spec, name, f"{name}2")
    set_value(spec, "CreateKling21Pro2.callBackUrl", REMOVED)
    assert ("createTask.callBackUrl", "field removed", "major") in significant_changes(
        compare(committed_spec("kie"), spec)
    )


def test_a_path_may_change_under_an_operation():
    old, new = "/api/v1/jobs/recordInfo", "/api/v2/tasks"
    spec = json.loads(json.dumps(committed_spec("kie")).replace(f'"{old}"', f'"{new}"'))

    assert significant_changes(compare(committed_spec("kie"), spec)) == {("getRecordInfo", "path", "major")}
    set_value(spec, f"/paths/{new.replace('/', '~1')}/get/parameters/0/name", "id")
    assert ("getRecordInfo.id", "parameter added", "major") in significant_changes(compare(committed_spec("kie"), spec))


def test_parameters_of_a_path_are_those_of_its_operations():
    spec = load("kie")
    path = spec["paths"]["/api/v1/jobs/recordInfo"]
    path["parameters"] = path["get"].pop("parameters")

    assert significant_changes(compare(committed_spec("kie"), spec)) == set()


def test_another_address_of_a_callback_is_major():
    old, new = "{$request.body#/callBackUrl}", "{$request.body#/url}"
    (change,) = compare(committed_spec("kie"), json.loads(json.dumps(committed_spec("kie")).replace(old, new)))
    assert (change.place, change.what, change.level) == ("taskEnded", "address", "major")


def test_fewer_forms_are_major_and_more_types_are_minor():
    """A form that an operation no longer takes breaks clients; a further type of a field does not."""
    forms = {"anyOf": [{"$ref": f"{SCHEMAS_REF}Text2Video"}, {"$ref": f"{SCHEMAS_REF}Camera"}]}
    body = "native:/paths/~1v1~1videos~1text2video/post/requestBody/content/application~1json/schema"
    old = edited_spec("native", body, forms)
    new = edited_spec("native", body, forms["anyOf"][0])
    set_value(old, "Text2Video.duration", {"type": "integer", "enum": [5, 10], "default": 5})
    types: list[dict[str, Any]] = [{"type": "integer", "enum": [5, 10]}, {"type": "string", "enum": ["5", "10"]}]
    set_value(new, "Text2Video.duration", {"anyOf": types, "default": 5})

    assert significant_changes(compare(old, new)) == {
        ("createText2Video", "form removed", "major"),
        ("Text2Video.duration", "type", "minor"),
    }
    (wider,) = (change for change in compare(old, new) if change.what == "type")
    assert (wider.was, wider.now) == ("integer 5, 10", 'integer 5, 10 or string "5", "10"')

    set_value(new, "Text2Video.duration", {**types[1], "default": "5"})
    assert significant_changes(compare(old, new)) >= {
        ("Text2Video.duration", "type", "major"),
        ("Text2Video.duration", "default", "major"),
    }


def test_added_and_removed_apis_are_one_change_each():
    (added,) = compare(None, committed_spec("kie"))
    (removed,) = compare(committed_spec("kie"), None)
    assert (added.what, added.level, removed.what, removed.level) == ("API added", "minor", "API removed", "major")
    assert compare(None, None) == []
