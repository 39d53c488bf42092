"""Requests for videos with every model, from the specs' examples and choices, and the video expected of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from fractions import Fraction
from importlib import import_module
from itertools import product
from typing import Any, Final

from attrs import frozen

from klingkit_api.errors import InvalidValue
from scripts.mp4 import VideoProperties
from scripts.specs.files import load
from scripts.specs.models import NAMED, Model, example, examples, models, sample
from scripts.specs.spec import Node, Spec, conditionals, resolved

VISIBLE: Final = ("duration", "aspect_ratio", "sound")
"""The options that a video shows by itself."""


@frozen
class VideoRequest:
    """A typed request for a video, and the properties that the video must have."""

    api: str
    model: str
    request: Any
    video: VideoProperties

    def __str__(self) -> str:
        video = self.video
        return f"{self.model}-{video.ratio}-{video.seconds:g}{'-sound' * video.sound}".replace("/", "_")


def samples(api: str) -> Iterator[VideoRequest]:
    """Yield a request for each model of an API: the spec's own example, or one with what is required."""
    spec = load(api)
    yield from (_request(api, model, sample(spec, model)) for model in models(spec))


def variations(api: str) -> Iterator[VideoRequest]:
    """Yield requests with every choice that the spec has for each model.

    All that is visible is combined, with the first model of each class of requests; other choices are made one by one.
    Combinations that a rule between fields refuses are left out; the spec's own examples, in which it holds, are added.
    """
    spec = load(api)
    known: set[str] = set()
    for model in models(spec):
        schema = spec["components"]["schemas"][model.request]
        fields: Mapping[str, Node] = schema["properties"]
        whole = {name: example(spec, field) for name, field in fields.items()}
        named = {NAMED: model.name} if NAMED in fields else {}
        choices = {name: _choices(spec, field) for name, field in fields.items() if name != NAMED}
        varied: list[dict[str, Any]] = [
            {},
            *([] if model.request in known else _combined(choices)),
            *_one_by_one(choices),
        ]
        known.add(model.request)
        tried = [{**whole, **named, **changes} for changes in varied]
        tried += examples(spec, model) if conditionals(schema) else ()
        yield from _distinct(_allowed(api, model, tried))


def _allowed(api: str, model: Model, varied: Iterable[Mapping[str, Any]]) -> Iterator[VideoRequest]:
    """Yield the requests that no rule between fields forbids."""
    for given in varied:
        with suppress(InvalidValue):
            yield _request(api, model, given)


def _combined(choices: Mapping[str, list[Any]]) -> Iterator[dict[str, Any]]:
    names = [name for name in VISIBLE if choices.get(name)]
    yield from (dict(zip(names, values, strict=True)) for values in product(*(choices[name] for name in names)))


def _one_by_one(choices: Mapping[str, list[Any]]) -> Iterator[dict[str, Any]]:
    hidden = [(name, value) for name, values in choices.items() if name not in VISIBLE for value in values]
    yield from ({name: value} for name, value in hidden)


def _choices(spec: Spec, field: Node) -> list[Any]:
    node = resolved(spec, field)
    listed: list[Any] = [True, False] if node.get("type") == "boolean" else node.get("enum", [])
    return listed


def _request(api: str, model: Model, given: Mapping[str, Any]) -> VideoRequest:
    kind = getattr(import_module(f"klingkit.{api}"), model.request)
    request = kind.from_dict(given)
    return VideoRequest(api, model.name, request, expected(request.to_dict()))


def expected(sent: Mapping[str, Any]) -> VideoProperties:
    """Return the properties of the video that a request is for; the emulator makes 16:9 of what names no ratio.

    What names no length lasts 5 seconds, even if a file decides on it; what is made of an audio file is heard, and so
    are several shots.
    """
    ratio = Fraction(*map(int, sent.get("aspect_ratio", "16:9").split(":")))
    heard = sent.get("sound", sent.get("multi_shots")) is True or "audio_url" in sent
    return VideoProperties(float(sent.get("duration", 5)), ratio, heard)


def _distinct(requests: Iterable[VideoRequest]) -> list[VideoRequest]:
    """Leave out requests that were there before."""
    found: list[VideoRequest] = []
    for it in requests:
        if it not in found:
            found.append(it)
    return found
