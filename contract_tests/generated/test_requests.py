"""Generated request classes check values when made and when assigned."""

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
from klingkit_api.native import models as of_native
from klingkit_api.relay import models as of_relay
from scripts.checks.boundaries import ordinary
from scripts.checks.client_requests import RequestClass, request_classes, typed_verdicts
from scripts.checks.generated_classes import argument_names, own_fields
from scripts.checks.oracle import apis, defaults
from scripts.specs.spec import validator

CLASSES = [it for api in apis() for it in request_classes(api)]
SECONDS = "one of '5', '10'"
STILL = {"horizontal": 0, "vertical": 0, "pan": 0, "tilt": 0, "roll": 0, "zoom": 0}

each_class = pytest.mark.parametrize("it", CLASSES, ids=lambda it: it.documented.document)


def text():
    return Kling26TextToVideo(prompt="a cat", sound=True, aspect_ratio="16:9", duration="5")


def image():
    return Kling21Pro(prompt="a boat", image_url="https://media.example/boat.png")


def relay():
    return of_relay.Text2Video(model_name="kling-v1", prompt="a night train")


def zoom():
    return of_native.Camera(type="zoom", config=of_native.CameraConfig(value=-5))


def simple():
    return of_relay.Camera(type="simple", config=of_relay.CameraConfig(**STILL))


def pickled(value):
    return pickle.loads(pickle.dumps(value))


def verdicts(it: RequestClass, *, allowed: bool):
    """Argument, the value of its field in JSON, for each field at its limits or beyond them."""
    arguments = {field.name: name for name, field in own_fields(it.typed).items()}
    for path, value, _ in typed_verdicts(it.documented.api, it.documented.document):
        if path in arguments and path in value and _is_allowed(it, path, value[path]) is allowed:
            yield arguments[path], path, value[path]


def _is_allowed(it: RequestClass, field: str, value: object) -> bool | None:
    """Whether a field may have a value; None if a rule between fields refuses it to the smallest request."""
    schema = it.documented.typed
    if not validator({}, schema["properties"][field]).is_valid(value):
        return False
    return validator({}, schema).is_valid({**it.least.to_dict(), field: value}) or None


def arguments_of(it: RequestClass):
    return argument_names(it.typed, ordinary({}, it.documented.typed))


def assert_refused(request, argument, field, value):
    before = request.to_dict()
    with pytest.raises(InvalidValue) as made:
        attrs.evolve(request, **{argument: value})
    with pytest.raises(InvalidValue) as assigned:
        setattr(request, argument, value)
    for error in (made.value, assigned.value):
        assert re.split(r"[.\[]", error.field or "")[0] == field
        assert str(error).startswith(f"{error.field} must be {error.limit}, not ")
    assert request.to_dict() == before


@each_class
def test_what_is_beyond_a_documented_limit_is_refused_when_made_and_when_assigned(it: RequestClass):
    wrong = [*verdicts(it, allowed=False)]
    assert {argument for argument, _, _ in wrong} == own_fields(it.typed).keys()
    for argument, field, value in wrong:
        assert_refused(it.least, argument, field, value)


@each_class
def test_what_is_at_a_documented_limit_is_kept_when_made_and_when_assigned(it: RequestClass):
    right = [*verdicts(it, allowed=True)]
    assert {argument for argument, _, _ in right} == own_fields(it.typed).keys()
    for argument, field, value in right:
        request, loaded = it.least, it.typed.from_dict({**it.least.to_dict(), field: value})
        setattr(request, argument, getattr(loaded, argument))
        assert request == loaded
        assert json.loads(json.dumps(request.to_dict()))[field] == value


@each_class
def test_documented_defaults_are_sent_and_no_others(it: RequestClass):
    """No service is known to apply the defaults that it documents."""
    stated = defaults(it.documented.typed)
    given = {name: value for name, value in arguments_of(it).items() if own_fields(it.typed)[name].name not in stated}
    assert it.typed(**given).to_dict() == {**{own_fields(it.typed)[name].name: given[name] for name in given}, **stated}


@each_class
def test_a_request_without_what_is_required_cannot_be_made(it: RequestClass):
    stated = defaults(it.documented.typed)
    for name in arguments_of(it):
        if own_fields(it.typed)[name].name not in stated:
            with pytest.raises((TypeError, InvalidValue), match=name):
                it.typed(**{other: value for other, value in arguments_of(it).items() if other != name})


@each_class
def test_a_body_fills_in_its_model_and_takes_no_other(it: RequestClass):
    if it.documented.is_wrapped:
        body = it.body(it.least)
        assert body.to_dict() == {"model": it.documented.models[0], "input": it.least.to_dict()}
        with pytest.raises(InvalidValue, match="model must be "):
            body.model = "another"
        wrongs: list[object] = [{}, it.least.to_dict(), zoom(), None]
        for wrong in wrongs:
            with pytest.raises(InvalidValue, match=f"input must be a {it.typed.__name__}"):
                it.body(wrong)


PYTHONS = [
    (text, "prompt", b"a cat", "a string"),
    (text, "prompt", UNSET, "a string"),
    (text, "prompt", "\ud83d", "free of lone surrogates"),
    (image, "cfg_scale", 10**400, "at most 1"),
    (image, "cfg_scale", 0.1 * 3, "a multiple of 0.1"),
    (image, "cfg_scale", math.nan, "finite"),
    (image, "cfg_scale", math.inf, "finite"),
    (relay, "camera_control", zoom(), "a Camera"),
    (zoom, "type", None, "one of 'zoom', 'pan', 'tilt' or a string"),
    (zoom, "type", "\ud83d", "one of 'zoom', 'pan', 'tilt' or free of lone surrogates"),
    (zoom, "config", {"value": 1}, "a CameraConfig"),
    (simple, "config", UNSET, "a CameraConfig"),
]
"""What only Python has, and JSON has not."""


@pytest.mark.parametrize(("make", "field", "value", "limit"), PYTHONS)
def test_what_is_no_json_is_refused(make, field, value, limit):
    assert_refused(make(), field, field, value)
    with pytest.raises(InvalidValue) as caught:
        setattr(make(), field, value)
    assert caught.value.limit == limit
    assert caught.value.value is value


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
        Kling26TextToVideo(prompt="a" * 10_000)
    assert len(str(caught.value)) < 150
    assert "(10000 characters)" in str(caught.value)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickled])
def test_copies_leave_out_what_was_left_out(copied):
    request = CreateKling21Pro(image())
    assert copied(request).to_dict() == request.to_dict()
    assert copied(request) == request


def test_what_passed_by_the_checks_of_assignment_is_refused_when_it_is_written():
    """As `del` does, and a pickle of other data."""
    request = text()
    del request.prompt
    with pytest.raises(InvalidValue, match="prompt must be a string"):
        request.to_dict()
    request = text()
    request.__setstate__({**request.__getstate__(), "duration": 7})
    with pytest.raises(InvalidValue, match="duration must be"):
        request.to_dict()


def test_errors_survive_pickling():
    with pytest.raises(InvalidValue) as caught:
        text().duration = "7"
    again = pickled(caught.value)
    assert (again.field, again.limit, again.value) == ("duration", SECONDS, "7")
    assert str(again) == str(caught.value)


@pytest.mark.parametrize("make", [text, image, relay, zoom, simple])
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
