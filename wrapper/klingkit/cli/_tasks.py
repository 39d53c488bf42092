"""`klingkit status`, `wait`, `watch`, `download`: tasks by their references."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from klingkit import InvalidRequest, KlingkitError, TaskResult
from klingkit._base import TaskRef
from klingkit._client import Client
from klingkit._models import Task
from klingkit.cli._apis import client_of, wait_limit
from klingkit.cli._errors import FAILED, TIMEOUT, error_record, exit_code
from klingkit.cli._generate import download_to
from klingkit.cli._output import Output, goes_on, json_option, output_of
from klingkit.cli._progress import progress
from klingkit.cli._records import task_line, task_record

__all__ = ["download", "status", "wait", "watch"]


def reference(text: str) -> TaskRef:
    """Read a task reference.

    Raises:
        BadParameter: It is none.
    """
    try:
        return TaskRef.parse(text)
    except InvalidRequest as error:
        raise click.BadParameter(str(error)) from error


one_ref = click.argument("ref", type=reference)
some_refs = click.argument("refs", metavar="REF...", type=reference, nargs=-1, required=True)


@click.command()
@some_refs
@json_option
@click.pass_context
def status(ctx: click.Context, /, refs: Sequence[TaskRef]) -> None:
    """Query tasks once.

    Exit status 1: one of them has failed.
    """
    output = output_of(ctx)

    def query(client: Client[Any], refs: Sequence[TaskRef]) -> Iterable[TaskResult]:
        return client.get_many(refs)

    ctx.exit(max(show(output, result) for result in each(refs, query)))


@click.command()
@some_refs
@wait_limit
@json_option
@click.pass_context
def wait(ctx: click.Context, /, refs: Sequence[TaskRef], timeout: float) -> None:
    """Wait until tasks have ended, and show each when it has.

    Exit status 1: one of them failed; 5: one of them did not end in time, and goes on.
    """
    output, total = output_of(ctx), len(set(refs))
    output.ref = str(refs[0])

    def follow(client: Client[Any], refs: Sequence[TaskRef]) -> Iterable[TaskResult]:
        with client.as_completed(refs, timeout=timeout) as results:
            yield from results

    worst, results = 0, iter(each(refs, follow))
    for ended in range(total):
        with progress() as update:  # ends before the result is written: both may be on one terminal
            update(f"waiting for {total}", ended / total)
            result = next(results)
        worst = max(worst, show(output, result))
    ctx.exit(worst)


Query = Callable[[Client[Any], Sequence[TaskRef]], Iterable[TaskResult]]


def each(refs: Sequence[TaskRef], query: Query) -> Iterable[TaskResult]:
    """Yield the results of all tasks, those of one account together; every account must have its key."""
    grouped = groupby(sorted(refs, key=account_of), key=account_of)
    accounts = [list(dict.fromkeys(group)) for _, group in grouped]
    with ExitStack() as stack:
        clients = [stack.enter_context(client_of(of_account[0])) for of_account in accounts]
        for client, of_account in zip(clients, accounts, strict=True):
            yield from query(client, of_account)


def account_of(ref: TaskRef) -> tuple[str, str]:
    """Return the API and the account of a task."""
    return ref.api, ref.account or ""


def show(output: Output, result: TaskResult) -> int:
    """Write what became of a task, and return its exit status."""
    task = result.task
    if result.error is None and task is not None:
        output.result(task_line(task), task_record(task))
        return FAILED if task.status == "failed" else 0
    error = result.error or KlingkitError("no result")
    failed = getattr(error, "task", None)
    text = task_line(failed) if isinstance(failed, Task) and failed.done else f"{result.ref}\t{error}"
    output.result(text, {"ref": str(result.ref), **error_record(error)})
    return exit_code(error)


@click.command()
@one_ref
@wait_limit
@json_option
@click.pass_context
def watch(ctx: click.Context, /, ref: TaskRef, timeout: float) -> None:
    """Show each change of a task until it has ended.

    Exit status 1: it failed.
    """
    output, failed = output_of(ctx), False
    output.ref = str(ref)
    with client_of(ref) as client:
        for task in client.watch(ref, timeout=timeout):
            output.result(task_line(task), task_record(task))
            failed = task.status == "failed"
    ctx.exit(FAILED if failed else 0)


@click.command()
@one_ref
@click.option(
    "-o",
    "--output",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write; by default the task's id with .mp4.",
)
@click.option("--index", type=click.IntRange(min=0), default=0, help="The number of its video, from 0.")
@json_option
@click.pass_context
def download(ctx: click.Context, /, ref: TaskRef, path: Path | None, index: int) -> None:
    """Download a finished video; an interrupted download is resumed.

    Exit status 1: the task has failed; 5: it has not ended.
    """
    output = output_of(ctx)
    output.ref = str(ref)
    with client_of(ref) as client:
        task = client.get(ref)
        if task.status != "succeeded":
            output.result(task_line(task), task_record(task))
            if not task.done:
                output.note(goes_on(str(ref)))
            ctx.exit(FAILED if task.done else TIMEOUT)
        file = download_to(client, task, path, index)
    output.result(str(file), {**task_record(task), "file": str(file)})
