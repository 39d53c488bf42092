"""What documents 001 and 004 say of the camera, the host and the answers, each in its way."""

import pytest

from contract_tests.specs.documented import NATIVE, RELAY

LEAST = {"native": NATIVE["least"], "relay": RELAY["least"]}
MOVES = ["down_back", "forward_up", "right_turn_forward", "left_turn_forward"]
AXES = ["horizontal", "vertical", "pan", "tilt", "roll", "zoom"]
STILL = dict.fromkeys(AXES, 0)
TASK = {"task_id": "t1", "task_status": "submitted", "created_at": 1700000000000, "updated_at": 1700000000000}

both = pytest.mark.parametrize("api", ["native", "relay"])


@pytest.mark.parametrize("name", ["Camera", "WireCamera"])
@pytest.mark.parametrize(
    ("camera", "native", "relay"),
    [
        ({"type": "zoom", "config": {"value": -5}}, True, False),
        ({"type": "swirl", "config": {"value": 0.5}}, True, False),
        ({"type": "pan", "config": {**STILL, "roll": -3}}, True, True),
        ({"type": "simple", "config": {**STILL, "zoom": 1.5}}, True, False),
        ({"type": "pan"}, True, False),
        ({"config": STILL}, True, False),
        ({}, True, False),
        ({"type": "pan", "config": {}}, True, False),
        ({"type": "pan", "config": {"value": "5"}}, False, False),
        ({"type": "pan", "config": {"value": None}}, False, False),
        ({"type": None, "config": STILL}, False, False),
        ({"type": 5, "config": STILL}, False, False),
        ({"type": "pan", "config": None}, False, False),
        ([], False, False),
        (None, False, False),
    ],
)
def test_a_camera_of_one_document_is_not_that_of_the_other(allows, name, camera, native, relay):
    assert allows("native", name, camera) is native
    assert allows("relay", name, camera) is relay


@pytest.mark.parametrize("axis", AXES)
def test_each_axis_is_required_and_whole(allows, axis):
    others = {name: 0 for name in AXES if name != axis}
    assert not allows("relay", "Camera", {"type": "simple", "config": others})
    assert not allows("relay", "Camera", {"type": "simple", "config": {**others, axis: 0.5}})
    assert allows("relay", "Camera", {"type": "simple", "config": {**others, axis: -(10**6)}})


@both
def test_cameras_are_closed_when_typed_and_open_on_the_wire(allows, api):
    camera = {"type": "simple", "config": STILL, "speed": 2}
    assert not allows(api, "Camera", camera)
    assert allows(api, "WireCamera", camera)
    assert allows(api, "CreateText2Video", {**LEAST[api], "camera_control": camera})
    assert not allows(api, "Text2Video", {**LEAST[api], "camera_control": camera})


@both
@pytest.mark.parametrize("name", ["Camera", "CameraConfig"])
def test_on_the_wire_a_camera_has_the_fields_of_a_typed_one(specs, api, name):
    schemas = specs[api]["components"]["schemas"]
    typed, wire = schemas[name], schemas.get(f"Wire{name}", schemas[name])
    assert typed.get("required") == wire.get("required")
    properties = {field: rules for field, rules in typed["properties"].items() if field != "config"}
    assert properties == {field: rules for field, rules in wire["properties"].items() if field != "config"}


def test_the_documented_movements_are_named(specs):
    schemas = specs["native"]["components"]["schemas"]
    assert schemas["CameraType"]["enum"] == ["zoom", "pan", "tilt"]
    assert schemas["Camera"]["properties"]["type"]["anyOf"][0] == {"$ref": "#/components/schemas/CameraType"}


def test_the_models_seen_at_the_official_hosts_are_named(specs):
    schemas = specs["native"]["components"]["schemas"]
    models = ["v1", "v1-5", "v1-6", "v2-master", "v2-1-master", "v2-5-turbo", "v2-6"]
    assert schemas["OfficialModel"]["enum"] == [f"kling-{model}" for model in models]
    named = schemas["CreateOfficialText2Video"]["properties"]["model_name"]["anyOf"][0]
    assert named == {"$ref": "#/components/schemas/OfficialModel"}


def test_the_config_is_open_where_the_document_says_that_it_contains_a_value(allows):
    assert allows("native", "CameraConfig", {"value": 1, "speed": 2})
    assert not allows("relay", "CameraConfig", {**STILL, "speed": 2})
    assert allows("relay", "WireCameraConfig", {**STILL, "speed": 2})


@pytest.mark.parametrize(
    ("camera", "verdict"),
    [
        *[({"type": move}, True) for move in MOVES],
        *[({"type": move, "config": STILL}, True) for move in MOVES],
        ({"type": "down_back", "speed": 2}, True),
        ({"type": "down_back", "config": {"zoom": 1}}, False),
        ({"type": "down_back", "config": None}, False),
        ({"type": ["down_back"]}, False),
        ({"type": "simple", "config": STILL}, True),
        ({"type": "simple"}, False),
        ({"type": "swirl", "config": STILL}, True),
        ({"type": "swirl"}, False),
        ({"config": STILL}, False),
        ({}, False),
        ([], False),
        (None, False),
    ],
)
def test_to_the_relay_an_official_movement_may_go_without_a_config(allows, camera, verdict):
    assert allows("relay", "CreateText2Video", {**LEAST["relay"], "camera_control": camera}) is verdict


@both
@pytest.mark.parametrize(
    ("camera", "verdict"),
    [
        ({"type": "simple", "config": {"zoom": -10}}, True),
        ({"type": "simple", "config": {"zoom": 10.5}}, False),
        ({"type": "simple", "config": {"pan": -10.5}}, False),
        ({"type": "simple"}, True),
        ({"type": "down_back"}, True),
        ({"type": "zoom"}, False),
        ({"config": {"zoom": 1}}, False),
    ],
)
def test_the_official_camera(allows, api, camera, verdict):
    assert allows(api, "OfficialCamera", camera) is verdict


@both
def test_the_official_form_takes_any_model(allows, api):
    assert allows(api, "CreateOfficialText2Video", {"prompt": "a", "model_name": "kling-v9"})
    assert not allows(api, "CreateOfficialText2Video", {"prompt": "a", "model_name": None})


@pytest.mark.parametrize(
    "name", ["CreateOfficialText2Video", "OfficialModel", "OfficialCamera", "OfficialCameraConfig"]
)
def test_the_official_form_is_one(specs, name):
    native, relay = (specs[api]["components"]["schemas"][name] for api in ("native", "relay"))
    assert native == relay
    assert native["x-dialect"] == "official"


@both
def test_no_operation_takes_the_official_form(specs, api):
    spec = specs[api]
    assert [text for text in map(str, spec["paths"].values()) if "Official" in text] == []
    named = {name for name, schema in spec["components"]["schemas"].items() if "Official" in str(schema)}
    assert all("x-dialect" in spec["components"]["schemas"][name] for name in named)


@both
@pytest.mark.parametrize("name", ["CreateText2Video", "CreateOfficialText2Video"])
@pytest.mark.parametrize("field", ["callback_url", "external_task_id"])
def test_delivery_fields_are_strings_of_the_wire_alone(allows, api, name, field):
    assert allows(api, name, {**LEAST[api], field: "x"})
    assert not allows(api, name, {**LEAST[api], field: None})
    assert not allows(api, "Text2Video", {**LEAST[api], field: "x"})


def test_the_list_of_required_fields_that_the_document_itself_contradicts_is_kept(specs):
    body = specs["relay"]["components"]["schemas"]["CreateText2Video"]
    assert body["x-doc-required"] == [
        *["model_name", "prompt", "negative_prompt", "cfg_scale", "mode", "camera_control", "aspect_ratio"],
        *["duration", "callback_url"],
    ]


def test_headers_that_openapi_does_not_take_as_parameters_are_kept(specs):
    (operation,) = (item["post"] for item in specs["relay"]["paths"].values() if "post" in item)
    headers = {header["name"]: header["required"] for header in operation["x-doc-headers"]}
    assert headers == {"Content-Type": True, "Accept": True, "Authorization": True}


@both
def test_no_host_is_written_into_the_spec(specs, api):
    (server,) = specs[api]["servers"]
    assert server["url"] == "{host}"


def test_the_official_hosts_are_offered(specs):
    (server,) = specs["native"]["servers"]
    hosts = ["https://api-singapore.klingai.com", "https://api-beijing.klingai.com"]
    assert server["variables"]["host"]["enum"] == hosts


@pytest.mark.parametrize(
    ("answer", "flat", "enveloped"),
    [
        (TASK, True, False),
        ({"task_id": "t1"}, True, False),
        ({"task_id": None}, False, False),
        ({"task_status": "submitted"}, False, False),
        ({"code": 0, "data": TASK}, False, True),
        ({"code": 1302, "message": "too fast"}, False, True),
        ({"code": 1302, "data": {}}, False, True),
        ({"code": 0, "data": {"task_id": 5}}, False, False),
        ({"data": TASK}, False, False),
        ({}, False, False),
    ],
)
def test_a_native_answer_is_flat_or_enveloped(allows, answer, flat, enveloped):
    assert allows("native", "TaskAnswer", answer) is flat
    assert allows("native", "TaskEnvelope", answer) is enveloped


@both
@pytest.mark.parametrize("length", [5, 5.1, "5.1", None])
def test_the_length_of_a_film_is_a_number_or_a_string_of_one(allows, api, length):
    assert allows(api, "TaskVideo", {"duration": length})
