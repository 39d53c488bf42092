"""The requests from which demo and tests make videos: every choice of the specs, and the right expectations."""

from fractions import Fraction

import pytest

from scripts.mp4 import VideoProperties
from scripts.specs.files import apis, load
from scripts.specs.models import models
from scripts.video_requests import expected, samples, variations

CHOSEN = ("duration", "aspect_ratio", "mode")


@pytest.mark.parametrize("api", apis())
def test_there_is_a_sample_for_each_model(api):
    assert [it.model for it in samples(api)] == [model.name for model in models(load(api))]


@pytest.mark.parametrize("api", apis())
def test_every_choice_of_every_class_is_made(api):
    spec = load(api)
    made = [(type(it.request).__name__, it.request.to_dict()) for it in variations(api)]
    for request in {model.request for model in models(spec)}:
        fields = spec["components"]["schemas"][request]["properties"]
        for name in fields.keys() & {*CHOSEN}:
            assert {body[name] for kind, body in made if kind == request} == {*fields[name]["enum"]}
        if "sound" in fields:
            assert {body["sound"] for kind, body in made if kind == request and "sound" in body} == {True, False}


@pytest.mark.parametrize("api", apis())
def test_every_model_is_varied_and_no_request_comes_twice(api):
    found = [*variations(api)]
    assert {it.model for it in found} == {model.name for model in models(load(api))}
    assert [it for index, it in enumerate(found) if it in found[:index]] == []


@pytest.mark.parametrize(
    ("sent", "video"),
    [
        ({"duration": "10", "aspect_ratio": "9:16", "sound": True}, VideoProperties(10.0, Fraction(9, 16), sound=True)),
        ({"multi_shots": True}, VideoProperties(5.0, Fraction(16, 9), sound=True)),
        ({"duration": 5}, VideoProperties(5.0, Fraction(16, 9), sound=False)),
        ({}, VideoProperties(5.0, Fraction(16, 9), sound=False)),
    ],
)
def test_what_is_sent_decides_on_the_video(sent, video):
    assert expected(sent) == video
