"""Generated requests: right when made, and right afterwards."""

import copy
import enum
import json
import math
import pickle

import pytest

from klingkit_api.errors import InvalidValue
from klingkit_api.kie.models import (
    CreateKling21Pro,
    CreateKling26TextToVideo,
    Kling21Pro,
    Kling25TurboPro,
    Kling26TextToVideo,
)
from klingkit_api.kie.types import UNSET
from klingkit_api.native import models as of_native
from klingkit_api.relay import models as of_relay

RATIOS = "one of '1:1', '16:9', '9:16'"
SECONDS = "one of '5', '10'"
WHOLE_SECONDS = "one of 5, 10"
SEVEN = "one of '16:9', '9:16', '1:1', '3:2', '2:3', '3:4', '4:3'"
STILL = {"horizontal": 0, "vertical": 0, "pan": 0, "tilt": 0, "roll": 0, "zoom": 0}


def text():
    return Kling26TextToVideo(prompt="a cat", sound=True, aspect_ratio="16:9", duration="5")


def image():
    return Kling21Pro(prompt="a boat", image_url="https://media.example/boat.png")


def turbo():
    return Kling25TurboPro(prompt="a tea garden")


def native():
    return of_native.Text2Video(model_name="kling-v2-1", mode="pro", prompt="a lighthouse")


def relay():
    return of_relay.Text2Video(model_name="kling-v1", prompt="a night train")


def zoom():
    return of_native.Camera(type="zoom", config=of_native.CameraConfig(value=-5))


def axes():
    return of_relay.CameraConfig(**STILL)


def simple():
    return of_relay.Camera(type="simple", config=axes())


def pickled(value):
    return pickle.loads(pickle.dumps(value))


WRONG = [
    (text, "prompt", "a" * 1001, "at most 1000 characters"),
    (text, "prompt", "😀" * 1001, "at most 1000 characters"),
    (text, "prompt", None, "a string"),
    (text, "prompt", b"a cat", "a string"),
    (text, "prompt", ["a cat"], "a string"),
    (text, "prompt", UNSET, "a string"),
    (text, "prompt", "\ud83d", "free of lone surrogates"),
    (text, "sound", "false", "true or false"),
    (text, "sound", 1, "true or false"),
    (text, "sound", None, "true or false"),
    (text, "aspect_ratio", "21:9", RATIOS),
    (text, "aspect_ratio", "16:9 ", RATIOS),
    (text, "aspect_ratio", None, RATIOS),
    (text, "duration", 5, SECONDS),
    (text, "duration", "15", SECONDS),
    (text, "duration", ["5"], SECONDS),
    (image, "prompt", "a" * 5001, "at most 5000 characters"),
    (image, "image_url", None, "a string"),
    (image, "duration", 10, SECONDS),
    (image, "negative_prompt", "a" * 501, "at most 500 characters"),
    (image, "negative_prompt", None, "a string"),
    (image, "cfg_scale", 1.5, "at most 1"),
    (image, "cfg_scale", 10**400, "at most 1"),
    (image, "cfg_scale", -0.1, "at least 0"),
    (image, "cfg_scale", 0.25, "a multiple of 0.1"),
    (image, "cfg_scale", 0.1 * 3, "a multiple of 0.1"),
    (image, "cfg_scale", math.nan, "finite"),
    (image, "cfg_scale", math.inf, "finite"),
    (image, "cfg_scale", True, "a number"),
    (image, "cfg_scale", "0.5", "a number"),
    (image, "cfg_scale", None, "a number"),
    (image, "tail_image_url", None, "a string"),
    (turbo, "prompt", "a" * 2501, "at most 2500 characters"),
    (turbo, "negative_prompt", "a" * 2501, "at most 2500 characters"),
    (turbo, "aspect_ratio", "4:3", "one of '16:9', '9:16', '1:1'"),
    (turbo, "cfg_scale", 1.01, "at most 1"),
    (native, "model_name", "kling-v1", "one of 'kling-v1-6', 'kling-v2-master', 'kling-v2-1', 'kling-v2-1-master'"),
    (native, "mode", "PRO", "one of 'std', 'pro'"),
    (native, "mode", UNSET, "one of 'std', 'pro'"),
    (native, "prompt", "字" * 2501, "at most 2500 characters"),
    (native, "negative_prompt", "a" * 2501, "at most 2500 characters"),
    (native, "duration", "5", WHOLE_SECONDS),
    (native, "duration", 7, WHOLE_SECONDS),
    (native, "duration", True, WHOLE_SECONDS),
    (native, "aspect_ratio", "21:9", SEVEN),
    (native, "cfg_scale", 1.01, "at most 1"),
    (native, "cfg_scale", math.nan, "finite"),
    (native, "camera_control", {"type": "zoom"}, "a Camera"),
    (native, "camera_control", simple(), "a Camera"),
    (native, "camera_control", None, "a Camera"),
    (zoom, "type", None, "one of 'zoom', 'pan', 'tilt' or a string"),
    (zoom, "type", "\ud83d", "one of 'zoom', 'pan', 'tilt' or free of lone surrogates"),
    (zoom, "config", {"value": 1}, "a CameraConfig"),
    (relay, "model_name", "kling-v2-1", "one of 'kling-v1', 'kling-v1-5', 'kling-v1-6', 'kling-v2-5-turbo'"),
    (relay, "model_name", "kling-v2-5-turbo\n", "one of 'kling-v1', 'kling-v1-5', 'kling-v1-6', 'kling-v2-5-turbo'"),
    (relay, "prompt", "字" * 501, "at most 500 characters"),
    (relay, "negative_prompt", "a" * 201, "at most 200 characters"),
    (relay, "duration", "5", WHOLE_SECONDS),
    (relay, "aspect_ratio", "3:2", "one of '16:9', '9:16', '1:1'"),
    (relay, "cfg_scale", -0.1, "at least 0"),
    (relay, "mode", None, "one of 'std', 'pro'"),
    (relay, "camera_control", zoom(), "a Camera"),
    (simple, "type", UNSET, "a string"),
    (simple, "type", "\ud83d", "free of lone surrogates"),
    (simple, "config", UNSET, "a CameraConfig"),
    (axes, "zoom", 0.5, "an integer"),
    (axes, "roll", True, "an integer"),
    (axes, "tilt", UNSET, "an integer"),
]
RIGHT = [
    (text, "prompt", ""),
    (text, "prompt", "字" * 1000),
    (text, "prompt", "😀" * 1000),
    (text, "sound", False),
    (text, "aspect_ratio", "9:16"),
    (text, "duration", "10"),
    (image, "tail_image_url", ""),
    (image, "negative_prompt", "a" * 500),
    (image, "negative_prompt", UNSET),
    *[(image, "cfg_scale", tenth / 10) for tenth in range(11)],
    (image, "cfg_scale", 0),
    (image, "cfg_scale", 1),
    (turbo, "prompt", "字" * 2500),
    (native, "prompt", "😀" * 2500),
    (native, "duration", 10),
    (native, "aspect_ratio", "2:3"),
    (native, "cfg_scale", 0.35),
    (native, "cfg_scale", UNSET),
    (zoom, "type", "swirl"),
    (zoom, "config", UNSET),
    (relay, "prompt", "字" * 500),
    (relay, "mode", "std"),
    (relay, "cfg_scale", 1),
    (relay, "duration", 5),
    (axes, "zoom", -10),
]


@pytest.mark.parametrize(("make", "field", "value", "limit"), WRONG)
def test_a_wrong_value_is_refused_when_made_and_when_assigned(make, field, value, limit):
    request = make()
    before = request.to_dict()
    others = {name: getattr(request, name) for name in before if name != field}

    with pytest.raises(InvalidValue) as made:
        type(request)(**others, **{field: value})
    with pytest.raises(InvalidValue) as assigned:
        setattr(request, field, value)

    for error in (made.value, assigned.value):
        assert (error.field, error.limit) == (field, limit)
        assert error.value is value
        assert str(error).startswith(f"{field} must be {limit}, not ")
    assert request.to_dict() == before


@pytest.mark.parametrize(("make", "field", "value"), RIGHT)
def test_a_right_value_is_kept_when_made_and_when_assigned(make, field, value):
    request = make()
    setattr(request, field, value)
    fields = {name: getattr(make(), name) for name in make().to_dict()}
    assert type(request)(**{**fields, field: value}) == request
    assert request.to_dict().get(field, UNSET) == value


def test_document_defaults_are_sent():
    """kie.ai does not apply the defaults that it documents."""
    assert Kling26TextToVideo(prompt="a cat").to_dict() == {
        "prompt": "a cat",
        "sound": False,
        "aspect_ratio": "1:1",
        "duration": "5",
    }
    assert Kling21Pro(prompt="a boat", image_url="u").to_dict() == {
        "prompt": "a boat",
        "image_url": "u",
        "duration": "5",
        "cfg_scale": 0.5,
    }
    assert Kling25TurboPro(prompt="tea").to_dict() == {
        "prompt": "tea",
        "duration": "5",
        "aspect_ratio": "16:9",
        "cfg_scale": 0.5,
    }
    assert native().to_dict() == {
        "model_name": "kling-v2-1",
        "mode": "pro",
        "prompt": "a lighthouse",
        "duration": 5,
        "aspect_ratio": "16:9",
        "cfg_scale": 0.5,
    }


def test_what_has_no_documented_default_is_not_sent():
    assert relay().to_dict() == {"model_name": "kling-v1", "prompt": "a night train"}


@pytest.mark.parametrize(
    "model", [Kling26TextToVideo, Kling21Pro, Kling25TurboPro, of_native.Text2Video, of_relay.Text2Video]
)
def test_a_request_without_a_prompt_cannot_be_made(model):
    with pytest.raises(TypeError, match="prompt"):
        model()


def test_unknown_attributes_cannot_be_set():
    with pytest.raises(AttributeError):
        text().aspect = "16:9"


def test_words_of_an_enumeration_are_taken_and_sent_as_words():
    class Ratio(enum.StrEnum):
        WIDE = "16:9"

    request = Kling26TextToVideo(prompt="a cat", aspect_ratio=Ratio.WIDE)  # type: ignore[arg-type]  # an enum of the caller's own is no literal
    assert json.loads(json.dumps(request.to_dict()))["aspect_ratio"] == "16:9"


def test_members_of_another_enumeration_are_refused():
    class Ratio(enum.Enum):
        WIDE = "16:9"

    with pytest.raises(InvalidValue, match="aspect_ratio"):
        Kling26TextToVideo(prompt="a cat", aspect_ratio=Ratio.WIDE)  # type: ignore[arg-type]  # an enum of the caller's own is no literal


def test_a_body_fills_in_its_model_and_takes_no_other():
    body = CreateKling26TextToVideo(text())
    assert body.to_dict() == {"model": "kling-2.6/text-to-video", "input": text().to_dict()}
    with pytest.raises(InvalidValue, match=r"model must be 'kling-2\.6/text-to-video'"):
        body.model = "kling/v2-1-pro"  # type: ignore[assignment]  # a wrong one, on purpose


@pytest.mark.parametrize("wrong", [{}, text().to_dict(), turbo(), None])
def test_a_body_takes_its_own_input_alone(wrong):
    with pytest.raises(InvalidValue, match="input must be a Kling21Pro"):
        CreateKling21Pro(wrong)


def test_a_request_with_a_camera_reads_like_its_json():
    request = of_native.Text2Video(
        model_name="kling-v1-6",
        mode="pro",
        prompt="a lighthouse",
        duration=10,
        aspect_ratio="16:9",
        camera_control=of_native.Camera(type="zoom", config=of_native.CameraConfig(value=-5)),
    )
    assert isinstance(request.camera_control, of_native.Camera)
    assert request.camera_control.type == "zoom"
    assert request.to_dict()["camera_control"] == {"type": "zoom", "config": {"value": -5}}


def test_a_body_for_the_wire_takes_what_a_typed_request_refuses():
    request = {**relay().to_dict(), "camera_control": {**simple().to_dict(), "speed": 2}, "seed": 7}
    with pytest.raises(InvalidValue, match=r"camera_control\.speed"):
        of_relay.Text2Video.from_dict(request)
    assert of_relay.CreateText2Video.from_dict(request).to_dict() == request


def test_a_long_value_is_abridged_in_the_message():
    with pytest.raises(InvalidValue) as caught:
        Kling26TextToVideo(prompt="a" * 1001)
    assert len(str(caught.value)) < 150
    assert "(1001 characters)" in str(caught.value)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickled])
def test_copies_leave_out_what_was_left_out(copied):
    request = CreateKling21Pro(image())
    assert copied(request).to_dict() == request.to_dict()
    assert copied(request) == request


def test_errors_survive_pickling():
    with pytest.raises(InvalidValue) as caught:
        text().duration = "7"
    again = pickled(caught.value)
    assert (again.field, again.limit, again.value) == ("duration", SECONDS, "7")
    assert str(again) == str(caught.value)


@pytest.mark.parametrize("make", [text, image, turbo, native, relay, zoom, simple, axes])
def test_from_dict_undoes_to_dict(make):
    assert type(make()).from_dict(make().to_dict()) == make()


@pytest.mark.parametrize(
    ("source", "field", "limit"),
    [
        ({}, "prompt", "present"),
        ({"prompt": "a cat"}, "sound", "present"),
        ({**text().to_dict(), "seed": 1}, "seed", "absent, there is no such field"),
        ({**text().to_dict(), "duration": 5}, "duration", SECONDS),
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
    body = CreateKling26TextToVideo(text()).to_dict()
    with pytest.raises(InvalidValue) as caught:
        CreateKling26TextToVideo.from_dict({**body, "input": {**body["input"], "sound": 0}})
    assert caught.value.field == "input.sound"
