"""`klingkit emulator`: the emulator's own command line."""

from __future__ import annotations

from collections.abc import Sequence

import click

__all__ = ["emulator"]


@click.command(add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def emulator(options: Sequence[str]) -> None:
    """Serve the emulator until Ctrl-C; its options are those of `python -m klingkit.emulator`."""
    from klingkit.emulator._cli import main  # noqa: PLC0415 - an extra

    main(options)
