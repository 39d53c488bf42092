"""`make generate`: its output is reproducible, and it fails when a template or schema no longer fits."""

import importlib
import json
import os
import pathlib
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


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def python(*arguments, **environment):
    command = [sys.executable, *arguments]
    subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=True)


@pytest.mark.parametrize("seed", ["1", "4242"])
def test_regeneration_gives_the_committed_bytes(tmp_path, seed):
    """Over a folder that holds a stale file, which must go; in whatever order, which the seed decides, sets are."""
    stale = tmp_path / "kie" / "models" / "stale.py"
    stale.parent.mkdir(parents=True)
    stale.touch()
    python("-m", "scripts.generate", "--output", str(tmp_path), PYTHONHASHSEED=seed)

    assert files(tmp_path) == files(OUTPUT)


@pytest.mark.parametrize("path", sorted(OUTPUT.rglob("*.py")), ids=str)
def test_every_module_names_its_origin_and_command(path):
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# Written by `make generate` from ")
    origin = first.removeprefix("# Written by `make generate` from ").partition(";")[0]
    assert (ROOT / origin).exists()


@pytest.mark.parametrize("api", apis())
def test_a_client_carries_its_spec_and_its_types(api):
    assert json.loads((OUTPUT / api / "openapi.json").read_bytes()) == load_spec(api)
    assert (OUTPUT / api / "py.typed").exists()


def test_an_unknown_api_is_refused():
    assert "no such spec: kei" in (generate.main(["kei"]) or "")


@pytest.mark.parametrize("api", apis())
def test_models_do_not_load_an_http_client(api):
    python("-c", f"import sys, klingkit_api.{api}.models; sys.exit('httpx' in sys.modules)")


def amendment(**changes):
    entry = {"name": "hide it", "reason": "because", "template": "a.jinja", "anchor": "old\n"}
    return Amendment(**{**entry, "replacement": "new\n", **changes})


def amended(tmp_path, text, *amendments):
    templates, target = tmp_path / "templates", tmp_path / "target"
    templates.mkdir()
    (templates / "a.jinja").write_text(text)
    amend(templates, amendments, target)
    return (target / "a.jinja").read_text()


def test_an_amendment_replaces_its_anchor(tmp_path):
    assert amended(tmp_path, "1\nold\n2\n", amendment()) == "1\nnew\n2\n"


def test_an_amendment_replaces_all_through_its_end(tmp_path):
    wide = amendment(through="end\n")
    assert amended(tmp_path, "1\nold\n2\nend\n3\n", wide) == "1\nnew\n3\n"


def test_amendments_build_on_each_other(tmp_path):
    second = amendment(anchor="new\n", replacement="newer\n")
    assert amended(tmp_path, "old\n", amendment(), second) == "newer\n"


@pytest.mark.parametrize(
    ("text", "changes", "times"),
    [
        ("nothing\n", {}, "0 times"),
        ("old\nold\n", {}, "2 times"),
        ("old\n", {"through": "end\n"}, "0 times"),
        ("old\nend\nend\n", {"through": "end\n"}, "2 times"),
        ("end\nold\n", {"through": "end\n"}, "0 times"),
    ],
)
def test_an_anchor_that_is_not_there_once_ends_the_generation(tmp_path, text, changes, times):
    with pytest.raises(AmendmentError) as caught:
        amended(tmp_path, text, amendment(**changes))
    assert all(word in str(caught.value) for word in ("hide it", "a.jinja", times))


def test_every_amendment_has_its_own_name_and_a_reason():
    amendments = load(SPECS / "codegen" / "amendments")
    names = [entry.name for entry in amendments]
    assert sorted(names) == sorted(set(names))
    assert all(entry.reason for entry in amendments)


def annotated(schema, **rules):
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
    assert annotated(schema) == expression


def reference(name):
    return {"$ref": f"#/components/schemas/{name}"}


def test_what_is_sent_must_be_sendable_and_what_is_read_need_not():
    """Sent: closed schemas, bodies of requests, and what they hold; not the bodies of callbacks."""
    text = {"type": "object", "properties": {"a": {"type": "string"}}}
    holder = {"type": "object", "properties": {"a": {"type": "string"}, "b": reference("Held")}}
    body = {"content": {"application/json": {"schema": {"anyOf": [reference("Body"), reference("Held")]}}}}
    called = {"requestBody": {"content": {"application/json": {"schema": reference("Called")}}}}
    schemas = {"Typed": {**text, "additionalProperties": False}, "Body": holder, "Held": text}
    spec = {
        "paths": {"/": {"post": {"requestBody": body, "callbacks": {"changed": {"/": {"post": called}}}}}},
        "components": {"schemas": {**schemas, "Called": text, "Read": text}},
    }
    checks = {name: schema["x-checks"]["a"] for name, schema in annotate(spec)["components"]["schemas"].items()}
    sent = dict.fromkeys(["Typed", "Body", "Held"], '"a", Text(sendable=True), optional=True')
    assert checks == {**sent, **dict.fromkeys(["Called", "Read"], '"a", Text(), optional=True')}


def test_nothing_of_a_loaded_spec_is_shared():
    """YAML shares what it merges; a change in one place would be one in all."""
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
def test_a_limit_that_no_check_enforces_ends_the_generation(schema):
    with pytest.raises(UnsupportedSchemaError, match="Thing"):
        annotated(schema)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string", "format": "date"}, "no check for format"),
        ({"type": "integer", "format": "uri"}, "no check for format"),
        ({"type": "array", "items": {"type": "array", "items": {}}}, "a list in a list"),
    ],
)
def test_what_is_sent_is_checked_in_full(schema, words):
    with pytest.raises(UnsupportedSchemaError, match=words):
        annotated(schema, additionalProperties=False)


@pytest.mark.parametrize("rule", [{"additionalProperties": {"type": "string"}}, {"minProperties": 1}])
def test_a_limit_of_the_whole_object_ends_the_generation(rule):
    with pytest.raises(UnsupportedSchemaError, match=f"Thing: no check for {next(iter(rule))}"):
        annotated({"type": "string"}, **rule)


def listing(items, **limits):
    return {"type": "array", "items": items, "description": "Some.", **limits}


SHOTS = {
    "type": "object",
    "additionalProperties": False,
    "required": ["images", "shots"],
    "properties": {
        "images": listing({"type": "string", "format": "uri"}, minItems=1, maxItems=2, uniqueItems=True),
        "shots": listing(reference("Shot"), maxItems=2),
        "kinds": listing({"type": "string", "enum": ["wide", "close"]}),
        "tags": {"type": ["array", "null"], "items": {"type": "string"}},
    },
}
SHOT = {
    "type": "object",
    "additionalProperties": False,
    "required": ["prompt"],
    "properties": {"prompt": {"type": "string", "maxLength": 5}, "angle": {"type": "string", "enum": ["low", "high"]}},
}


def envelope(model, held):
    named = {"const": model, "default": model}
    properties = {"model": named, "input": reference(held), "callBackUrl": {"type": "string", "format": "uri"}}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["model", "input"],
        "properties": properties,
    }


MADE_UP = {
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
            "Shots": SHOTS,
            "Shot": SHOT,
            "CreateShots": envelope("shots/1", "Shots"),
            "CreateShot": envelope("shot/1", "Shot"),
        }
    },
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """The client of a spec that has lists in its requests."""
    folder = tmp_path_factory.mktemp("made_up") / "made_up_api"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "load", lambda api: MADE_UP)
        build.write_shared(folder)
        build.write_client("shop", folder)
        patch.syspath_prepend(folder.parent)
        yield importlib.import_module("made_up_api.shop.requests")


IMAGE = "https://studio.example/boat.png"


def test_a_list_in_a_request_is_a_tuple_and_json_has_a_list(shop):
    images = [IMAGE]
    request = shop.Shots(images=images, shots=(shop.Shot(prompt="a"), shop.Shot(prompt="b")))
    images.append("no URI")

    assert request.images == (IMAGE,)
    assert request.shots[1].prompt == "b"
    assert request.to_dict() == {"images": [IMAGE], "shots": [{"prompt": "a"}, {"prompt": "b"}]}
    assert type(request).from_dict(request.to_dict()) == request
    assert type(request).from_dict({**request.to_dict(), "tags": None}).tags is None


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"images": []}, "images", "at least 1 items, not 0"),
        ({"images": [IMAGE] * 3}, "images", "at most 2 items, not 3"),
        ({"images": [IMAGE] * 2}, "images", "free of repeated items"),
        ({"images": ["boat.png"]}, "images[0]", "a URI .* not 'boat.png'"),
        ({"images": [IMAGE, 5]}, "images[1]", "a string, not 5"),
        ({"images": IMAGE}, "images", "a list, not 'https"),
        ({"shots": [{"prompt": "a"}]}, r"shots[0]", "a Shot, not"),
        ({"kinds": ["wide", "far"]}, "kinds[1]", "one of 'wide', 'close', not 'far'"),
    ],
)
def test_a_wrong_list_is_refused_when_made_and_when_changed(shop, change, field, words):
    good = {"images": [IMAGE], "shots": []}
    with pytest.raises(ValueError, match=words) as caught:
        shop.Shots(**{**good, **change})
    assert str(caught.value).startswith(f"{field} must be ")

    request = shop.Shots(**good)
    ((name, value),) = change.items()
    with pytest.raises(ValueError, match=words):
        setattr(request, name, value)
    assert request == shop.Shots(**good)


def test_json_that_holds_a_wrong_item_names_its_place(shop):
    with pytest.raises(ValueError, match=r"shots\[1\].prompt must be at most 5 characters"):
        shop.Shots.from_dict({"images": [IMAGE], "shots": [{"prompt": "a"}, {"prompt": "a long one"}]})


def test_what_a_list_holds_stays_checked(shop):
    request = shop.Shots(images=[IMAGE], shots=[shop.Shot(prompt="a")])
    with pytest.raises(ValueError, match="at most 5 characters"):
        request.shots[0].prompt = "a long one"


def test_requests_are_connected_to_their_models_and_bodies(shop):
    assert shop.__all__ == ["Shot", "ShotAngle", "Shots", "ShotsKindsItem"]
    assert {"shots/1": shop.Shots, "shot/1": shop.Shot} == shop.MODELS
    body = shop.BODIES[shop.Shot](shop.Shot(prompt="a"), call_back_url=IMAGE)
    assert body.to_dict() == {"model": "shot/1", "input": {"prompt": "a"}, "callBackUrl": IMAGE}


USE = f"""\
from made_up_api.shop.requests import Shot, Shots

request = Shots(images=["{IMAGE}"], shots=[Shot(prompt="a")], kinds=["wide"])
Shots(images=("{IMAGE}",), shots=(Shot(prompt="a", angle="low"),))
held: tuple[str, ...] = request.images
Shots(images="{IMAGE}", shots=[])  # wrong
Shots(images=[5], shots=[])  # wrong
Shots(images=[], shots=[], kinds=["far"])  # wrong
request.images.append("{IMAGE}")  # wrong
"""


CACHED = f"--cache-dir={ROOT / '.cache' / 'mypy-samples'}"


@pytest.mark.parametrize("checker", [f"mypy --strict --no-error-summary --config-file= {CACHED}", "pyright"])
def test_type_checkers_take_a_list_and_see_a_tuple(shop, checker):
    folder = pathlib.Path(shop.__file__).parents[2]
    (folder / "use.py").write_text(USE)
    (folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    name, *options = checker.split()
    command = [pathlib.Path(sys.executable).with_name(name), *options, "use.py"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    found = {int(line.split(":")[1]) for line in run.stdout.splitlines() if "use.py:" in line and "error" in line}
    assert found == {number for number, line in enumerate(USE.splitlines(), 1) if line.endswith("# wrong")}, run.stdout
