"""Every schema of a camera, field by field: what it has, what each field takes, what it may leave out."""

from typing import Any

import pytest
from attrs import frozen

AXES = ["horizontal", "vertical", "pan", "tilt", "roll", "zoom"]
MOVES = ["down_back", "forward_up", "right_turn_forward", "left_turn_forward"]
STILL = dict.fromkeys(AXES, 0)
TEXTS = ["zoom", "swirl", "other", "", "a b", "字" * 300]
VALUES: list[Any] = [
    -(10**6),
    -10.05,
    -10,
    -1,
    -0.25,
    0,
    0.25,
    1,
    10,
    10.05,
    10**6,
    *TEXTS,
    *MOVES,
    "simple",
    True,
    None,
    [],
    {},
]
NUMBERS: list[Any] = [value for value in VALUES if isinstance(value, int | float) and value is not True]
WHOLE: list[Any] = [value for value in NUMBERS if isinstance(value, int)]
WITHIN_TEN: list[Any] = [value for value in NUMBERS if -10 <= value <= 10]
WORDS: list[Any] = [value for value in VALUES if isinstance(value, str)]
NATIVE_CONFIGS: list[Any] = [STILL, {**STILL, "zoom": -0.25}, {}, {"value": 3}]
RELAY_CONFIGS: list[Any] = [STILL]
OFFICIAL_CONFIGS: list[Any] = [*NATIVE_CONFIGS, {"value": "3"}]
CONFIGS: list[Any] = [*OFFICIAL_CONFIGS, None, [], "still"]


@frozen
class Camera:
    """What a schema of a camera takes."""

    api: str
    name: str
    fields: dict[str, list[Any]]
    """Field -> those among the values tried that it takes."""
    required: tuple[str, ...] = ()
    closed: bool = False

    def __str__(self) -> str:
        return f"{self.api}.{self.name}"


CAMERAS = [
    Camera("native", "Camera", {"type": WORDS, "config": NATIVE_CONFIGS}, closed=True),
    Camera("native", "WireCamera", {"type": WORDS, "config": NATIVE_CONFIGS}),
    Camera("native", "CameraConfig", {"value": NUMBERS}),
    Camera("relay", "Camera", {"type": WORDS, "config": RELAY_CONFIGS}, ("type", "config"), closed=True),
    Camera("relay", "WireCamera", {"type": WORDS, "config": RELAY_CONFIGS}, ("type", "config")),
    Camera("relay", "WireCameraMove", {"type": MOVES, "config": RELAY_CONFIGS}, ("type",)),
    Camera("relay", "CameraConfig", dict.fromkeys(AXES, WHOLE), tuple(AXES), closed=True),
    Camera("relay", "WireCameraConfig", dict.fromkeys(AXES, WHOLE), tuple(AXES)),
    *[
        camera
        for api in ("native", "relay")
        for camera in (
            Camera(api, "OfficialCamera", {"type": [*MOVES, "simple"], "config": OFFICIAL_CONFIGS}, ("type",)),
            Camera(api, "OfficialCameraConfig", dict.fromkeys(AXES, WITHIN_TEN)),
        )
    ],
]
LEAST = {"type": "down_back", "config": STILL, **STILL}
FIELDS = [(it, field) for it in CAMERAS for field in it.fields]
HOLDERS = [
    ("native", "Text2Video", {"model_name": "kling-v2-1", "mode": "std", "prompt": "a"}, "Camera"),
    ("native", "CreateText2Video", {"model_name": "kling-v2-1", "mode": "std", "prompt": "a"}, "WireCamera"),
    ("native", "CreateOfficialText2Video", {"prompt": "a"}, "OfficialCamera"),
    ("relay", "Text2Video", {"model_name": "kling-v1", "prompt": "a"}, "Camera"),
    ("relay", "CreateText2Video", {"model_name": "kling-v1", "prompt": "a"}, "WireCamera"),
    ("relay", "CreateOfficialText2Video", {"prompt": "a"}, "OfficialCamera"),
]

everyone = pytest.mark.parametrize("it", CAMERAS, ids=str)


NO_CAMERAS: list[Any] = [None, [], "zoom", 5, True]
WHOLE_CAMERAS: list[Any] = [
    *({"type": kind, **config} for kind in ("swirl", "simple") for config in ({}, {"config": STILL})),
    {"config": {"zoom": 10.5}},
    {"type": "simple", "config": {"zoom": 10.5}},
    {},
    *NO_CAMERAS,
]
OFFICIAL = ["CreateOfficialText2Video", "OfficialModel", "OfficialCamera", "OfficialCameraConfig"]


def least(it):
    return {field: LEAST[field] for field in it.required}


@everyone
def test_its_fields(specs, it):
    assert specs[it.api]["components"]["schemas"][it.name]["properties"].keys() == it.fields.keys()


@everyone
def test_what_it_may_leave_out(allows, it):
    assert allows(it.api, it.name, least(it))
    for name in it.required:
        assert not allows(it.api, it.name, {field: value for field, value in least(it).items() if field != name})


@everyone
def test_whether_it_may_have_other_fields(allows, it):
    assert allows(it.api, it.name, {**least(it), "speed": 2}) is not it.closed


@everyone
def test_it_is_an_object(allows, it):
    assert not any(allows(it.api, it.name, value) for value in NO_CAMERAS)


@pytest.mark.parametrize(("it", "field"), FIELDS, ids=str)
def test_what_a_field_takes(allows, it, field):
    tried = CONFIGS if field == "config" else VALUES
    assert [value for value in tried if allows(it.api, it.name, {**least(it), field: value})] == it.fields[field]


@pytest.mark.parametrize(("api", "name", "least", "camera"), HOLDERS)
@pytest.mark.parametrize("tried", WHOLE_CAMERAS, ids=str)
def test_a_request_holds_a_camera_of_its_kind(allows, api, name, least, camera, tried):
    """But to the relay, official movements may go without a config; they have a table of their own."""
    assert allows(api, name, {**least, "camera_control": tried}) is allows(api, camera, tried)


@pytest.mark.parametrize("api", ["native", "relay"])
def test_the_official_form_is_told_to_be_a_dialect(specs, api):
    schemas = specs[api]["components"]["schemas"]
    dialects = {name: schema["x-dialect"] for name, schema in schemas.items() if "x-dialect" in schema}
    assert dialects == dict.fromkeys(OFFICIAL, "official")


@pytest.mark.parametrize("camera", ["Camera", "WireCamera"])
def test_the_documented_movements_are_named_where_they_stand(specs, allows, camera):
    told = specs["native"]["components"]["schemas"][camera]["properties"]["type"]["anyOf"]
    assert {"$ref": "#/components/schemas/CameraType"} in told
    assert [word for word in WORDS if allows("native", "CameraType", word)] == ["zoom"]


@pytest.mark.parametrize("api", ["native", "relay"])
def test_the_models_seen_at_the_official_hosts(specs, allows, api):
    models = ["v1", "v1-5", "v1-6", "v2-master", "v2-1-master", "v2-5-turbo", "v2-6"]
    names = [f"kling-{model}" for model in models]
    told = specs[api]["components"]["schemas"]["CreateOfficialText2Video"]["properties"]["model_name"]["anyOf"]
    assert {"$ref": "#/components/schemas/OfficialModel"} in told
    assert [name for name in [*names, "kling-v9", "", 5, None] if allows(api, "OfficialModel", name)] == names
    assert specs[api]["components"]["schemas"]["OfficialModel"]["enum"] == names
