"""`klingkit generate`: check, estimate, ask, upload, submit, wait, download."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, cast

import click
import httpx
from attrs import frozen

from klingkit._base import Api, TaskRef
from klingkit._catalogue import Model, build_request, find_model, models
from klingkit._client import Client
from klingkit._models import Task
from klingkit._polling import Fixed, Polling, VendorAdvice
from klingkit._uploads import open_source
from klingkit.cli._apis import Finite, api_option, api_with_key, make_adapter, prepared, wait_limit
from klingkit.cli._complete import complete_model, complete_pair
from klingkit.cli._consent import ask, estimate_of
from klingkit.cli._errors import Refused
from klingkit.cli._options import Fields, flags, image_option, read_fields, with_files
from klingkit.cli._output import Output, json_option, output_of
from klingkit.cli._paying import pay
from klingkit.cli._progress import progress, show_bytes, show_task
from klingkit.cli._records import number, task_record
from klingkit.cli._signals import interruptible
from klingkit.providers import Provider
from klingkit.providers._registry import ADAPTERS

__all__ = ["generate"]

OFFER: Final = "; or try it free of charge, without a key: klingkit generate --emulator"
PLACEHOLDER: Final = "https://files.example/upload"
"""Stands for a file that is uploaded later, while the request is checked."""


@frozen
class Job:
    """What is to be made, and how."""

    model: Model
    fields: Fields
    path: Path | None
    timeout: float
    callback_url: str | None
    polling: Polling


@click.command()
@click.argument("prompt", required=False)
@click.option("--model", metavar="NAME", shell_complete=complete_model, help="By default the first that fits.")
@api_option
@click.option("--image", "images", multiple=True, metavar="FILE|URL", help="A first image; another one is the last.")
@click.option(
    "--option",
    "pairs",
    multiple=True,
    metavar="NAME=VALUE",
    shell_complete=complete_pair,
    help="Any option of the model, as `klingkit models NAME` lists them; objects and lists as JSON.",
)
@click.option(
    "-o",
    "--output",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write; by default the task's id with .mp4.",
)
@click.option("--no-wait", is_flag=True, help="Print the reference of the task, and end.")
@wait_limit
@click.option("--callback-url", metavar="URL", help="Where the service reports the end of the task.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask before paying.")
@click.option(
    "--max-credits",
    type=Finite(min=0),
    metavar="N",
    help="Pay nothing if the estimate is higher or unknown; at a terminal, do not ask if it is not.",
)
@click.option("--emulator", "embedded", is_flag=True, help="Use an embedded emulator: free, no key, a sample video.")
@json_option
@click.pass_context
def generate(ctx: click.Context, /, prompt: str | None, pairs: Sequence[str], **given: Any) -> None:
    """Make a video: estimate, ask, submit, wait, download.

    Options that take a file upload a local one, where the API takes uploads: kie.ai. The reference of the task is
    printed as soon as it is known, and whatever happens then, `klingkit wait` and `klingkit download` find the task.
    """
    if given["embedded"] and given["no_wait"]:
        raise click.UsageError("--no-wait: the embedded emulator ends with this command, and its tasks with it")
    ctx.with_resource(interruptible())
    output = output_of(ctx)
    model = choose_model(given["model"], given["api"], given["images"])
    fields = add_images(model, read_fields(ctx, model, prompt, pairs), given["images"])
    polling = Fixed(0.1) if given["embedded"] else VendorAdvice()
    job = Job(model, fields, given["path"], given["timeout"], given["callback_url"], polling)
    check_destination(job.path)
    with client_for(model, embedded=given["embedded"]) as client:
        estimate = estimate_of(model, check_request(client.api, job))
        if given["embedded"]:
            output.note("embedded emulator: free, a sample video")
        else:
            ask(output, model, client.api, estimate, yes=given["yes"], limit=given["max_credits"])
        ref = submit(client, output, job)
        record = {"model": model.name, "estimate": estimate and {"credits": number(estimate.credits)}}
        if given["no_wait"]:
            output.result(str(ref), {"ref": str(ref), **record})
        else:
            finish(client, output, job, ref, record)


def choose_model(name: str | None, api: Api | None, images: Sequence[str]) -> Model:
    """Return the model of this name, at the API that has a key; without a name, the first that fits.

    Raises:
        InvalidRequest: There is no such model.
        UsageError: No model of the API takes an image.
    """
    if name is not None:
        having: list[Api] = [cast("Api", model.api) for model in models(api) if model.name == name]
        return find_model(name, api_with_key(having) if having else api)
    chosen = api or api_with_key()
    fitting = [model for model in models(chosen) if model.request and bool(image_option(model)) == bool(images)]
    if not fitting:
        raise click.UsageError(f"--image: no model of {chosen} takes an image; klingkit models lists those that do")
    return next((model for model in fitting if model.retired is None), fitting[0])


def add_images(model: Model, fields: Fields, images: Sequence[str]) -> Fields:
    """Add the images to the fields that take them.

    Raises:
        UsageError: The model takes no image, or not as many.
    """
    first, tail = image_option(model), [option for option in model.options if option.name == "tail_image_url"]
    if not images:
        return fields
    if first is None:
        raise click.UsageError(f"--image: {model.name} takes no image; klingkit models lists those that do")
    if first.type == "array":
        return {**fields, first.name: list(images)}
    names = [option.name for option in (first, *tail)]
    if len(images) > len(names):
        raise click.UsageError(f"--image: {model.name} takes {len(names)} at most, not {len(images)}")
    return {**fields, **dict(zip(names, images, strict=False))}


def check_destination(path: Path | None) -> None:
    """Refuse a destination that cannot be written, before anything is paid.

    Raises:
        Refused: Its folder is missing, or cannot be written to; it is no regular file; or its name cannot be used.
    """
    folder = Path() if path is None else path.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise Refused(f"--output: {str(folder)!r} is no folder that can be written to; nothing was paid")
    try:
        kind = stat.S_IFREG if path is None else stat.S_IFMT(path.stat().st_mode)
    except FileNotFoundError:
        return
    except OSError as error:  # as where the name is too long
        raise Refused(f"--output: {str(path)[:100]!r} cannot be used ({error.strerror}); nothing was paid") from error
    if kind != stat.S_IFREG:
        raise Refused(f"--output: {str(path)!r} is no regular file; nothing was paid")


@contextmanager
def client_for(model: Model, *, embedded: bool) -> Generator[Client[Any]]:
    """Make a client of a model's API; an embedded emulator lasts as long as the block."""
    api = cast("Api", model.api)
    if not embedded:
        with Client[Any](make_adapter(api, offer=OFFER)) as client:
            yield client
        return
    from klingkit.emulator import AfterQueries, Emulator  # noqa: PLC0415 - an extra

    dialect: Any = "official" if api == "kie" else "document"  # it states costs
    emulator = Emulator(finish=AfterQueries(2), dialect=dialect, accept_models=model.request is None)
    with (
        emulator.serve() as url,
        httpx.Client(trust_env=False) as http,  # a proxy of the environment does not reach it
        Client[Any](prepared(ADAPTERS[api]("emulator", url)), http=http) as client,
    ):
        yield client


def check_request(adapter: Provider[Any], job: Job) -> Any:
    """Make the request, with placeholders for local files, and check all that is checked before it is sent.

    Raises:
        InvalidRequest: A field, or a file, cannot be used.
    """

    def check_file(name: str, text: str) -> str:
        with open_source(adapter, Path(text), **purpose(job.model, name)):
            return PLACEHOLDER

    request = build_request(job.model, with_files(job.model, job.fields, check_file))
    adapter.submit(request, callback_url=job.callback_url)
    return request


def purpose(model: Model, name: str) -> dict[str, Any]:
    """Return what a file is for, so that its type and size are checked."""
    return {"request": model.request, "field": name}


def submit(client: Client[Any], output: Output, job: Job) -> TaskRef:
    """Upload the files, and make the paid request; its task is written at once."""

    def upload(name: str, text: str) -> str:
        output.note(f"uploading {text}")
        return client.upload(Path(text), **purpose(job.model, name)).url

    request = build_request(job.model, with_files(job.model, job.fields, upload))
    return pay(client, output, request, job.callback_url)


def finish(client: Client[Any], output: Output, job: Job, ref: TaskRef, record: dict[str, Any]) -> None:
    """Wait for the task, and download its video."""
    with progress() as update:
        task = client.wait(ref, timeout=job.timeout, on_update=show_task(update), polling=job.polling)
    output.note(f"cost: {task.cost or 'not stated by the service'}")
    path = download_to(client, task, job.path)
    output.result(str(path), {**task_record(task), **record, "file": str(path)})


def download_to(client: Client[Any], task: Task, path: Path | None, index: int = 0) -> Path:
    """Download a video to a path, or to the task's id with .mp4, and show the progress."""
    name = re.sub(r"[^\w.-]", "_", task.ref.id)[:100]
    with progress() as update:
        destination = Path(f"{name}.mp4") if path is None else path
        return client.download(task, destination, index=index, on_progress=show_bytes(update))


generate.params += flags()
