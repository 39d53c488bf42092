"""Tests of the sample videos: their format, and their labels."""

import io
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import pytest

from contract_tests.emulator.kit import KLING_21, KLING_25, KLING_26, ApiClass, Kie, Native, Relay, every_api
from klingkit import emulator as package
from klingkit._downloads._mp4 import find_defect
from klingkit.emulator import Label, read_label
from klingkit.emulator.tasks._sample_videos import LENGTHS, SampleVideo

VIDEOS = Path(package.__file__).parent / "tasks" / "videos"


FRAME_SECONDS = 1 / 24


SIZES = {
    "1:1": (360, 360),
    "16:9": (640, 360),
    "9:16": (360, 640),
    "3:2": (540, 360),
    "2:3": (360, 540),
    "4:3": (480, 360),
    "3:4": (360, 480),
}


COMMON_RATIOS = ("1:1", "16:9", "9:16")


REQUESTS: list[tuple[ApiClass, str, dict[str, Any], str, int, bool]] = [  # API, model, fields, ratio, seconds, sound
    *(
        (Kie, KLING_26, {"aspect_ratio": ratio, "duration": str(seconds), "sound": sound}, ratio, seconds, sound)
        for ratio in COMMON_RATIOS
        for seconds in (5, 10)
        for sound in (True, False)
    ),
    *((Kie, KLING_25, {"aspect_ratio": ratio}, ratio, 5, False) for ratio in COMMON_RATIOS),
    (Kie, KLING_25, {"duration": "10"}, "16:9", 10, False),
    (Kie, KLING_25, {}, "16:9", 5, False),
    (Kie, KLING_21, {}, "16:9", 5, False),
    (Kie, KLING_21, {"duration": "10"}, "16:9", 10, False),
    *(
        (api_class, api_class.models[0], {"aspect_ratio": ratio, "duration": seconds}, ratio, int(seconds), False)
        for api_class, ratios in ((Native, (*SIZES,)), (Relay, COMMON_RATIOS))
        for ratio in ratios
        for seconds in (5, "10")
    ),
    *((api_class, model, {}, "16:9", 5, False) for api_class in (Native, Relay) for model in api_class.models),
]


SAMPLE_VIDEOS = [
    SampleVideo(ratio, seconds, sound)
    for ratio in SIZES
    for sound in (False, True)
    if not sound or ratio in COMMON_RATIOS
    for seconds in (range(3, 16) if ratio == "16:9" else (3, 15))
]
"""Each length in 16:9, the shortest and the longest in the other ratios; with sound in ratios where models have it."""


def check_format(content: bytes, ratio: str, seconds: int, *, sound: bool) -> None:
    with av.open(io.BytesIO(content), "r") as container:
        (video_stream,) = container.streams.video
        assert container.duration is not None
        assert container.duration / 1_000_000 == pytest.approx(seconds, abs=FRAME_SECONDS)
        assert (video_stream.codec_context.name, video_stream.format.name) == ("h264", "yuv420p")
        assert (video_stream.width, video_stream.height) == SIZES[ratio]
        assert Fraction(video_stream.width, video_stream.height) == Fraction(ratio.replace(":", "/"))
        assert [track.codec_context.name for track in container.streams.audio] == ["aac"] * sound
        for stream in container.streams:
            assert stream.duration is not None
            assert stream.time_base is not None
            assert float(stream.duration * stream.time_base) == pytest.approx(seconds, abs=FRAME_SECONDS)
        assert sum(1 for _ in container.decode(video=0)) == seconds * 24
        if sound:
            container.seek(0)
            samples = sum(frame.samples for frame in container.decode(audio=0))
            assert seconds * 16_000 <= samples < seconds * 16_000 + 1024


@pytest.mark.parametrize(("api_class", "model", "fields", "ratio", "seconds", "sound"), REQUESTS)
def test_a_video_has_the_requested_format(
    api_class: ApiClass, model: str, fields: dict[str, object], ratio: str, seconds: int, *, sound: bool
) -> None:
    api = api_class()
    check_format(api.video(api.create_task(api_class.body(model, **fields))).content, ratio, seconds, sound=sound)


@pytest.mark.parametrize(
    "video", SAMPLE_VIDEOS, ids=lambda video: f"{video.ratio}-{video.seconds}{'-sound' * video.sound}"
)
def test_every_length_can_be_made(video: SampleVideo, tmp_path: Path) -> None:
    """The client's check of downloads finds no defect in the file."""
    content = video.read()
    check_format(content, video.ratio, video.seconds, sound=video.sound)
    (tmp_path / "video.mp4").write_bytes(content)
    assert find_defect(tmp_path / "video.mp4", mp4=True) is None
    assert content.index(b"moov") < content.index(b"mdat")


def test_a_shorter_video_is_a_smaller_file() -> None:
    """Samples after the end are removed from the file, not only from its tables."""
    sizes = [len(SampleVideo("16:9", seconds, sound=True).read()) for seconds in LENGTHS]
    assert all(shorter + 2000 < longer for shorter, longer in pairwise(sizes))


def color(video: SampleVideo) -> tuple[int, ...]:
    with av.open(io.BytesIO(video.read()), "r") as container:
        return tuple(bytes(plane)[0] for plane in next(container.decode(video=0)).planes)


def test_ratios_have_different_colors() -> None:
    assert len({color(SampleVideo(ratio, 3)) for ratio in SIZES}) == len(SIZES)


def test_the_videos_in_the_package_are_small() -> None:
    sizes = [path.stat().st_size for path in VIDEOS.iterdir()]
    assert (len(sizes), sum(sizes) < 250_000) == (10, True)


@every_api
def test_each_video_has_the_label_of_its_task(api_class: ApiClass, tmp_path: Path) -> None:
    api = api_class()
    tasks = {api.create_task(prompt=prompt): prompt for prompt in ("雨中的猫", 'a "dog"\n</script>')}
    for task_id, prompt in tasks.items():
        video = api.video(task_id).content
        (tmp_path / "video.mp4").write_bytes(video)
        label = Label(task_id=task_id, model=api_class.models[-1], prompt=prompt)
        assert (
            read_label(video) == read_label(tmp_path / "video.mp4") == read_label(str(tmp_path / "video.mp4")) == label
        )


def test_a_missing_label_is_an_error() -> None:
    api = Kie()
    video = api.video(api.create_task()).content
    without_label = SampleVideo("16:9", 5).read()
    box = b"\0\0\0\x0a" + b"free[]"
    for data in (
        b"",
        b"abc",
        without_label,
        video[:-1],
        video[: len(without_label) + 4],
        without_label + b"\0\0\0\x08free",
        without_label + box,
        video + b"\0",
    ):
        with pytest.raises(ValueError, match="no label: "):
            read_label(data)
