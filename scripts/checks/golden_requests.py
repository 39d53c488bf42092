"""What the documents allow a request to hold, written down by hand, with no look at specs or generated classes.

Characters are code points. 004 leaves the ranges of its axes open, 001 all of its camera.
"""

from collections.abc import Mapping
from typing import Any

from klingkit import native, relay
from klingkit_api.checks import AnyOf, Boolean, Check, Choice, Field, Integer, Model, Number, Text
from klingkit_api.kie import models as of_kie
from scripts.checks.edges import Rules

RATIOS = Choice("1:1", "16:9", "9:16")
MORE_RATIOS = Choice("16:9", "9:16", "1:1", "3:2", "2:3", "3:4", "4:3")
STRINGS = Choice("5", "10")
SECONDS = Choice(5, 10)
MODES = Choice("std", "pro")
SCALE = Number(minimum=0, maximum=1)
TENTHS = Number(minimum=0, maximum=1, multiple_of=0.1)
AXES = ("horizontal", "vertical", "pan", "tilt", "roll", "zoom")


def _text(longest: int | None = None) -> Check:
    return Text(max_length=longest, sendable=True)


def _rules(needed: Mapping[str, Check], optional: Mapping[str, Check] | None = None, **more: Any) -> Rules:
    fields = {name: Field(name, check) for name, check in needed.items()}
    fields |= {name: Field(name, check, optional=True) for name, check in (optional or {}).items()}
    return Rules(fields, frozenset(needed) - more.pop("filled", frozenset()), **more)


def _body(model: str, request: type, *, uri: bool = True) -> Rules:
    """kie.ai's wrapping; 002 and 003 want a URI for the callback."""
    fields = {
        "model": Field("model", Choice(model)),
        "input_": Field("input", Model(request)),
        "call_back_url": Field("callBackUrl", Text(sendable=True, uri=uri), optional=True),
    }
    return Rules(fields, frozenset({"input_"}))


DOCUMENTED: Mapping[Any, Rules] = {
    of_kie.Kling26TextToVideo: _rules(
        {"prompt": _text(1000), "sound": Boolean(), "aspect_ratio": RATIOS, "duration": STRINGS},
        filled=frozenset({"sound", "aspect_ratio", "duration"}),
    ),
    of_kie.Kling21Pro: _rules(
        {"prompt": _text(5000), "image_url": _text()},
        {"duration": STRINGS, "negative_prompt": _text(500), "cfg_scale": TENTHS, "tail_image_url": _text()},
    ),
    of_kie.Kling25TurboPro: _rules(
        {"prompt": _text(2500)},
        {"duration": STRINGS, "aspect_ratio": RATIOS, "negative_prompt": _text(2500), "cfg_scale": TENTHS},
    ),
    of_kie.CreateKling26TextToVideo: _body("kling-2.6/text-to-video", of_kie.Kling26TextToVideo, uri=False),
    of_kie.CreateKling21Pro: _body("kling/v2-1-pro", of_kie.Kling21Pro),
    of_kie.CreateKling25TurboPro: _body("kling/v2-5-turbo-text-to-video-pro", of_kie.Kling25TurboPro),
    native.Text2Video: _rules(
        {
            "model_name": Choice("kling-v1-6", "kling-v2-master", "kling-v2-1", "kling-v2-1-master"),
            "mode": MODES,
            "prompt": _text(2500),
        },
        {
            "negative_prompt": _text(2500),
            "duration": SECONDS,
            "aspect_ratio": MORE_RATIOS,
            "cfg_scale": SCALE,
            "camera_control": Model(native.Camera),
        },
    ),
    native.Camera: _rules(
        {}, {"type": AnyOf(Choice("zoom", "pan", "tilt"), _text()), "config": Model(native.CameraConfig)}
    ),
    native.CameraConfig: _rules({}, {"value": Number()}, open=True),
    relay.Text2Video: _rules(
        {"model_name": Choice("kling-v1", "kling-v1-5", "kling-v1-6", "kling-v2-5-turbo"), "prompt": _text(500)},
        {
            "negative_prompt": _text(200),
            "cfg_scale": SCALE,
            "mode": MODES,
            "camera_control": Model(relay.Camera),
            "aspect_ratio": RATIOS,
            "duration": SECONDS,
        },
    ),
    relay.Camera: _rules({"type": _text(), "config": Model(relay.CameraConfig)}),
    relay.CameraConfig: _rules(dict.fromkeys(AXES, Integer())),
}
"""Typed requests, kie.ai's bodies, and what they hold."""


def documented(model: Any) -> Rules:
    """What a document allows one of these to hold."""
    return DOCUMENTED[model]


FILLED_IN: Mapping[Any, Mapping[str, Any]] = {
    of_kie.CreateKling26TextToVideo: {"input.sound": False, "input.aspect_ratio": "1:1", "input.duration": "5"},
    of_kie.CreateKling21Pro: {"input.duration": "5", "input.cfg_scale": 0.5},
    of_kie.CreateKling25TurboPro: {"input.duration": "5", "input.aspect_ratio": "16:9", "input.cfg_scale": 0.5},
    native.Text2Video: {"duration": 5, "aspect_ratio": "16:9", "cfg_scale": 0.5},
    relay.Text2Video: {},
}
"""The documented defaults, which no service is known to apply; never one for a prompt."""
