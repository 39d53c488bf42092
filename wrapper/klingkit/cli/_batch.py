"""`klingkit batch`: many jobs, each paid for once, whatever ends the command; `klingkit list`: what the ledger has."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Literal, cast

import click

from klingkit._async_client import AsyncClient
from klingkit._base import Api, TaskRef
from klingkit._polling import Polling, VendorAdvice
from klingkit._text import printable
from klingkit.batch import Batch, Budget, Entry, JobRow, Ledger, Outcome, State, read_jobs
from klingkit.cli._apis import api_option, api_with_key, make_adapter
from klingkit.cli._consent import agreed, can_ask
from klingkit.cli._errors import CREDIT, FAILED, UNCERTAIN, NotPaid, Refused
from klingkit.cli._output import INTERRUPTED, Output, json_option, output_of
from klingkit.cli._progress import progress
from klingkit.cli._signals import SIGNALS
from klingkit.providers import Provider

__all__ = ["batch", "list_"]

RUNNING: Final[tuple[State, ...]] = ("intent", "submitted", "ready")
OPEN: Final[tuple[State, ...]] = (*RUNNING, "queued", "uncertain")
MAX_SHOWN: Final = 500
POLLING: Polling = VendorAdvice()

ledger_option = click.option(
    "--ledger",
    "source",
    default="klingkit-ledger.db",
    envvar="KLINGKIT_LEDGER",
    show_default=True,
    metavar="FILE|URL",
    help="The ledger: an SQLite file, or the URL of a PostgreSQL database.",
)
yes_option = click.option("-y", "--yes", is_flag=True, help="Do not ask before paying.")
name_argument = click.argument("name", required=False)


@click.group()
def batch() -> None:
    """Make many videos: each job of a file is paid for once, and a batch that was interrupted goes on."""


def running(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of commands that run a batch."""
    for option in (
        api_option,
        ledger_option,
        click.option("--budget", metavar="'N jobs'|'N credits'", help="How much the batch may cost in all."),
        click.option(
            "--at-once", type=click.IntRange(1, 1000), default=48, show_default=True, help="Requests at once."
        ),
        yes_option,
        json_option,
        click.pass_context,
    ):
        command = option(command)
    return command


@batch.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--model", metavar="NAME", help="The model of jobs that name none.")
@click.option(
    "-o", "--output", default="{key}.mp4", show_default=True, metavar="TEMPLATE", help="Where each video goes."
)
@click.option("--name", help="The name of the batch; by default that of the file.")
@running
def run(ctx: click.Context, /, path: Path, model: str | None, output: str, name: str | None, **given: Any) -> None:
    """Run the jobs of a file: JSON objects, one a line, or CSV.

    All are checked before the first is paid for. Run the same file again, and what was paid for is not paid again.
    """
    api: Api = given["api"] or api_with_key()
    entries = read_jobs(path, api, model=model, output=output)
    adapter = make_adapter(api)
    named = name or path.stem
    with Ledger(given["source"], polling=POLLING) as ledger:
        known = {job.key for job in ledger.jobs(batch=named)}
        new = [entry for entry in entries if entry.key not in known]
        consent(output_of(ctx), ledger, named, adapter, new, given)
        ledger.enqueue(
            ledger.new_job(
                adapter,
                each.key,
                each.request,
                batch=named,
                output=str(Path(str(each.output)).absolute()),
                estimate=each.estimate,
            )
            for each in entries
        )
        work(ctx, ledger, adapter, named, given)


@batch.command()
@name_argument
@running
def resume(ctx: click.Context, /, name: str | None, **given: Any) -> None:
    """Go on with a batch that was interrupted."""
    with Ledger(given["source"], polling=POLLING) as ledger:
        named = name or only_batch(ledger)
        adapter = make_adapter(given["api"] or api_with_key())
        consent(output_of(ctx), ledger, named, adapter, [], given)
        work(ctx, ledger, adapter, named, given)


def only_batch(ledger: Ledger) -> str:
    """Return the name of the one batch that has not ended.

    Raises:
        UsageError: There is none, or there are several.
    """
    names = sorted({job.batch for job in ledger.jobs(states=OPEN) if job.batch})
    if len(names) != 1:
        listed = f"one of {', '.join(names)}" if names else "no batch of this ledger has jobs that have not ended"
        raise click.UsageError(f"NAME: {listed}")
    return names[0]


def consent(
    output: Output, ledger: Ledger, name: str, adapter: Provider[Any], new: Sequence[Entry], given: dict[str, Any]
) -> None:
    """Show what will be paid for, and ask; return if it may be.

    Raises:
        NotPaid: There is a budget in credits, and the price of a job is not known.
        Refused: Nobody can be asked, or the reply is no.
    """
    queued = ledger.jobs(batch=name, states=["queued"])
    prices = [*(entry.estimate for entry in new), *(job.estimate for job in queued)]
    known = [price for price in prices if price is not None]
    unknown = len(prices) - len(known)
    more = f", and {unknown} whose price is not known beforehand" if unknown else ""
    note = f"{name} at {adapter.base_url}: {len(prices)} jobs to pay for, about {sum(known):g} credits{more}"
    budget = given["budget"] and Budget.parse(given["budget"])
    if not output.note(note if budget is None else f"{note}; budget: {budget}"):
        raise Refused("stderr cannot be written, where the tasks would be named; nothing was paid")
    if budget and budget.unit == "credits" and unknown:
        raise NotPaid(f"--budget: the price of {unknown} jobs is not known; nothing was paid")
    if given["yes"] or not prices:
        return
    if not can_ask():
        raise Refused("stdin or stderr is no terminal, so nobody can be asked: give --yes to pay; nothing was paid")
    if not agreed(output):
        raise Refused("not agreed to; nothing was paid")


def work(ctx: click.Context, ledger: Ledger, adapter: Provider[Any], name: str, given: dict[str, Any]) -> None:
    """Run the batch, show its progress, and exit with what came of it."""
    output, budget = output_of(ctx), given["budget"] and Budget.parse(given["budget"])
    with progress() as update:
        outcome = asyncio.run(_run(ledger, adapter, name, budget, given["at_once"], update))
    for job in ledger.jobs(batch=name):
        output.result(line(job), job.record())
    output.note(summary(outcome.counts))
    for text in advice(outcome, name):
        output.note(text)
    if outcome.halt is not None:
        raise outcome.halt
    ctx.exit(status_of(outcome))


async def _run(
    ledger: Ledger, adapter: Provider[Any], name: str, budget: Budget | None, at_once: int, update: Any
) -> Outcome:
    async with AsyncClient(adapter, pacing=None) as client:  # the ledger keeps to the limits of the account
        show = _show(update)
        engine = Batch(ledger, client, name, budget=budget, at_once=at_once, on_change=show)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, *SIGNALS):
            if signal.getsignal(number) is not signal.SIG_IGN:
                with suppress(NotImplementedError, RuntimeError):  # on Windows; in another thread
                    loop.add_signal_handler(number, engine.stop)
        return await engine.run()


def _show(update: Any) -> Callable[[dict[State, int]], None]:
    def show(counts: dict[State, int]) -> None:
        ended = sum(counts.get(state, 0) for state in ("done", "failed", "uncertain"))
        update(summary(counts), ended / max(sum(counts.values()), 1))

    return show


def summary(counts: dict[State, int]) -> str:
    """Return how many jobs are in which state."""
    named = {"running": sum(counts.get(state, 0) for state in RUNNING)}
    named |= {state: counts.get(state, 0) for state in ("queued", "done", "failed", "uncertain")}
    return ", ".join(f"{count} {word}" for word, count in named.items() if count) or "no jobs"


def advice(outcome: Outcome, name: str) -> list[str]:
    """Return what goes on, and what can be done."""
    lines: list[str] = []
    running_ = sum(outcome.counts.get(state, 0) for state in RUNNING)
    if outcome.stopped:
        lines.append(f"stopped; {running_} tasks go on: klingkit batch resume {name}")
    if outcome.exhausted:
        lines.append(f"--budget: reached; {outcome.counts.get('queued', 0)} jobs were not paid for")
    if outcome.counts.get("uncertain"):
        lines.append("uncertain: a task may exist; look at the service's own list, then: klingkit batch resolve KEY")
    if outcome.counts.get("failed"):
        lines.append(f"failed: klingkit batch retry {name} pays for them again")
    return lines


def status_of(outcome: Outcome) -> int:
    """Return the exit status of a run."""
    if outcome.stopped:
        return INTERRUPTED
    if outcome.counts.get("uncertain"):
        return UNCERTAIN
    if outcome.exhausted:
        return CREDIT
    return FAILED if outcome.counts.get("failed") else 0


def line(job: JobRow) -> str:
    """Return a job on one line: its key, its state, its task, and its file or what is wrong."""
    detail = job.file or job.message or ""
    return "\t".join([job.key, job.state, job.ref or "-", printable(detail, MAX_SHOWN)]).rstrip("\t")


@batch.command()
@name_argument
@ledger_option
@json_option
@click.pass_context
def status(ctx: click.Context, /, name: str | None, source: str) -> None:
    """Show how many jobs are in which state, and what needs a decision."""
    with opened(source) as ledger:
        names = [name] if name else sorted({job.batch for job in ledger.jobs() if job.batch})
        for each in names:
            counts = ledger.counts(each)
            output_of(ctx).result(f"{each}: {summary(counts)}", {"batch": each, "counts": counts})
        for job in ledger.jobs(batch=name, states=["failed", "uncertain"]):
            output_of(ctx).note(line(job))


@batch.command()
@click.argument("name")
@click.argument("keys", nargs=-1)
@ledger_option
@yes_option
@click.pass_context
def retry(ctx: click.Context, /, name: str, keys: Sequence[str], source: str, yes: bool) -> None:  # noqa: FBT001 - click's
    """Queue failed jobs of a batch again, all or those of the KEYS; then `batch resume` pays for them.

    A job whose download alone failed costs nothing.
    """
    with opened(source) as ledger:
        failed = [job for job in ledger.jobs(batch=name, states=["failed"]) if not keys or job.key in keys]
        output_of(ctx).note(f"{len(failed)} failed jobs will be paid for again by klingkit batch resume {name}")
        if not yes and not (can_ask() and agreed(output_of(ctx))):
            raise Refused("not agreed to: give --yes; nothing was changed")
        for job in failed:
            output_of(ctx).result(line(again := ledger.retry(job.id)), again.record())


@batch.command()
@click.argument("key")
@click.option("--task", metavar="REF", help="Its task, as the service lists it.")
@click.option("--pay-again", is_flag=True, help="It has no task: pay for it again.")
@click.option("--give-up", is_flag=True, help="Let it fail.")
@ledger_option
@json_option
@click.pass_context
def resolve(ctx: click.Context, /, key: str, source: str, **given: Any) -> None:
    """Settle a job of which it is not known whether it was paid for."""
    chosen = [value for value in (given["task"], given["pay_again"], given["give_up"]) if value]
    if len(chosen) != 1:
        raise click.UsageError("give one of --task, --pay-again, --give-up")
    settled: Any = TaskRef.parse(given["task"]) if given["task"] else "pay-again" if given["pay_again"] else "give-up"
    with opened(source) as ledger:
        job = ledger.resolve(key, settled)
        output_of(ctx).result(line(job), job.record())


@batch.command()
@name_argument
@click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@ledger_option
@click.pass_context
def export(ctx: click.Context, /, name: str | None, form: str, source: str) -> None:
    """Write the manifest: of each job its task, its file with size and SHA-256, its cost, or its error."""
    with opened(source) as ledger:
        text = ledger.export(cast("Literal['jsonl', 'csv']", form), batch=name)
    for each in text.splitlines():
        output_of(ctx).result(each, {})


@click.command("list")
@click.option("--unsaved", is_flag=True, help="Only those whose video was not downloaded.")
@ledger_option
@json_option
@click.pass_context
def list_(ctx: click.Context, /, *, unsaved: bool, source: str) -> None:
    """List the tasks that this machine has paid for, as its ledger knows them."""
    with opened(source) as ledger:
        for job in ledger.jobs():
            if job.ref and not (unsaved and job.file):
                output_of(ctx).result(line(job), job.record())


def opened(source: str) -> Ledger:
    """Open a ledger that is there.

    Raises:
        UsageError: There is no such file.
    """
    if "://" not in source and not Path(source).exists():
        raise click.UsageError(f"--ledger: no such file: {source}")
    return Ledger(source)
