"""Render the emulator's sample videos: a plain colour for each ratio, with sound and without, as long as any can be.

The emulator cuts them to the length that is requested. Run as ``python -m scripts.sample_videos`` (``make videos``).
The files are committed as package data, so nothing is encoded at run time. On one machine the bytes are the same from
run to run; another build of FFmpeg may write others that play the same.
"""
# pyright: reportUnknownMemberType=false
# PyAV's types leave out what its packets hold.

import math
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

FOLDER = Path(__file__).parents[1] / "wrapper/klingkit/emulator/tasks/videos"

# Ratio -> (width, height): the short side is 360 pixels, both sides are even.
SIZES = {
    "1:1": (360, 360),
    "16:9": (640, 360),
    "9:16": (360, 640),
    "3:2": (540, 360),
    "2:3": (360, 540),
    "4:3": (480, 360),
    "3:4": (360, 480),
}
WITH_SOUND = ("1:1", "16:9", "9:16")  # the ratios of models that make sound
SECONDS = 15

FRAMES_PER_SECOND = 24
SAMPLES_PER_SECOND = 16_000
TONE = 220.0  # Hz
LOUDNESS = 0.05  # of full scale: audible, not startling


@dataclass(frozen=True)
class Slate:
    """One video to render: its ratio, which decides the colour, and whether it has sound."""

    ratio: str
    sound: bool

    @property
    def name(self) -> str:
        """The file's name, under which the emulator looks for it."""
        return f"{self.ratio.replace(':', 'x')}{'-sound' * self.sound}.mp4"

    @property
    def colour(self) -> tuple[int, int, int]:
        """Y, U and V: ratios go round the colour circle."""
        # By steps of 111 degrees a new ratio finds a gap and leaves the old colours alone.
        angle = math.pi * 0.618 * list(SIZES).index(self.ratio)
        return 150, round(128 + 70 * math.cos(angle)), round(128 + 70 * math.sin(angle))


def slates() -> Iterator[Slate]:
    """Yield every sample video."""
    for ratio in SIZES:
        yield Slate(ratio, sound=False)
        if ratio in WITH_SOUND:
            yield Slate(ratio, sound=True)


def render(slate: Slate, target: Path) -> None:
    """Write the slate as an MP4 whose index comes first, so that it plays while it downloads."""
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    with av.open(str(target), "w", container_options=options) as video:
        picture = add_picture(video, slate)
        tone = add_tone(video) if slate.sound else None
        for second in range(SECONDS):
            mux_picture(video, picture, slate, second)
            if tone is not None:
                mux_tone(video, tone, second)
        video.mux(picture.encode(None))
        if tone is not None:
            video.mux(tone.encode(None))


def add_picture(video: OutputContainer, slate: Slate) -> VideoStream:
    """Add an H.264 track that any player and browser can play."""
    # No B-frames: their reordering delay would be an edit list, which some tools misread as length.
    options = {"x264-params": "threads=1:bframes=0:keyint=24", "flags": "+bitexact", "crf": "30"}
    stream = video.add_stream("libx264", rate=FRAMES_PER_SECOND, options=options)
    stream.width, stream.height = SIZES[slate.ratio]
    stream.pix_fmt = "yuv420p"
    return stream


def add_tone(video: OutputContainer) -> AudioStream:
    """Add an AAC track."""
    stream = video.add_stream("aac", rate=SAMPLES_PER_SECOND, options={"flags": "+bitexact"})
    stream.layout = "mono"
    stream.bit_rate = 12_000
    return stream


def mux_picture(video: OutputContainer, stream: VideoStream, slate: Slate, second: int) -> None:
    """Write one second of the slate's colour."""
    frame = VideoFrame(*SIZES[slate.ratio], "yuv420p")
    for plane, value in zip(frame.planes, slate.colour, strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    frame.time_base = Fraction(1, FRAMES_PER_SECOND)
    for number in range(FRAMES_PER_SECOND):
        frame.pts = second * FRAMES_PER_SECOND + number
        video.mux(stream.encode(frame))


def mux_tone(video: OutputContainer, stream: AudioStream, second: int) -> None:
    """Write one second of the tone; TONE is a whole number, so seconds join without a click."""
    step = math.tau * TONE / SAMPLES_PER_SECOND
    wave = array("f", (LOUDNESS * math.sin(step * n) for n in range(SAMPLES_PER_SECOND)))
    frame = AudioFrame("fltp", "mono", SAMPLES_PER_SECOND)
    frame.planes[0].update(wave.tobytes().ljust(frame.planes[0].buffer_size, b"\0"))
    frame.sample_rate = SAMPLES_PER_SECOND
    frame.time_base = Fraction(1, SAMPLES_PER_SECOND)
    frame.pts = second * SAMPLES_PER_SECOND
    video.mux(stream.encode(frame))


def main() -> None:
    """Write every video and print its size."""
    FOLDER.mkdir(exist_ok=True)
    total = 0
    for slate in slates():
        render(slate, target := FOLDER / slate.name)
        total += (size := target.stat().st_size)
        print(f"{size:>8,}  {slate.name}")
    print(f"{total:>8,}  in all")


if __name__ == "__main__":
    main()
