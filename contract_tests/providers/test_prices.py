"""Tests that each row of the vendor's price list is an estimate, and that nothing else is."""

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

PRICE_LIST: dict[str, Any] = read_yaml(PRICES / "kie.yaml")
PRICED_ROWS = [
    (model, priced["per"], row["usd"], row["when"])
    for model, priced in PRICE_LIST["models"].items()
    for row in priced["rows"]
]
SAMPLE_BY_MODEL = {model.name: sample(load("kie"), model) for model in models(load("kie"))}


@pytest.mark.parametrize(("model", "per", "usd", "when"), PRICED_ROWS, ids=str)
def test_each_row_of_the_list_is_the_price_of_a_job(model: str, per: str, usd: str, when: dict[str, Any]):
    price = estimate(Job(model, {"prompt": "a cat", "duration": "7", **when}), seconds=7)
    assert isinstance(price, Estimate)
    assert price.usd == Decimal(usd) * (7 if per == "second" else 1)
    assert price.credits * Decimal(PRICE_LIST["usd_per_credit"]) == price.usd
    assert (price.date, price.source) == (date.fromisoformat(PRICE_LIST["date"]), PRICE_LIST["source"])


@pytest.mark.parametrize("model", PRICE_LIST["models"])
def test_a_typed_request_of_a_listed_model_has_a_price(model: str):
    request = MODELS[model].from_dict(SAMPLE_BY_MODEL[model])
    assert estimate(request, seconds=10) == estimate(Job(model, request.to_dict()), seconds=10) is not None


def test_defaults_count_and_the_length_in_the_request_outranks_the_argument():
    request = Kling26TextToVideo(prompt="a cat", sound=True, aspect_ratio="16:9")
    assert str(estimate(request, seconds=99)) == "about 110 credits (0.55 USD by the list of 2026-06-30)"


def test_several_shots_cost_what_sound_costs():
    shots = {"multi_shots": True, "mode": "std", "duration": "10"}
    assert estimate(Job("kling-3.0/video", shots)) == estimate(Job("kling-3.0/video", shots | {"sound": False}))


MOTION_INPUT: dict[str, Any] = {"input_urls": ["https://a.b/c.png"], "video_urls": ["https://a.b/c.mp4"]}


@pytest.mark.parametrize(
    "request_",
    [
        Kling26MotionControl(**MOTION_INPUT),
        KlingAvatarPro(prompt="hello", image_url="https://a.b/c.png", audio_url="https://a.b/c.mp3"),
        Job("kling/v3-turbo-text-to-video", {"resolution": "480p"}),
        Job("kling-2.6/text-to-video", {"sound": True, "duration": 5}),
        Job("kling-9/video", {"duration": "5"}),
    ],
    ids=["length of a video", "length of a recording", "another choice", "a number", "an unknown model"],
)
def test_a_request_of_unknown_price_has_no_estimate(request_: Any):
    assert estimate(request_) is None


@pytest.mark.parametrize("seconds", [0, -1, 1e9, float("nan"), True])
def test_an_invalid_length_is_refused(seconds: Any):
    with pytest.raises(InvalidRequest, match="seconds"):
        estimate(Kling25TurboPro(prompt="a cat"), seconds=seconds)


REQUEST_OF_ANOTHER_API = native.Text2Video(model_name="kling-v1-6", prompt="a cat", mode="std")


@pytest.mark.parametrize("other", [None, "a cat", REQUEST_OF_ANOTHER_API, Job])
def test_other_values_than_requests_of_this_api_are_refused(other: Any):
    with pytest.raises(InvalidRequest):
        estimate(other)
