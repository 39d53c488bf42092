"""`klingkit credits`: what the account has left."""

from __future__ import annotations

import click

from klingkit._base import Api
from klingkit.cli._apis import api_option, api_with_key, make_client
from klingkit.cli._output import json_option, output_of
from klingkit.cli._records import number

__all__ = ["credits"]


@click.command(name="credits")
@api_option
@json_option
@click.pass_context
def credits(ctx: click.Context, /, api: Api | None) -> None:  # noqa: A001 - the command's name
    """Show the credits that the account has left; of the APIs, kie.ai alone has them."""
    chosen = api or api_with_key()
    with make_client(chosen) as client:
        left = client.credits()
    output_of(ctx).result(f"{left:f} credits", {"api": chosen, "credits": number(left)})
