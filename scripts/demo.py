"""One video with each model, from a prompt to a checked file, on the embedded emulator: no key, no money.

`make demo` runs it. Every API is used in three ways: polling, callback, async. It exits 0 only if every file is what
was asked for, and is the right task's.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from klingkit import AsyncClient, Client, Fixed, KlingkitError, Task, parse_callback
from klingkit import native as native_api
from klingkit import relay as relay_api
from klingkit.emulator import AfterSeconds, Emulator, read_label
from klingkit.kie import Kie, Kling21Pro, Kling25TurboPro, Kling26TextToVideo
from klingkit.native import Native
from klingkit.relay import Relay
from scripts.mailbox import mailbox
from scripts.mp4 import Film, probe

FOLDER: Final = Path("demo")
TAKES: Final = 0.3
"""Seconds that the emulator takes for a video."""
PATIENCE: Final = 30.0
POLLING: Final = Fixed(0.05)


@frozen
class Wish:
    """A video to make, with which API and how, and what it must turn out to be."""

    api: str
    model: str
    how: str
    request: Any
    film: Film

    @property
    def path(self) -> Path:
        """The file it goes to."""
        return FOLDER / f"{self.api}-{self.model.replace('/', '-')}.mp4"


@frozen
class Made:
    """A video that was made."""

    wish: Wish
    task: Task
    seconds: float


def kie_wishes() -> Iterable[Wish]:
    """Wish for one video with each model of documents 000, 002, 003."""
    wide, tall = Fraction(16, 9), Fraction(9, 16)
    cat = Kling26TextToVideo(prompt="a cat in the rain looks up at thunder", sound=True, aspect_ratio="16:9")
    yield Wish("kie", "kling-2.6/text-to-video", "polling", cat, Film(5.0, wide, sound=True))
    boat = Kling21Pro(prompt="the paper boat drifts away", image_url="https://studio.example/boat.png", duration="10")
    yield Wish("kie", "kling/v2-1-pro", "callback", boat, Film(10.0, wide, sound=False))
    garden = Kling25TurboPro(prompt="清晨的茶园，薄雾散开", aspect_ratio="9:16", cfg_scale=0.3)
    yield Wish("kie", "kling/v2-5-turbo-text-to-video-pro", "async", garden, Film(5.0, tall, sound=False))


def native_wishes() -> Iterable[Wish]:
    """Wish for one video with each model of document 001."""
    camera = native_api.Camera(type="zoom", config=native_api.CameraConfig(value=-5))
    first = native_api.Text2Video(
        model_name="kling-v1-6", mode="pro", prompt="猫在花园里", duration=10, camera_control=camera
    )
    yield Wish("native", "kling-v1-6", "polling", first, Film(10.0, Fraction(16, 9), sound=False))
    second = native_api.Text2Video(model_name="kling-v2-master", mode="std", prompt="a lighthouse", aspect_ratio="3:2")
    yield Wish("native", "kling-v2-master", "callback", second, Film(5.0, Fraction(3, 2), sound=False))
    third = native_api.Text2Video(model_name="kling-v2-1", mode="pro", prompt="snow on a lake", aspect_ratio="2:3")
    yield Wish("native", "kling-v2-1", "async", third, Film(5.0, Fraction(2, 3), sound=False))
    fourth = native_api.Text2Video(model_name="kling-v2-1-master", mode="pro", prompt="a kite", aspect_ratio="3:4")
    yield Wish("native", "kling-v2-1-master", "polling", fourth, Film(5.0, Fraction(3, 4), sound=False))


def relay_wishes() -> Iterable[Wish]:
    """Wish for one video with each model of document 004."""
    first = relay_api.Text2Video(model_name="kling-v1", prompt="在海边度假", aspect_ratio="1:1", duration=5)
    yield Wish("relay", "kling-v1", "polling", first, Film(5.0, Fraction(1), sound=False))
    second = relay_api.Text2Video(model_name="kling-v1-5", prompt="a tram at dusk", mode="pro", aspect_ratio="9:16")
    yield Wish("relay", "kling-v1-5", "callback", second, Film(5.0, Fraction(9, 16), sound=False))
    third = relay_api.Text2Video(model_name="kling-v1-6", prompt="a whale", aspect_ratio="16:9", duration=10)
    yield Wish("relay", "kling-v1-6", "async", third, Film(10.0, Fraction(16, 9), sound=False))
    axes = relay_api.CameraConfig(horizontal=0, vertical=0, pan=5, tilt=0, roll=0, zoom=0)
    fourth = relay_api.Text2Video(
        model_name="kling-v2-5-turbo",
        prompt="a market at night",
        camera_control=relay_api.Camera(type="simple", config=axes),
    )
    yield Wish("relay", "kling-v2-5-turbo", "callback", fourth, Film(5.0, Fraction(16, 9), sound=False))


WISHES: Final = (*kie_wishes(), *native_wishes(), *relay_wishes())
APIS: Final[Mapping[str, Callable[[str, str], Any]]] = {"kie": Kie, "native": Native, "relay": Relay}


def by_polling(api: Any, wish: Wish) -> Task:
    """Submit, wait, download."""
    with Client(api) as client:
        task = client.wait(client.submit(wish.request), timeout=PATIENCE, polling=POLLING)
        client.download(task, wish.path)
    return task


def by_callback(api: Any, wish: Wish) -> Task:
    """Submit, be told, ask to be sure, download."""
    with mailbox() as box, Client(api) as client:
        ref = client.submit(wish.request, callback_url=box.url)
        while True:
            letter = box.letters.get(timeout=PATIENCE)
            event = parse_callback(api, letter.body, letter.headers)
            if event.ref == ref and event.task.done:
                break
        task = client.get(ref)  # a callback is a hint: anybody may send one
        client.download(task, wish.path)
    return task


def by_await(api: Any, wish: Wish) -> Task:
    """Do the same as by polling, awaiting."""

    async def make() -> Task:
        async with AsyncClient(api) as client:
            task = await client.generate(wish.request, timeout=PATIENCE, polling=POLLING)
            await client.download(task, wish.path)
            return task

    return asyncio.run(make())


HOW: Final = {"polling": by_polling, "callback": by_callback, "async": by_await}


def fulfil(wish: Wish, url: str) -> Made:
    """Make one video."""
    began = time.monotonic()
    task = HOW[wish.how](APIS[wish.api]("key-of-nobody", url), wish)
    return Made(wish, task, time.monotonic() - began)


def findings(made: Made) -> list[str]:
    """Say what is wrong with a file; nothing if it is what was asked for."""
    wish = made.wish
    film, label = probe(wish.path), read_label(wish.path)
    checks = {
        f"{film.seconds:g} s instead of {wish.film.seconds:g}": abs(film.seconds - wish.film.seconds) < 0.1,
        f"ratio {film.ratio} instead of {wish.film.ratio}": film.ratio == wish.film.ratio,
        f"sound {film.sound} instead of {wish.film.sound}": film.sound == wish.film.sound,
        f"the film of task {label.task_id}": label.task_id == made.task.ref.id,
        f"the film of model {label.model}": label.model == wish.model,
        f"the film of prompt {label.prompt!r}": label.prompt == wish.request.prompt,
    }
    return [f"{wish.path}: {finding}" for finding, right in checks.items() if not right]


def table(rows: Iterable[tuple[str, ...]]) -> str:
    """Lay out rows in columns."""
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def row(made: Made) -> tuple[str, ...]:
    """Describe a video that was made."""
    wish = made.wish
    size = f"{wish.path.stat().st_size:,} B"
    return wish.api, wish.model, wish.how, str(made.task.ref), f"{made.seconds:.2f}", str(wish.path), size


def main() -> int:
    """Make every video, check each, print them; return the exit status."""
    for proxy in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[proxy]  # loopback is reached directly
    FOLDER.mkdir(exist_ok=True)
    try:
        with Emulator(seed=7, finish=AfterSeconds(TAKES)).serve() as url:
            made = [fulfil(wish, url) for wish in WISHES]
    except KlingkitError as error:
        print(f"demo failed: {error!r}", file=sys.stderr)
        return 1
    print(table([("API", "MODEL", "HOW", "REF", "SECONDS", "FILE", "SIZE"), *map(row, made)]))
    wrong = [finding for one in made for finding in findings(one)]
    print("\n".join(wrong) or f"\n{len(made)} videos, each checked: length, ratio, sound, and whose it is.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
