"""One video with each model, from a prompt to a checked file, on the embedded emulator: no key, no money.

`make demo` runs it. It exits 0 only if every file is what was asked for, and is the right task's.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from klingkit import AsyncClient, Client, Fixed, KlingkitError, TaskRef
from klingkit.emulator import AfterQueries, Emulator, read_label
from klingkit.kie import Kie, Kling21Pro, Kling25TurboPro, Kling26TextToVideo
from scripts.mp4 import Film, probe

FOLDER: Final = Path("demo")
POLLING: Final = Fixed(0.05)


@frozen
class Wish:
    """A video to make, and what it must turn out to be."""

    api: str
    model: str
    request: Any
    film: Film


@frozen
class Made:
    """A video that was made."""

    ref: TaskRef
    seconds: float
    path: Path


WISHES: Final = (
    Wish(
        "kie",
        "kling-2.6/text-to-video",
        Kling26TextToVideo(prompt="a cat in the rain looks up at thunder", sound=True, aspect_ratio="16:9"),
        Film(5.0, Fraction(16, 9), sound=True),
    ),
    Wish(
        "kie",
        "kling/v2-1-pro",
        Kling21Pro(prompt="the paper boat drifts away", image_url="https://studio.example/boat.png", duration="10"),
        Film(10.0, Fraction(16, 9), sound=False),
    ),
    Wish(
        "kie",
        "kling/v2-5-turbo-text-to-video-pro",
        Kling25TurboPro(prompt="清晨的茶园，薄雾散开", aspect_ratio="9:16", cfg_scale=0.3),
        Film(5.0, Fraction(9, 16), sound=False),
    ),
)


def make(api: Kie, wish: Wish) -> Made:
    """Make a video with the blocking client."""
    began = time.monotonic()
    with Client(api) as client:
        ref = client.submit(wish.request)
        task = client.wait(ref, timeout=30, polling=POLLING)
        path = client.download(task, FOLDER / file_name(wish))
    return Made(ref, time.monotonic() - began, path)


async def make_async(api: Kie, wish: Wish) -> Made:
    """Make a video with the async client."""
    began = time.monotonic()
    async with AsyncClient(api) as client:
        ref = await client.submit(wish.request)
        task = await client.wait(ref, timeout=30, polling=POLLING)
        path = await client.download(task, FOLDER / file_name(wish))
    return Made(ref, time.monotonic() - began, path)


def file_name(wish: Wish) -> str:
    """Name the file after the model."""
    return f"{wish.api}-{wish.model.replace('/', '-')}.mp4"


def findings(wish: Wish, made: Made) -> list[str]:
    """Say what is wrong with a file; nothing if it is what was asked for."""
    film, label = probe(made.path), read_label(made.path)
    checks = {
        f"{film.seconds:g} s instead of {wish.film.seconds:g}": abs(film.seconds - wish.film.seconds) < 0.1,
        f"ratio {film.ratio} instead of {wish.film.ratio}": film.ratio == wish.film.ratio,
        f"sound {film.sound} instead of {wish.film.sound}": film.sound == wish.film.sound,
        f"the film of task {label.task_id}": label.task_id == made.ref.id,
        f"the film of model {label.model}": label.model == wish.model,
        f"the film of prompt {label.prompt!r}": label.prompt == wish.request.prompt,
    }
    return [finding for finding, right in checks.items() if not right]


def table(rows: Iterable[tuple[str, ...]]) -> str:
    """Lay out rows in columns."""
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def row(wish: Wish, made: Made) -> tuple[str, ...]:
    """Describe a video that was made."""
    size = f"{made.path.stat().st_size:,} B"
    return wish.api, wish.model, str(made.ref), f"{made.seconds:.2f}", str(made.path), size


def main() -> int:
    """Make every video, check each, print them; return the exit status."""
    os.environ["NO_PROXY"] = "127.0.0.1"  # loopback stays here, whatever proxy the user has
    FOLDER.mkdir(exist_ok=True)
    makers: list[Callable[[Kie, Wish], Made]] = [make, make, lambda api, wish: asyncio.run(make_async(api, wish))]
    try:
        with Emulator(seed=7, finish=AfterQueries(3)).serve() as url:
            made = [maker(Kie("key-of-nobody", url), wish) for maker, wish in zip(makers, WISHES, strict=True)]
    except KlingkitError as error:
        print(f"demo failed: {error!r}", file=sys.stderr)
        return 1
    print(table([("API", "MODEL", "REF", "SECONDS", "FILE", "SIZE"), *map(row, WISHES, made)]))
    wrong = [f"{one.path}: {why}" for wish, one in zip(WISHES, made, strict=True) for why in findings(wish, one)]
    print("\n".join(wrong) or f"\n{len(made)} videos, each checked: length, ratio, sound, and whose it is.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
