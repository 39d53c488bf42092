"""Each generated class accepts exactly what its schema accepts."""

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from klingkit_api.kie import models
from klingkit_api.kie.errors import InvalidValue
from scripts.codegen.build import load

COMPONENTS = load("kie")["components"]
OBJECTS = {name: it for name, it in COMPONENTS["schemas"].items() if it.get("type") == "object"}

TEXT = {"prompt": "a", "sound": False, "aspect_ratio": "1:1", "duration": "5"}
IMAGE = {"prompt": "a", "image_url": "https://media.example/boat.png"}
TURBO = {"prompt": "a"}
BASES: dict[str, dict[str, Any]] = {
    "Kling26TextToVideo": TEXT,
    "Kling21Pro": IMAGE,
    "Kling25TurboPro": TURBO,
    "CreateKling26TextToVideo": {"model": "kling-2.6/text-to-video", "input": TEXT},
    "CreateKling21Pro": {"model": "kling/v2-1-pro", "input": IMAGE},
    "CreateKling25TurboPro": {"model": "kling/v2-5-turbo-text-to-video-pro", "input": TURBO},
}

lengths = (0, 1, 500, 501, 1000, 1001, 2500, 2501, 5000, 5001)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 12),
    st.integers(),
    st.sampled_from([200, 200.0, 501, 1e22, 1.0, 0.0, 0.1 * 3]),
    st.integers(-1, 11).map(lambda tenths: tenths / 10),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["5", "10", "1:1", "16:9", "9:16", "waiting", "fail", "501", "{}"]),
    st.sampled_from([BASES[name]["model"] for name in BASES if "model" in BASES[name]]),
    st.text(max_size=4),
    st.builds(lambda letter, length: letter * length, st.sampled_from("a字😀"), st.sampled_from(lengths)),
)
values = st.one_of(
    scalars,
    st.lists(scalars, max_size=2),
    st.sampled_from([TEXT, IMAGE, TURBO, {}]),
    st.dictionaries(st.sampled_from(["taskId", "state", "prompt", "costTime"]), scalars, max_size=2),
)


@st.composite
def objects(draw, name):
    """A right object with a few fields changed, taken out or added."""
    names = [*OBJECTS[name].get("properties", ()), "unknown"]
    changes = draw(st.dictionaries(st.sampled_from(names), values, max_size=3))
    removed = draw(st.sets(st.sampled_from(names), max_size=1))
    whole = {**BASES.get(name, {"code": 200}), **changes}
    return {field: value for field, value in whole.items() if field not in removed}


def accepted_by_class(name, value):
    try:
        model = getattr(models, name).from_dict(value)
    except InvalidValue:
        return False
    assert model.to_dict() == value
    return True


@pytest.mark.parametrize("name", OBJECTS)
def test_the_class_accepts_what_the_schema_accepts(name):
    validator = jsonschema_rs.Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": COMPONENTS})
    seen = set()

    @settings(max_examples=250, deadline=None, derandomize=True, database=None)
    @given(objects(name))
    def compare(value):
        seen.add(validator.is_valid(value))
        assert accepted_by_class(name, value) == validator.is_valid(value)

    compare()
    assert True in seen


@pytest.mark.parametrize("name", OBJECTS)
@pytest.mark.parametrize("junk", [None, [], "", "{}", 1, 0.5, True, [{}], b"{}"])
def test_what_is_no_object_is_an_invalid_value(name, junk):
    with pytest.raises(InvalidValue, match="the value must be an object"):
        getattr(models, name).from_dict(junk)
