"""One video with each model, from a prompt to a checked file, on the embedded emulator: no key, no money.

`make demo` runs it. Every API is used in three ways: polling, callback, async. It exits 0 only if every file is what
was requested, and is the right task's.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Iterable
from itertools import cycle
from pathlib import Path
from typing import Any, Final, cast

from attrs import frozen

from klingkit import AsyncClient, Client, Fixed, KlingkitError, Task, parse_callback
from klingkit._base import Api
from klingkit.emulator import AfterSeconds, Emulator, read_label
from klingkit.providers._registry import ADAPTERS
from scripts.callback_server import callback_server
from scripts.mp4 import probe
from scripts.video_requests import VideoRequest, samples

FOLDER: Final = Path("demo")
TAKES: Final = 0.3
"""How long the emulator takes for a video, in seconds."""
TIMEOUT: Final = 30.0
"""The time limit of each wait, in seconds."""
POLLING: Final = Fixed(0.05)


@frozen
class DemoVideo:
    """A video to make: the request with the expected properties of the video, and the way to wait for it."""

    expected: VideoRequest
    how: str

    @property
    def path(self) -> Path:
        """The file to download it to."""
        return FOLDER / f"{self.expected.api}-{self.expected.model.replace('/', '-')}.mp4"


@frozen
class MadeVideo:
    """A video that was made."""

    planned: DemoVideo
    task: Task
    seconds: float


def by_polling(api: Any, video: DemoVideo) -> Task:
    """Submit, wait, download."""
    with Client(api) as client:
        task = client.wait(client.submit(video.expected.request), timeout=TIMEOUT, polling=POLLING)
        client.download(task, video.path)
    return task


def by_callback(api: Any, video: DemoVideo) -> Task:
    """Submit, receive a callback, confirm it by a query, download."""
    with callback_server() as server, Client(api) as client:
        ref = client.submit(video.expected.request, callback_url=server.url)
        while True:
            callback = server.callbacks.get(timeout=TIMEOUT)
            event = parse_callback(api, callback.body, callback.headers)
            if event.ref == ref and event.task.done:
                break
        task = client.get(ref)  # a callback is a hint: anybody may send one
        client.download(task, video.path)
    return task


def by_await(api: Any, video: DemoVideo) -> Task:
    """Submit, wait, download with the asyncio client."""

    async def make() -> Task:
        async with AsyncClient(api) as client:
            task = await client.generate(video.expected.request, timeout=TIMEOUT, polling=POLLING)
            await client.download(task, video.path)
            return task

    return asyncio.run(make())


HOW: Final = {"polling": by_polling, "callback": by_callback, "async": by_await}


def plan_videos() -> list[DemoVideo]:
    """Plan one video with each model; the videos of an API use the three ways in turn."""
    return [DemoVideo(request, how) for api in ADAPTERS for request, how in zip(samples(api), cycle(HOW), strict=False)]


def make(video: DemoVideo, url: str) -> MadeVideo:
    """Make one video."""
    began = time.monotonic()
    task = HOW[video.how](ADAPTERS[cast("Api", video.expected.api)]("key-of-the-demo", url), video)
    return MadeVideo(video, task, time.monotonic() - began)


def findings(made: MadeVideo) -> list[str]:
    """List where a file differs from what was requested."""
    path, expected = made.planned.path, made.planned.expected
    video, label = probe(path), read_label(path)
    checks = {
        f"{video.seconds:g} s instead of {expected.video.seconds:g}": abs(video.seconds - expected.video.seconds) < 0.1,
        f"ratio {video.ratio} instead of {expected.video.ratio}": video.ratio == expected.video.ratio,
        f"sound {video.sound} instead of {expected.video.sound}": video.sound == expected.video.sound,
        f"the video of task {label.task_id}": label.task_id == made.task.ref.id,
        f"the video of model {label.model}": label.model == expected.model,
        f"the video of prompt {label.prompt!r}": label.prompt == expected.request.prompt,
    }
    return [f"{path}: {finding}" for finding, right in checks.items() if not right]


def table(rows: Iterable[tuple[str, ...]]) -> str:
    """Lay out rows in columns."""
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def row(made: MadeVideo) -> tuple[str, ...]:
    """Return the row of the table for a video that was made."""
    path, expected = made.planned.path, made.planned.expected
    size = f"{path.stat().st_size:,} B"
    return expected.api, expected.model, made.planned.how, str(made.task.ref), f"{made.seconds:.2f}", str(path), size


def main() -> int:
    """Make every video, check each, print them; return the exit status."""
    for proxy in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[proxy]  # loopback is reached directly
    FOLDER.mkdir(exist_ok=True)
    try:
        with Emulator(seed=7, finish=AfterSeconds(TAKES)).serve() as url:
            made = [make(video, url) for video in plan_videos()]
    except KlingkitError as error:
        print(f"demo failed: {error!r}", file=sys.stderr)
        return 1
    print(table([("API", "MODEL", "HOW", "REF", "SECONDS", "FILE", "SIZE"), *map(row, made)]))
    wrong = [finding for one in made for finding in findings(one)]
    print("\n".join(wrong) or f"\n{len(made)} videos, each checked: length, ratio, sound, task, model and prompt.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
