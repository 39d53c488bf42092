"""`make generate`: the same bytes every time, and a loud end when something no longer fits."""

import json
import os
import subprocess
import sys

import pytest

from scripts import generate
from scripts.codegen.amend import Amendment, AmendmentError, amend, load
from scripts.codegen.build import OUTPUT
from scripts.specs.files import ROOT, SPECS, apis
from scripts.specs.files import load as load_spec
from scripts.codegen.expressions import UnsupportedSchemaError, annotate


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
    """Over a folder that holds a stale file, which must go."""
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
        {"type": "array", "items": {"type": "string"}, "minItems": 1},
        {"type": "object"},
        {"$ref": "#/components/schemas/Thing", "maxLength": 1},
        {"maxLength": 1},
    ],
)
def test_a_limit_that_no_check_enforces_ends_the_generation(schema):
    with pytest.raises(UnsupportedSchemaError, match="Thing"):
        annotated(schema)


@pytest.mark.parametrize("rule", [{"additionalProperties": {"type": "string"}}, {"minProperties": 1}])
def test_a_limit_of_the_whole_object_ends_the_generation(rule):
    with pytest.raises(UnsupportedSchemaError, match=f"Thing: no check for {next(iter(rule))}"):
        annotated({"type": "string"}, **rule)
