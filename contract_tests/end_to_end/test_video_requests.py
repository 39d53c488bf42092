"""Tests of the requests from which the demo and tests make videos: every choice of the specs, and expected videos."""

from fractions import Fraction

import pytest

from scripts.mp4 import VideoProperties
from scripts.specs.files import apis, load
from scripts.specs.models import models
from scripts.video_requests import expected, samples, variations

FIELDS_WITH_CHOICES = ("duration", "aspect_ratio", "mode")


@pytest.mark.parametrize("api", apis())
def test_there_is_a_sample_for_each_model(api):
    assert [sample.model for sample in samples(api)] == [model.name for model in models(load(api))]


@pytest.mark.parametrize("api", apis())
def test_every_choice_of_every_class_is_made(api):
    spec = load(api)
    bodies = [(type(variation.request).__name__, variation.request.to_dict()) for variation in variations(api)]
    for request in {model.request for model in models(spec)}:
        fields = spec["components"]["schemas"][request]["properties"]
        for name in fields.keys() & {*FIELDS_WITH_CHOICES}:
            assert {body[name] for kind, body in bodies if kind == request} == {*fields[name]["enum"]}
        if "sound" in fields:
            assert {body["sound"] for kind, body in bodies if kind == request and "sound" in body} == {True, False}


@pytest.mark.parametrize("api", apis())
def test_every_model_is_varied_and_no_request_comes_twice(api):
    requests = [*variations(api)]
    assert {request.model for request in requests} == {model.name for model in models(load(api))}
    assert [request for index, request in enumerate(requests) if request in requests[:index]] == []


@pytest.mark.parametrize(
    ("fields", "video"),
    [
        ({"duration": "10", "aspect_ratio": "9:16", "sound": True}, VideoProperties(10.0, Fraction(9, 16), sound=True)),
        ({"multi_shots": True}, VideoProperties(5.0, Fraction(16, 9), sound=True)),
        ({"duration": 5}, VideoProperties(5.0, Fraction(16, 9), sound=False)),
        ({}, VideoProperties(5.0, Fraction(16, 9), sound=False)),
    ],
)
def test_the_fields_decide_the_expected_video(fields, video):
    assert expected(fields) == video
