"""Every model with every option and ratio that its document offers, and the video that it must become."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from attrs import frozen

from klingkit import native, relay
from klingkit.kie import Kling21Pro, Kling25TurboPro, Kling26TextToVideo
from scripts.mp4 import Film


@frozen
class VideoCase:
    api: str
    model: str
    request: Any
    film: Film

    def __str__(self) -> str:
        film = self.film
        return f"{self.model}-{film.ratio}-{film.seconds:g}{'-sound' * film.sound}".replace("/", "_")


IMAGE = "https://studio.example/boat.png"
AXES = {"horizontal": 0, "vertical": 0, "pan": 3, "tilt": 0, "roll": 0, "zoom": 0}


def shape(ratio: str) -> Fraction:
    return Fraction(*map(int, ratio.split(":")))


def video_cases() -> Iterator[VideoCase]:
    yield from kie()
    yield from of_native()
    yield from of_relay()


def kie() -> Iterator[VideoCase]:
    for duration in ("5", "10"):
        seconds = float(duration)
        boat = Kling21Pro(
            prompt="a boat",
            image_url=IMAGE,
            tail_image_url="" if duration == "5" else IMAGE,
            duration=duration,
            cfg_scale=0.3,
        )  # type: ignore[arg-type]  # a choice, which mypy widens
        yield VideoCase("kie", "kling/v2-1-pro", boat, Film(seconds, Fraction(16, 9), sound=False))
        for ratio in ("1:1", "16:9", "9:16"):
            options: Any = {"aspect_ratio": ratio, "duration": duration}
            for sound in (True, False):
                cat = Kling26TextToVideo(prompt="雨中的猫", sound=sound, **options)
                yield VideoCase("kie", "kling-2.6/text-to-video", cat, Film(seconds, shape(ratio), sound))
            garden = Kling25TurboPro(prompt="a garden", negative_prompt="blur", **options)
            silent = Film(seconds, shape(ratio), sound=False)
            yield VideoCase("kie", "kling/v2-5-turbo-text-to-video-pro", garden, silent)


def of_native() -> Iterator[VideoCase]:
    models = ("kling-v1-6", "kling-v2-master", "kling-v2-1", "kling-v2-1-master")
    camera = native.Camera(type="zoom", config=native.CameraConfig(value=-5))
    for model in models:
        for mode in ("std", "pro"):
            options: Any = {"model_name": model, "mode": mode, "camera_control": camera}
            yield VideoCase(
                "native", model, native.Text2Video(prompt=mode, **options), Film(5.0, shape("16:9"), sound=False)
            )
    for ratio in ("16:9", "9:16", "1:1", "3:2", "2:3", "3:4", "4:3"):
        for duration in (5, 10):
            shaped: Any = {"model_name": models[0], "mode": "std", "aspect_ratio": ratio, "duration": duration}
            request = native.Text2Video(prompt="一只猫", negative_prompt="blur", cfg_scale=0.7, **shaped)
            yield VideoCase("native", models[0], request, Film(float(duration), shape(ratio), sound=False))


def of_relay() -> Iterator[VideoCase]:
    models = ("kling-v1", "kling-v1-5", "kling-v1-6", "kling-v2-5-turbo")
    camera = relay.Camera(type="simple", config=relay.CameraConfig(**AXES))
    for model in models:
        for mode in ("std", "pro"):
            options: Any = {"model_name": model, "mode": mode, "camera_control": camera}
            request = relay.Text2Video(prompt=mode, **options)
            yield VideoCase("relay", model, request, Film(5.0, shape("16:9"), sound=False))
    for ratio in ("16:9", "9:16", "1:1"):
        for duration in (5, 10):
            shaped: Any = {"model_name": models[0], "aspect_ratio": ratio, "duration": duration}
            request = relay.Text2Video(prompt="一只猫", negative_prompt="blur", cfg_scale=0.7, **shaped)
            yield VideoCase("relay", models[0], request, Film(float(duration), shape(ratio), sound=False))
