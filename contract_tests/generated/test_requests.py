"""Tests that generated request classes check values on construction and on assignment."""

import copy
import enum
import json
import math
import pickle
import re

import attrs
import pytest

from klingkit_api.errors import InvalidValue
from klingkit_api.kie.models import CreateKling21Pro, CreateKling26TextToVideo, Kling21Pro, Kling26TextToVideo
from klingkit_api.kie.types import UNSET
from klingkit_api.native import models as native_models
from klingkit_api.relay import models as relay_models
from scripts.checks.boundaries import ordinary
from scripts.checks.client_requests import RequestClass, request_classes, typed_verdicts
from scripts.checks.generated_classes import argument_names, own_fields
from scripts.checks.oracle import apis, defaults
from scripts.specs.spec import validator

REQUEST_CLASSES = [request_class for api in apis() for request_class in request_classes(api)]
SECONDS = "one of '5', '10'"
NO_MOVEMENT = {"horizontal": 0, "vertical": 0, "pan": 0, "tilt": 0, "roll": 0, "zoom": 0}

each_request_class = pytest.mark.parametrize(
    "request_class", REQUEST_CLASSES, ids=lambda request_class: request_class.documented.document
)


def text_to_video():
    return Kling26TextToVideo(prompt="a cat", sound=True, aspect_ratio="16:9", duration="5")


def image_to_video():
    return Kling21Pro(prompt="a boat", image_url="https://media.example/boat.png")


def relay_text_to_video():
    return relay_models.Text2Video(model_name="kling-v1", prompt="a night train")


def zoom_camera():
    return native_models.Camera(type="zoom", config=native_models.CameraConfig(value=-5))


def simple_camera():
    return relay_models.Camera(type="simple", config=relay_models.CameraConfig(**NO_MOVEMENT))


def pickled(value):
    return pickle.loads(pickle.dumps(value))


def boundary_values(request_class: RequestClass, *, allowed: bool):
    """Yield argument, field, and value in JSON, for each field at its limits or beyond them."""
    arguments = {field.name: name for name, field in own_fields(request_class.typed).items()}
    for path, value, _ in typed_verdicts(request_class.documented.api, request_class.documented.document):
        if path in arguments and path in value and _is_allowed(request_class, path, value[path]) is allowed:
            yield arguments[path], path, value[path]


def _is_allowed(request_class: RequestClass, field: str, value: object) -> bool | None:
    """Return whether a field may have a value, or None if a rule between fields forbids it in the smallest request."""
    schema = request_class.documented.typed
    if not validator({}, schema["properties"][field]).is_valid(value):
        return False
    return validator({}, schema).is_valid({**request_class.least.to_dict(), field: value}) or None


def arguments_of(request_class: RequestClass):
    return argument_names(request_class.typed, ordinary({}, request_class.documented.typed))


def assert_refused(request, argument, field, value):
    before = request.to_dict()
    with pytest.raises(InvalidValue) as caught_on_construction:
        attrs.evolve(request, **{argument: value})
    with pytest.raises(InvalidValue) as caught_on_assignment:
        setattr(request, argument, value)
    for error in (caught_on_construction.value, caught_on_assignment.value):
        assert re.split(r"[.\[]", error.field or "")[0] == field
        assert str(error).startswith(f"{error.field} must be {error.limit}, not ")
    assert request.to_dict() == before


@each_request_class
def test_values_beyond_a_documented_limit_are_refused_on_construction_and_assignment(request_class: RequestClass):
    refused_values = [*boundary_values(request_class, allowed=False)]
    assert {argument for argument, _, _ in refused_values} == own_fields(request_class.typed).keys()
    for argument, field, value in refused_values:
        assert_refused(request_class.least, argument, field, value)


@each_request_class
def test_values_at_a_documented_limit_are_kept_on_construction_and_assignment(request_class: RequestClass):
    allowed_values = [*boundary_values(request_class, allowed=True)]
    assert {argument for argument, _, _ in allowed_values} == own_fields(request_class.typed).keys()
    for argument, field, value in allowed_values:
        request, loaded = (
            request_class.least,
            request_class.typed.from_dict({**request_class.least.to_dict(), field: value}),
        )
        setattr(request, argument, getattr(loaded, argument))
        assert request == loaded
        assert json.loads(json.dumps(request.to_dict()))[field] == value


@each_request_class
def test_documented_defaults_are_sent_and_no_others(request_class: RequestClass):
    """The client must send the defaults, for no service is known to apply them."""
    documented_defaults = defaults(request_class.documented.typed)
    required_arguments = {
        name: value
        for name, value in arguments_of(request_class).items()
        if own_fields(request_class.typed)[name].name not in documented_defaults
    }
    assert request_class.typed(**required_arguments).to_dict() == {
        **{own_fields(request_class.typed)[name].name: required_arguments[name] for name in required_arguments},
        **documented_defaults,
    }


@each_request_class
def test_a_request_without_a_required_field_cannot_be_made(request_class: RequestClass):
    documented_defaults = defaults(request_class.documented.typed)
    for name in arguments_of(request_class):
        if own_fields(request_class.typed)[name].name not in documented_defaults:
            with pytest.raises((TypeError, InvalidValue), match=name):
                request_class.typed(
                    **{other: value for other, value in arguments_of(request_class).items() if other != name}
                )


@each_request_class
def test_a_body_fills_in_its_model_and_accepts_no_other_input(request_class: RequestClass):
    if request_class.documented.is_wrapped:
        body = request_class.body(request_class.least)
        assert body.to_dict() == {"model": request_class.documented.models[0], "input": request_class.least.to_dict()}
        with pytest.raises(InvalidValue, match="model must be "):
            body.model = "another"
        others: list[object] = [{}, request_class.least.to_dict(), zoom_camera(), None]
        for other in others:
            with pytest.raises(InvalidValue, match=f"input must be a {request_class.typed.__name__}"):
                request_class.body(other)


NOT_JSON = [
    (text_to_video, "prompt", b"a cat", "a string"),
    (text_to_video, "prompt", UNSET, "a string"),
    (text_to_video, "prompt", "\ud83d", "free of lone surrogates"),
    (image_to_video, "cfg_scale", 10**400, "at most 1"),
    (image_to_video, "cfg_scale", 0.1 * 3, "a multiple of 0.1"),
    (image_to_video, "cfg_scale", math.nan, "finite"),
    (image_to_video, "cfg_scale", math.inf, "finite"),
    (relay_text_to_video, "camera_control", zoom_camera(), "a Camera"),
    (zoom_camera, "type", None, "one of 'zoom', 'pan', 'tilt' or a string"),
    (zoom_camera, "type", "\ud83d", "one of 'zoom', 'pan', 'tilt' or free of lone surrogates"),
    (zoom_camera, "config", {"value": 1}, "a CameraConfig"),
    (simple_camera, "config", UNSET, "a CameraConfig"),
]
"""Values that Python has and JSON does not."""


@pytest.mark.parametrize(("make", "field", "value", "limit"), NOT_JSON)
def test_values_that_json_does_not_have_are_refused(make, field, value, limit):
    assert_refused(make(), field, field, value)
    with pytest.raises(InvalidValue) as caught:
        setattr(make(), field, value)
    assert caught.value.limit == limit
    assert caught.value.value is value


def test_unknown_attributes_cannot_be_set():
    with pytest.raises(AttributeError):
        text_to_video().aspect = "16:9"


def test_members_of_a_string_enumeration_are_sent_as_strings():
    class Ratio(enum.StrEnum):
        WIDE = "16:9"

    request = Kling26TextToVideo(prompt="a cat", aspect_ratio=Ratio.WIDE)  # type: ignore[arg-type]  # an enum is not a literal for type checkers
    assert json.loads(json.dumps(request.to_dict()))["aspect_ratio"] == "16:9"


def test_members_of_another_enumeration_are_refused():
    class Ratio(enum.Enum):
        WIDE = "16:9"

    with pytest.raises(InvalidValue, match="aspect_ratio"):
        Kling26TextToVideo(prompt="a cat", aspect_ratio=Ratio.WIDE)  # type: ignore[arg-type]  # an enum is not a literal for type checkers


def test_a_request_with_a_camera_reads_like_its_json():
    request = native_models.Text2Video(
        model_name="kling-v1-6",
        mode="pro",
        prompt="a lighthouse",
        duration=10,
        aspect_ratio="16:9",
        camera_control=native_models.Camera(type="zoom", config=native_models.CameraConfig(value=-5)),
    )
    assert isinstance(request.camera_control, native_models.Camera)
    assert request.camera_control.type == "zoom"
    assert request.to_dict()["camera_control"] == {"type": "zoom", "config": {"value": -5}}


def test_a_request_body_accepts_fields_that_a_typed_request_refuses():
    request = {
        **relay_text_to_video().to_dict(),
        "camera_control": {**simple_camera().to_dict(), "speed": 2},
        "seed": 7,
    }
    with pytest.raises(InvalidValue, match=r"camera_control\.speed"):
        relay_models.Text2Video.from_dict(request)
    assert relay_models.CreateText2Video.from_dict(request).to_dict() == request


def test_a_long_value_is_abridged_in_the_message():
    with pytest.raises(InvalidValue) as caught:
        Kling26TextToVideo(prompt="a" * 10_000)
    assert len(str(caught.value)) < 150
    assert "(10000 characters)" in str(caught.value)


@pytest.mark.parametrize("make_copy", [copy.copy, copy.deepcopy, pickled])
def test_copies_leave_out_the_same_fields(make_copy):
    request = CreateKling21Pro(image_to_video())
    assert make_copy(request).to_dict() == request.to_dict()
    assert make_copy(request) == request


def test_values_that_bypassed_the_checks_are_refused_when_the_request_is_written():
    """`del` and unpickling bypass the checks of assignment."""
    request = text_to_video()
    del request.prompt
    with pytest.raises(InvalidValue, match="prompt must be a string"):
        request.to_dict()
    request = text_to_video()
    request.__setstate__({**request.__getstate__(), "duration": 7})
    with pytest.raises(InvalidValue, match="duration must be"):
        request.to_dict()


def test_errors_survive_pickling():
    with pytest.raises(InvalidValue) as caught:
        text_to_video().duration = "7"
    unpickled = pickled(caught.value)
    assert (unpickled.field, unpickled.limit, unpickled.value) == ("duration", SECONDS, "7")
    assert str(unpickled) == str(caught.value)


@pytest.mark.parametrize("make", [text_to_video, image_to_video, relay_text_to_video, zoom_camera, simple_camera])
def test_from_dict_undoes_to_dict(make):
    assert type(make()).from_dict(make().to_dict()) == make()


@pytest.mark.parametrize(
    ("source", "field", "limit"),
    [
        ({}, "prompt", "present"),
        ({"prompt": "a cat"}, "sound", "present"),
        ({**text_to_video().to_dict(), "seed": 1}, "seed", "absent, there is no such field"),
        ({**text_to_video().to_dict(), "duration": 5}, "duration", SECONDS),
        (None, "", "an object"),
        ([], "", "an object"),
        ("{}", "", "an object"),
    ],
)
def test_from_dict_raises_nothing_but_invalidvalue(source, field, limit):
    with pytest.raises(InvalidValue) as caught:
        Kling26TextToVideo.from_dict(source)
    assert (caught.value.field, caught.value.limit) == (field, limit)


def test_a_nested_field_is_named_with_dots():
    body = CreateKling26TextToVideo(text_to_video()).to_dict()
    with pytest.raises(InvalidValue) as caught:
        CreateKling26TextToVideo.from_dict({**body, "input": {**body["input"], "sound": 0}})
    assert caught.value.field == "input.sound"
