"""Estimates of prices: of every row of the vendor's list, of none where it has none, and never of nonsense."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from klingkit import InvalidRequest, native
from klingkit.kie import (
    Estimate,
    Job,
    Kling25TurboPro,
    Kling26MotionControl,
    Kling26TextToVideo,
    KlingAvatarPro,
    estimate,
)
from klingkit_api.kie.requests import MODELS
from scripts.specs.files import PRICES, load, read_yaml
from scripts.specs.models import models, sample

LIST: dict[str, Any] = read_yaml(PRICES / "kie.yaml")
ROWS = [
    (model, priced["per"], row["usd"], row["when"])
    for model, priced in LIST["models"].items()
    for row in priced["rows"]
]
SAMPLES = {model.name: sample(load("kie"), model) for model in models(load("kie"))}


@pytest.mark.parametrize(("model", "per", "usd", "when"), ROWS, ids=str)
def test_each_row_of_the_list_is_the_price_of_a_job(model: str, per: str, usd: str, when: dict[str, Any]):
    found = estimate(Job(model, {"prompt": "a cat", "duration": "7", **when}), seconds=7)
    assert isinstance(found, Estimate)
    assert found.usd == Decimal(usd) * (7 if per == "second" else 1)
    assert found.credits * Decimal(LIST["usd_per_credit"]) == found.usd
    assert (found.date, found.source) == (date.fromisoformat(LIST["date"]), LIST["source"])


@pytest.mark.parametrize("model", LIST["models"])
def test_a_typed_request_of_a_listed_model_has_a_price(model: str):
    request = MODELS[model].from_dict(SAMPLES[model])
    assert estimate(request, seconds=10) == estimate(Job(model, request.to_dict()), seconds=10) is not None


def test_defaults_count_and_the_requests_own_length_outranks_a_given_one():
    request = Kling26TextToVideo(prompt="a cat", sound=True, aspect_ratio="16:9")
    assert str(estimate(request, seconds=99)) == "about 110 credits (0.55 USD by the list of 2026-06-30)"


def test_several_shots_cost_what_sound_costs():
    shots = {"multi_shots": True, "mode": "std", "duration": "10"}
    assert estimate(Job("kling-3.0/video", shots)) == estimate(Job("kling-3.0/video", shots | {"sound": False}))


MOTION: dict[str, Any] = {"input_urls": ["https://a.b/c.png"], "video_urls": ["https://a.b/c.mp4"]}


@pytest.mark.parametrize(
    "request_",
    [
        Kling26MotionControl(**MOTION),
        KlingAvatarPro(prompt="hello", image_url="https://a.b/c.png", audio_url="https://a.b/c.mp3"),
        Job("kling/v3-turbo-text-to-video", {"resolution": "480p"}),
        Job("kling-2.6/text-to-video", {"sound": True, "duration": 5}),
        Job("kling-9/video", {"duration": "5"}),
    ],
    ids=["length of a video", "length of a recording", "another choice", "a number", "an unknown model"],
)
def test_what_is_not_known_has_no_estimate(request_: Any):
    assert estimate(request_) is None


@pytest.mark.parametrize("seconds", [0, -1, 1e9, float("nan"), True])
def test_a_length_that_is_none_is_refused(seconds: Any):
    with pytest.raises(InvalidRequest, match="seconds"):
        estimate(Kling25TurboPro(prompt="a cat"), seconds=seconds)


OF_ANOTHER_API = native.Text2Video(model_name="kling-v1-6", prompt="a cat", mode="std")


@pytest.mark.parametrize("other", [None, "a cat", OF_ANOTHER_API, Job])
def test_what_is_no_request_of_this_api_is_refused(other: Any):
    with pytest.raises(InvalidRequest):
        estimate(other)
