"""Tests of the table of kie.ai's models: a new model needs only a row."""

from random import Random
from typing import Any

import pytest

from contract_tests.emulator.kit import Kie
from klingkit.emulator._field_rules import Fields, Integer, ListOf, Text, Uri
from klingkit.emulator.apis.kie._models import MODELS, Model, sample_video

SHOT = Fields({"prompt": Text(500), "duration": Integer(1, 12)}, {})
ROW = Model(required={"image_urls": ListOf(Uri(), 1, 1)}, optional={"multi_prompt": ListOf(SHOT, most=3)})
INPUT: dict[str, Any] = {"image_urls": ["https://example.com/a.png"]}


def test_a_new_row_is_a_model_with_rules_ids_and_a_video(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MODELS, "kling/new", ROW)  # type: ignore[arg-type]  # a dict, typed as read-only
    api = Kie()
    task_id = api.create_task(
        {"model": "kling/new", "input": INPUT | {"multi_prompt": [{"prompt": "a", "duration": 12}]}}
    )
    assert task_id.startswith("task_kling_")
    assert (api.states(task_id), api.video(task_id).status_code) == (["succeeded"], 200)
    invalid = INPUT | {"multi_prompt": [{"prompt": "a", "duration": 13}]}
    message = api.message(api.create({"model": "kling/new", "input": invalid}), "value")
    assert message == "input.multi_prompt[0].duration must be 12 at most, is 13"


@pytest.mark.parametrize(("duration", "seconds"), [("2", 3), ("3", 3), (7, 7), ("15", 15), ("300", 15), ("x", 5)])
def test_other_durations_get_the_nearest_sample_video(duration: object, seconds: int) -> None:
    assert sample_video({"duration": duration}).seconds == seconds


def test_a_video_made_of_an_audio_file_has_sound() -> None:
    video = sample_video({"audio_url": "https://studio.example/speech.mp3"})
    assert (video.sound, video.seconds) == (True, 5)


def test_ids_of_a_model_have_its_prefix() -> None:
    assert Model({}, id_prefix="task_kling-2.6_").draw_id(Random(1)).startswith("task_kling-2.6_")  # noqa: S311 - repeatable, nothing secret
