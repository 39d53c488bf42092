"""`klingkit callback`: verify one, or receive and forward them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, BinaryIO, Final

import click

from klingkit import CallbackEvent, CallbackRejected, Secret, parse_callback
from klingkit._base import APIS, Api
from klingkit.cli._apis import Finite
from klingkit.cli._errors import Refused, error_record
from klingkit.cli._listener import Delivery, forever, serve
from klingkit.cli._output import Output, json_option, output_of
from klingkit.cli._records import task_line, task_record
from klingkit.providers._common import is_web_url

__all__ = ["callback"]

LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")

api_of_sender = click.option("--api", type=click.Choice(APIS), required=True, help="The API that it should be from.")
keys_option = click.option(
    "--key",
    "keys",
    multiple=True,
    type=Secret,
    envvar="KLINGKIT_CALLBACK_KEY",
    show_envvar=True,
    metavar="KEY",
    help="A signing key; better set in the environment, which no process list shows.",
)


@click.group()
def callback() -> None:
    """Verify callbacks, or receive and forward them."""


@callback.command()
@click.argument("body", type=click.File("rb"), default="-")
@api_of_sender
@click.option("-H", "--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="A header of the delivery.")
@keys_option
@click.option(
    "--tolerance",
    type=Finite(min=0),
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="How old a signature may be.",
)
@json_option
@click.pass_context
def verify(
    ctx: click.Context,
    /,
    body: BinaryIO,
    api: Api,
    headers: Sequence[str],
    keys: Sequence[Secret],
    tolerance: float,
) -> None:
    """Read a callback from a file or stdin, and check its signature if there is a key.

    Exit status 1: it cannot be read, or no key proves the sender.
    """
    given = dict(map(_header, headers))
    event = parse_callback(api, body.read(), given, keys=keys, tolerance=tolerance)
    show(output_of(ctx), event)


def _header(text: str) -> tuple[str, str]:
    name, separator, value = text.partition(":")
    if not separator:
        raise click.BadParameter(f"'NAME: VALUE', not {text!r}", param_hint="--header")
    return name.strip(), value.strip()


def show(output: Output, event: CallbackEvent, **more: Any) -> None:
    """Write what a callback reports, and whether its sender is proven."""
    proof = "signature valid" if event.verified else "signature not checked: no key"
    record = {**task_record(event.task), "verified": event.verified, "id": event.id, **more}
    details = [f"{name} {value}" for name, value in more.items()]
    output.result("\t".join([task_line(event.task), proof, *details]), record)


@callback.command()
@api_of_sender
@click.option("--forward-to", metavar="URL", required=True, help="Where each delivery is sent on to, as it arrived.")
@click.option("--host", default="127.0.0.1", show_default=True, help="An address of this machine.")
@click.option("--port", type=click.IntRange(0, 65535), default=8910, show_default=True, help="0 takes a free one.")
@keys_option
@json_option
@click.pass_context
def listen(ctx: click.Context, /, api: Api, forward_to: str, host: str, port: int, keys: Sequence[Secret]) -> None:
    """Receive callbacks, show them, and forward them to a service of yours; end with Ctrl-C.

    Body and headers are forwarded as they arrived, forged ones too, so that the signature can be checked there; the
    reply is the service's.
    """
    if not is_web_url(forward_to):
        raise Refused(f"--forward-to: an http or https URL, not {forward_to!r}")
    output = output_of(ctx)

    def shown(delivery: Delivery) -> None:
        try:
            event = parse_callback(api, delivery.body, delivery.headers, keys=keys)
        except CallbackRejected as error:
            text = f"{error}\tforwarded {delivery.status}"
            output.result(text, {**error_record(error), "forwarded": delivery.status})
        else:
            show(output, event, forwarded=delivery.status)

    try:
        with serve(host, port, forward_to, shown) as url:
            output.note(f"receiving at {url}, forwarding to {forward_to}; end with Ctrl-C")
            if host not in LOOPBACK:
                output.note(f"anyone who reaches {host} can have requests forwarded to {forward_to}")
            forever()
    except OSError as error:
        raise Refused(f"--host {host} --port {port}: {error.strerror}") from error
