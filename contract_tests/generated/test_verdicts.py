"""Each generated class, and each reading of an answer, accepts exactly what its schema accepts."""

from typing import Any

import httpx
import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract_tests.generated.clients import CLIENTS, DONE, RECORD
from contract_tests.specs.documented import REQUESTS
from klingkit_api.errors import InvalidValue, ResponseParseError
from scripts.specs.files import load
from scripts.specs.models import envelopes

STILL = dict.fromkeys(["horizontal", "vertical", "pan", "tilt", "roll", "zoom"], 0)
CAMERAS: list[dict[str, Any]] = [
    {"type": "zoom", "config": {"value": -5}},
    {"type": "simple", "config": STILL},
    {"type": "down_back"},
]
INPUTS = {str(it): it.least for it in REQUESTS}
BASES: dict[str, dict[str, Any]] = {
    **INPUTS,
    **{f"kie.{it.schema}": {"model": it.model, "input": INPUTS[f"kie.{it.input}"]} for it in envelopes(load("kie"))},
    "native.Camera": CAMERAS[0],
    "relay.Camera": CAMERAS[1],
    "relay.WireCamera": CAMERAS[1],
    "relay.WireCameraMove": CAMERAS[2],
    "relay.CameraConfig": STILL,
    "relay.WireCameraConfig": STILL,
}
ANSWER = {"code": 200, "task_id": "t1", "type": "simple"}
"""What any other schema may require."""

SPECS = {str(it): load(str(it)) for it in CLIENTS}
MODELS = {str(it): it.models for it in CLIENTS}
OBJECTS = {
    f"{api}.{name}": schema
    for api, spec in SPECS.items()
    for name, schema in spec["components"]["schemas"].items()
    if schema.get("type") == "object"
}
ENDPOINTS = [(it, method) for it in CLIENTS for method in ("post", "get")]

words = {
    value
    for spec in SPECS.values()
    for schema in spec["components"]["schemas"].values()
    for rule in [schema, *schema.get("properties", {}).values()]
    for value in [*rule.get("enum", ()), rule.get("const", "x")]
}
lengths = (0, 1, 200, 201, 500, 501, 1000, 1001, 2500, 2501, 5000, 5001)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-11, 12),
    st.integers(),
    st.sampled_from([200, 200.0, 501, 1e22, 1.0, 5.0, 0.0, 0.1 * 3, 10.5]),
    st.integers(-1, 11).map(lambda tenths: tenths / 10),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(sorted(words, key=repr)),
    st.sampled_from(["501", "5.1", "{}"]),
    st.text(max_size=4),
    st.builds(lambda letter, length: letter * length, st.sampled_from("a字😀"), st.sampled_from(lengths)),
)
parts = [*INPUTS.values(), *CAMERAS, STILL, RECORD, DONE, DONE["task_result"], DONE["task_info"], {}]
fields = ["taskId", "state", "prompt", "costTime", "task_id", "task_status", "task_result", "videos", "type", "pan"]
values = st.one_of(
    scalars,
    st.sampled_from(parts),
    st.lists(st.one_of(scalars, st.sampled_from([{"url": "u"}, {"url": 5}])), max_size=2),
    st.dictionaries(st.sampled_from(fields), scalars, max_size=2),
)


@st.composite
def objects(draw, base, names):
    """A right object with a few fields changed, taken out or added."""
    names = [*names, "unknown"]
    changes = draw(st.dictionaries(st.sampled_from(names), values, max_size=3))
    removed = draw(st.sets(st.sampled_from(names), max_size=1))
    return {field: value for field, value in {**base, **changes}.items() if field not in removed}


def accepted_by_class(model, value):
    try:
        loaded = model.from_dict(value)
    except InvalidValue:
        return False
    assert loaded.to_dict() == value
    return True


def accepted_as_answer(it, method, value):
    endpoint = it.create if method == "post" else it.query
    client = it.package.Client(base_url="https://service.example")
    answer = httpx.Response(200, json=value)
    try:
        assert endpoint._parse_response(client=client, response=answer).to_dict() == value
    except ResponseParseError:
        return False
    return True


def agree(strategy, schema, components, accepted):
    """Schema and code judge alike, and say yes as well as no."""
    validator = jsonschema_rs.Draft202012Validator({**schema, "components": components}, validate_formats=True)
    seen = set()

    @settings(max_examples=80, deadline=None, derandomize=True, database=None)
    @given(strategy)
    def compare(value):
        seen.add(validator.is_valid(value))
        assert accepted(value) == validator.is_valid(value)

    compare()
    return seen


@pytest.mark.parametrize("name", OBJECTS)
def test_the_class_accepts_what_the_schema_accepts(name):
    api, schema = name.split(".")
    strategy = objects(BASES.get(name, ANSWER), OBJECTS[name].get("properties", ()))
    model = getattr(MODELS[api], schema)
    rules = {"$ref": f"#/components/schemas/{schema}"}
    seen = agree(strategy, rules, SPECS[api]["components"], lambda value: accepted_by_class(model, value))
    assert seen == ({True} if schema == "JsonObject" else {True, False})


@pytest.mark.parametrize(("it", "method"), ENDPOINTS, ids=str)
def test_an_answer_is_read_if_its_schema_allows_it(it, method):
    spec = SPECS[str(it)]
    (operation,) = (item[method] for item in spec["paths"].values() if method in item)
    rules = operation["responses"]["200"]["content"]["application/json"]["schema"]
    bases = st.sampled_from([source for _, source in it.answers])
    names = {*DONE, "code", "message", "msg", "request_id", "data"}
    strategy = bases.flatmap(lambda base: objects(base, sorted(names)))
    seen = agree(strategy, rules, spec["components"], lambda value: accepted_as_answer(it, method, value))
    assert seen == {True, False}


@pytest.mark.parametrize("name", OBJECTS)
@pytest.mark.parametrize("junk", [None, [], "", "{}", 1, 0.5, True, [{}], b"{}"])
def test_what_is_no_object_is_an_invalid_value(name, junk):
    api, schema = name.split(".")
    with pytest.raises(InvalidValue, match="the value must be an object"):
        getattr(MODELS[api], schema).from_dict(junk)
