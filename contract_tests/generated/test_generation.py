"""Tests that the output of `make generate` is reproducible, and that misfit templates or schemas are errors."""

import importlib
import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

from scripts import generate
from scripts.codegen import build
from scripts.codegen.amend import Amendment, AmendmentError, amend, load
from scripts.codegen.build import OUTPUT
from scripts.codegen.expressions import UnsupportedSchemaError, annotate
from scripts.specs.files import ROOT, SPECS, apis
from scripts.specs.files import load as load_spec


def contents_by_path(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def run_python(*arguments, **environment):
    command = [sys.executable, *arguments]
    subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=True)


def test_regeneration_gives_the_committed_bytes(tmp_path):
    """The folder has a stale file, which must go; the order of sets, which the hash seed decides, must not matter."""
    stale = tmp_path / "kie" / "models" / "stale.py"
    stale.parent.mkdir(parents=True)
    stale.touch()
    run_python("-m", "scripts.generate", "--output", str(tmp_path), PYTHONHASHSEED="4242")

    assert contents_by_path(tmp_path) == contents_by_path(OUTPUT)


def test_every_module_names_its_origin_and_command():
    firsts = {path: path.read_text(encoding="utf-8").splitlines()[0] for path in OUTPUT.rglob("*.py")}
    origins = {path: re.findall("^# Written by `make generate` from (.*?);", first) for path, first in firsts.items()}
    assert len(origins) > 100
    assert [path for path, found in origins.items() if not any((ROOT / origin).exists() for origin in found)] == []


@pytest.mark.parametrize("api", apis())
def test_a_client_carries_its_spec_and_its_types(api):
    assert json.loads((OUTPUT / api / "openapi.json").read_bytes()) == load_spec(api)
    assert (OUTPUT / api / "py.typed").exists()


def test_an_unknown_api_is_refused():
    assert "no such spec: kei" in (generate.main(["kei"]) or "")


@pytest.mark.parametrize("api", apis())
def test_models_do_not_load_an_http_client(api):
    run_python("-c", f"import sys, klingkit_api.{api}.models; sys.exit('httpx' in sys.modules)")


def amendment(**changes):
    entry = {"name": "hide it", "reason": "because", "template": "a.jinja", "anchor": "old\n"}
    return Amendment(**{**entry, "replacement": "new\n", **changes})


def amended_template(tmp_path, text, *amendments):
    templates, target = tmp_path / "templates", tmp_path / "target"
    templates.mkdir()
    (templates / "a.jinja").write_text(text)
    amend(templates, amendments, target)
    return (target / "a.jinja").read_text()


def test_an_amendment_replaces_its_anchor(tmp_path):
    assert amended_template(tmp_path, "1\nold\n2\n", amendment()) == "1\nnew\n2\n"


def test_an_amendment_replaces_all_through_its_end(tmp_path):
    through_the_end = amendment(through="end\n")
    assert amended_template(tmp_path, "1\nold\n2\nend\n3\n", through_the_end) == "1\nnew\n3\n"


def test_amendments_build_on_each_other(tmp_path):
    second = amendment(anchor="new\n", replacement="newer\n")
    assert amended_template(tmp_path, "old\n", amendment(), second) == "newer\n"


@pytest.mark.parametrize(
    ("text", "changes", "occurrences"),
    [
        ("nothing\n", {}, "0 times"),
        ("old\nold\n", {}, "2 times"),
        ("old\n", {"through": "end\n"}, "0 times"),
        ("old\nend\nend\n", {"through": "end\n"}, "2 times"),
        ("end\nold\n", {"through": "end\n"}, "0 times"),
    ],
)
def test_an_anchor_that_does_not_occur_exactly_once_is_an_error(tmp_path, text, changes, occurrences):
    with pytest.raises(AmendmentError) as caught:
        amended_template(tmp_path, text, amendment(**changes))
    assert all(word in str(caught.value) for word in ("hide it", "a.jinja", occurrences))


def test_every_amendment_has_its_own_name_and_a_reason():
    amendments = load(SPECS / "codegen" / "amendments")
    names = [entry.name for entry in amendments]
    assert sorted(names) == sorted(set(names))
    assert all(entry.reason for entry in amendments)


def check_of_schema(schema, **rules):
    spec = {"components": {"schemas": {"Thing": {"type": "object", "properties": {"a": schema}, **rules}}}}
    return annotate(spec)["components"]["schemas"]["Thing"]["x-checks"]["a"]


@pytest.mark.parametrize(
    ("schema", "expression"),
    [
        ({"type": "string"}, '"a", Text(), optional=True'),
        ({"type": "string", "minLength": 1, "maxLength": 9}, '"a", Text(min_length=1, max_length=9), optional=True'),
        ({"type": ["string", "null"], "maxLength": 9}, '"a", AnyOf(Text(max_length=9), Null()), optional=True'),
        ({"type": "integer", "enum": [5, 10]}, '"a", Choice(5, 10), optional=True'),
        ({"type": "array", "items": {"type": "string"}}, '"a", List(Text()), optional=True'),
        (
            {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 2, "uniqueItems": True},
            '"a", List(Integer(), min_items=1, max_items=2, unique=True), optional=True',
        ),
        ({"type": "string", "format": "uri"}, '"a", Text(), optional=True'),
        ({"$ref": "#/components/schemas/Thing"}, '"a", Model(Thing), optional=True'),
        ({}, '"a", Anything(), optional=True'),
    ],
)
def test_a_schema_becomes_a_check(schema, expression):
    assert check_of_schema(schema) == expression


def reference(name):
    return {"$ref": f"#/components/schemas/{name}"}


def test_only_fields_that_are_sent_must_be_sendable():
    """Closed schemas, bodies of requests and the schemas in them are sent; the bodies of callbacks are not."""
    text = {"type": "object", "properties": {"a": {"type": "string"}}}
    holder = {"type": "object", "properties": {"a": {"type": "string"}, "b": reference("Held")}}
    body = {"content": {"application/json": {"schema": {"anyOf": [reference("Body"), reference("Held")]}}}}
    callback_operation = {"requestBody": {"content": {"application/json": {"schema": reference("Called")}}}}
    schemas = {"Typed": {**text, "additionalProperties": False}, "Body": holder, "Held": text}
    spec = {
        "paths": {"/": {"post": {"requestBody": body, "callbacks": {"changed": {"/": {"post": callback_operation}}}}}},
        "components": {"schemas": {**schemas, "Called": text, "Read": text}},
    }
    checks = {name: schema["x-checks"]["a"] for name, schema in annotate(spec)["components"]["schemas"].items()}
    sendable_checks = dict.fromkeys(["Typed", "Body", "Held"], '"a", Text(sendable=True), optional=True')
    assert checks == {**sendable_checks, **dict.fromkeys(["Called", "Read"], '"a", Text(), optional=True')}


def test_a_loaded_spec_shares_no_nodes():
    """YAML shares merged nodes; a change in one place would otherwise change all."""
    schemas = load_spec("native")["components"]["schemas"]
    schemas["Text2Video"]["properties"]["prompt"]["maxLength"] = 1
    assert schemas["CreateText2Video"]["properties"]["prompt"]["maxLength"] == 2500


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "pattern": "^a"},
        {"type": "number", "exclusiveMinimum": 0},
        {"type": "string", "minimum": 0},
        {"type": "array", "items": {"type": "string"}, "contains": {"type": "string"}},
        {"type": "object"},
        {"$ref": "#/components/schemas/Thing", "maxLength": 1},
        {"maxLength": 1},
    ],
)
def test_a_limit_that_no_check_enforces_is_an_error(schema):
    with pytest.raises(UnsupportedSchemaError, match="Thing"):
        check_of_schema(schema)


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "string", "format": "date"}, "no check for format"),
        ({"type": "integer", "format": "uri"}, "no check for format"),
        ({"type": "array", "items": {"type": "array", "items": {}}}, "a list in a list"),
    ],
)
def test_an_unchecked_limit_of_a_request_is_an_error(schema, message):
    with pytest.raises(UnsupportedSchemaError, match=message):
        check_of_schema(schema, additionalProperties=False)


@pytest.mark.parametrize("rule", [{"additionalProperties": {"type": "string"}}, {"minProperties": 1}])
def test_a_limit_of_the_whole_object_is_an_error(rule):
    with pytest.raises(UnsupportedSchemaError, match=f"Thing: no check for {next(iter(rule))}"):
        check_of_schema({"type": "string"}, **rule)


def list_schema(items, **limits):
    return {"type": "array", "items": items, "description": "Some.", **limits}


SHOTS_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["images", "shots"],
    "properties": {
        "images": list_schema({"type": "string", "format": "uri"}, minItems=1, maxItems=2, uniqueItems=True),
        "shots": list_schema(reference("Shot"), maxItems=2),
        "kinds": list_schema({"type": "string", "enum": ["wide", "close"]}),
        "tags": {"type": ["array", "null"], "items": {"type": "string"}},
    },
}
SHOT_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["prompt"],
    "properties": {"prompt": {"type": "string", "maxLength": 5}, "angle": {"type": "string", "enum": ["low", "high"]}},
}


def envelope_schema(model, input_schema):
    named = {"const": model, "default": model}
    properties = {"model": named, "input": reference(input_schema), "callBackUrl": {"type": "string", "format": "uri"}}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["model", "input"],
        "properties": properties,
    }


LIST_SPEC = {
    "openapi": "3.1.0",
    "info": {"title": "shop", "version": "1.0.0"},
    "paths": {
        "/create": {
            "post": {
                "operationId": "create",
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"oneOf": [reference("CreateShots"), reference("CreateShot")]}}
                    }
                },
                "responses": {"200": {"description": "Done."}},
            }
        }
    },
    "components": {
        "schemas": {
            "Shots": SHOTS_SCHEMA,
            "Shot": SHOT_SCHEMA,
            "CreateShots": envelope_schema("shots/1", "Shots"),
            "CreateShot": envelope_schema("shot/1", "Shot"),
        }
    },
}


@pytest.fixture(scope="module")
def shop_requests(tmp_path_factory):
    """Generate the client of a spec that has lists in its requests, and import its requests."""
    folder = tmp_path_factory.mktemp("made_up") / "made_up_api"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "load", lambda api: LIST_SPEC)
        build.write_shared(folder)
        build.write_client("shop", folder)
        patch.syspath_prepend(folder.parent)
        yield importlib.import_module("made_up_api.shop.requests")


IMAGE_URL = "https://studio.example/boat.png"


def test_a_list_in_a_request_is_a_tuple_and_json_has_a_list(shop_requests):
    images = [IMAGE_URL]
    request = shop_requests.Shots(images=images, shots=(shop_requests.Shot(prompt="a"), shop_requests.Shot(prompt="b")))
    images.append("no URI")

    assert request.images == (IMAGE_URL,)
    assert request.shots[1].prompt == "b"
    assert request.to_dict() == {"images": [IMAGE_URL], "shots": [{"prompt": "a"}, {"prompt": "b"}]}
    assert type(request).from_dict(request.to_dict()) == request
    assert type(request).from_dict({**request.to_dict(), "tags": None}).tags is None


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"images": []}, "images", "at least 1 items, not 0"),
        ({"images": [IMAGE_URL] * 3}, "images", "at most 2 items, not 3"),
        ({"images": [IMAGE_URL] * 2}, "images", "free of repeated items"),
        ({"images": ["boat.png"]}, "images[0]", "a URI .* not 'boat.png'"),
        ({"images": [IMAGE_URL, 5]}, "images[1]", "a string, not 5"),
        ({"images": IMAGE_URL}, "images", "a list, not 'https"),
        ({"shots": [{"prompt": "a"}]}, r"shots[0]", "a Shot, not"),
        ({"kinds": ["wide", "far"]}, "kinds[1]", "one of 'wide', 'close', not 'far'"),
    ],
)
def test_an_invalid_list_is_refused_on_construction_and_assignment(shop_requests, change, field, message):
    valid_arguments = {"images": [IMAGE_URL], "shots": []}
    with pytest.raises(ValueError, match=message) as caught:
        shop_requests.Shots(**{**valid_arguments, **change})
    assert str(caught.value).startswith(f"{field} must be ")

    request = shop_requests.Shots(**valid_arguments)
    ((name, value),) = change.items()
    with pytest.raises(ValueError, match=message):
        setattr(request, name, value)
    assert request == shop_requests.Shots(**valid_arguments)


def test_the_error_of_an_invalid_item_in_json_names_its_place(shop_requests):
    with pytest.raises(ValueError, match=r"shots\[1\].prompt must be at most 5 characters"):
        shop_requests.Shots.from_dict({"images": [IMAGE_URL], "shots": [{"prompt": "a"}, {"prompt": "a long one"}]})


def test_items_of_a_list_are_checked_on_assignment(shop_requests):
    request = shop_requests.Shots(images=[IMAGE_URL], shots=[shop_requests.Shot(prompt="a")])
    with pytest.raises(ValueError, match="at most 5 characters"):
        request.shots[0].prompt = "a long one"


def test_requests_are_connected_to_their_models_and_bodies(shop_requests):
    assert shop_requests.__all__ == ["Shot", "ShotAngle", "Shots", "ShotsKindsItem"]
    assert {"shots/1": shop_requests.Shots, "shot/1": shop_requests.Shot} == shop_requests.MODELS
    body = shop_requests.BODIES[shop_requests.Shot](shop_requests.Shot(prompt="a"), call_back_url=IMAGE_URL)
    assert body.to_dict() == {"model": "shot/1", "input": {"prompt": "a"}, "callBackUrl": IMAGE_URL}


TYPED_PROGRAM = f"""\
from made_up_api.shop.requests import Shot, Shots

request = Shots(images=["{IMAGE_URL}"], shots=[Shot(prompt="a")], kinds=["wide"])
Shots(images=("{IMAGE_URL}",), shots=(Shot(prompt="a", angle="low"),))
held: tuple[str, ...] = request.images
Shots(images="{IMAGE_URL}", shots=[])  # wrong
Shots(images=[5], shots=[])  # wrong
Shots(images=[], shots=[], kinds=["far"])  # wrong
request.images.append("{IMAGE_URL}")  # wrong
"""


MYPY_CACHE = f"--cache-dir={ROOT / '.cache' / 'mypy-samples'}"


@pytest.mark.parametrize("checker", [f"mypy --strict --no-error-summary --config-file= {MYPY_CACHE}", "pyright"])
def test_type_checkers_accept_a_list_and_infer_a_tuple(shop_requests, checker):
    folder = pathlib.Path(shop_requests.__file__).parents[2]
    (folder / "use.py").write_text(TYPED_PROGRAM)
    (folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    name, *options = checker.split()
    command = [pathlib.Path(sys.executable).with_name(name), *options, "use.py"]
    process = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    reported_lines = {
        int(line.split(":")[1]) for line in process.stdout.splitlines() if "use.py:" in line and "error" in line
    }
    assert reported_lines == {
        number for number, line in enumerate(TYPED_PROGRAM.splitlines(), 1) if line.endswith("# wrong")
    }, process.stdout
