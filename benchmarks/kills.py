"""Kill a batch at random instants and count what is lost: `python -m benchmarks.kills [JOBS KILLS SEED]`.

A process runs a batch on a ledger in a file, against an emulator that drops connections and fails. It is killed, or
stopped and continued later beside its successor. The emulator's own count of creations is the judge.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from attrs import asdict, frozen

from klingkit import AsyncClient, Fixed, Pacing
from klingkit.batch import Batch, JobRow, Ledger
from klingkit.emulator import AfterSeconds, Emulator, Fault, TaskView, read_label
from klingkit.native import Native, Text2Video

__all__ = ["Losses", "kill"]

LIMIT: Final = Pacing(creations=20, per=2.0)
FAULTS: Final = (
    Fault("drop", operation="create", after=True, probability=0.05),
    Fault("drop", operation="create", probability=0.03),
    Fault("html", operation="create", status=502, probability=0.03),
    Fault("html", operation="query", status=503, probability=0.05),
    Fault("drop", operation="query", probability=0.05),
    Fault("truncate", operation="media", probability=0.1),
)
READY: Final = "ready"
STOPPED: Final = 5.0
"""Seconds for which a process is stopped: longer than an intent lasts. It may hold the file's lock all the while."""

ENOUGH: Final = 240.0
"""Seconds after the last kill in which all must have ended."""


@frozen
class Losses:
    """What a run has lost; each number but the first three should be 0."""

    jobs: int
    kills: int
    unpaid_uncertain: int
    """Jobs of which it is not known that nothing was paid, and nothing was: a user settles them."""
    lost: int
    """Tasks that were paid for, and that no job knows."""
    paid_twice: int
    stuck: int
    paid_uncertain: int
    damaged: int
    """Files that are not whole, or not those of their task."""
    over_limit: int
    """Creations in some window, as the emulator saw them, above the limit."""


def open_ledger(path: Path) -> Ledger:
    """Open the ledger of a run, with time limits that suit it."""
    return Ledger(path, pacing=LIMIT, polling=Fixed(0.3), submit_timeout=2.0, grace=2.0)


def work(url: str, folder: Path) -> None:
    """Be the process that is killed."""

    async def main() -> None:
        with open_ledger(folder / "ledger.db") as ledger:
            async with AsyncClient(Native("key-of-nobody", url), pacing=None) as client:
                print(READY, flush=True)  # noqa: T201
                await Batch(ledger, client, "kills").run()

    asyncio.run(main())


def start(url: str, folder: Path) -> subprocess.Popen[str]:
    """Start the process, and wait until it is about to begin."""
    command = [sys.executable, "-m", "benchmarks.kills", "work", url, str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603
    assert process.stdout is not None
    process.stdout.readline()
    return process


def kill(folder: Path, jobs: int, kills: int, seed: int) -> Losses:
    """Run a batch, kill it so often, and return what was lost."""
    rng = random.Random(seed)  # noqa: S311 - the same instants each time
    emulator = Emulator(seed=seed, finish=AfterSeconds(1.0), faults=FAULTS)
    with emulator.serve() as url, open_ledger(folder / "ledger.db") as ledger:
        enqueue(ledger, url, folder, jobs)
        processes = interrupt(url, folder, kills, rng)
        processes.append(start(url, folder))
        try:
            settle(ledger, lambda: emulator.tasks)
            return judge(ledger, emulator.tasks, kills)
        finally:
            for process in processes:
                process.kill()
                process.communicate()


def enqueue(ledger: Ledger, url: str, folder: Path, jobs: int) -> None:
    """Add the jobs; the prompt of each is its key."""
    api = Native("key-of-nobody", url)
    ledger.enqueue(
        ledger.new_job(
            api,
            f"job-{n}",
            Text2Video(prompt=f"job-{n}", model_name="kling-v1-6", mode="std"),
            batch="kills",
            output=str(folder / f"job-{n}.mp4"),
        )
        for n in range(jobs)
    )


def interrupt(url: str, folder: Path, kills: int, rng: random.Random) -> list[subprocess.Popen[str]]:
    """Start and kill the process so often; return those that were stopped, and go on beside the others."""
    stopped: list[subprocess.Popen[str]] = []
    for number in range(kills):
        process = start(url, folder)
        time.sleep(rng.uniform(0.0, 1.5))
        if number % 5 == 3:
            process.send_signal(signal.SIGSTOP)
            stopped.append(process)
            threading.Timer(STOPPED, process.send_signal, [signal.SIGCONT]).start()
        else:
            process.kill()
            process.communicate()
    return stopped


def settle(ledger: Ledger, tasks: Any) -> None:
    """Wait until each job has ended, but for those whose payment is uncertain and created nothing."""
    end = time.monotonic() + ENOUGH
    while time.monotonic() < end and any(is_open(job, tasks()) for job in ledger.jobs()):
        time.sleep(0.25)


def is_open(job: JobRow, tasks: Sequence[TaskView]) -> bool:
    """Return whether something is still to happen to a job."""
    if job.state == "uncertain":
        return any(task.prompt == job.key for task in tasks)
    return job.state not in {"done", "failed"}


def judge(ledger: Ledger, tasks: Sequence[TaskView], kills: int) -> Losses:
    """Compare what the ledger says with what the emulator has created."""
    jobs, paid = ledger.jobs(), Counter(task.prompt for task in tasks)
    known = {job.task.id for job in jobs if job.task is not None}
    uncertain = [job for job in jobs if job.state == "uncertain"]
    return Losses(
        jobs=len(jobs),
        kills=kills,
        unpaid_uncertain=sum(not paid[job.key] for job in uncertain),
        lost=sum(task.id not in known for task in tasks),
        paid_twice=sum(count - 1 for count in paid.values()),
        stuck=sum(job.state not in {"done", "uncertain"} for job in jobs),
        paid_uncertain=sum(bool(paid[job.key]) for job in uncertain),
        damaged=sum(is_damaged(job) for job in jobs if job.state == "done"),
        over_limit=max(0, most_in_a_window([task.created for task in tasks]) - (LIMIT.creations or 0)),
    )


def is_damaged(job: JobRow) -> bool:
    """Return whether the file of a job is not the whole video of its task."""
    assert job.file is not None
    assert job.task is not None
    content = Path(job.file).read_bytes()
    return read_label(content).task_id != job.task.id or hashlib.sha256(content).hexdigest() != job.sha256


def most_in_a_window(times: Sequence[float]) -> int:
    """Return the most creations that one window has seen."""
    ordered = sorted(times)
    return max((sum(0 <= each - first < LIMIT.per for each in ordered) for first in ordered), default=0)


def main(arguments: Sequence[str]) -> None:
    """Be the process that is killed, or run and print what was lost."""
    if arguments[:1] == ["work"]:
        work(arguments[1], Path(arguments[2]))
        return
    jobs, kills, seed = (int(each) for each in (*arguments, *("600", "60", "0")[len(arguments) :]))
    with tempfile.TemporaryDirectory() as folder:
        print(asdict(kill(Path(folder), jobs, kills, seed)))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
