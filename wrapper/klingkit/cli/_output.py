"""What a command writes: results to stdout, as text or as JSON; messages to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, TextIO

import click

__all__ = ["INTERRUPTED", "Output", "json_option", "output_of"]

INTERRUPTED: Final = 130


class Output:
    """The streams of one command, and the task that it is about."""

    def __init__(self) -> None:
        self.json = False
        self.ref: str | None = None
        """The task, as soon as it is known."""

    def result(self, text: str, record: Mapping[str, Any]) -> None:
        """Write one result: a text, or with `--json` an object on a line."""
        click.echo(json.dumps(record, ensure_ascii=False) if self.json else text)

    def note(self, text: str) -> None:
        """Write a message. It must not fail: a paid task may be under way."""
        write(sys.stderr, f"{text}\n")

    def paid(self, ref: object) -> None:
        """Write the reference of a paid task at once, before anything else may fail."""
        self.ref = str(ref)
        self.note(f"task: {ref}")

    def interrupted(self) -> int:
        """Report Ctrl-C, and that the task goes on."""
        self.note("interrupted" if self.ref is None else f"interrupted; {goes_on(self.ref)}")
        if self.json:
            self.result("", {"ref": self.ref, "error": {"type": "KeyboardInterrupt"}, "exit_code": INTERRUPTED})
        return INTERRUPTED


def goes_on(ref: str) -> str:
    """Return how to come back to a task that has not ended."""
    return f"the task goes on: klingkit wait {ref}"


def write(stream: TextIO, text: str) -> None:
    """Write and flush; a closed stream, or one that lacks a character, is no reason to end."""
    encoding = stream.encoding or "utf-8"
    with suppress(OSError, ValueError):
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()


def output_of(ctx: click.Context) -> Output:
    """Return the output of the running command."""
    return ctx.ensure_object(Output)


def _as_json(ctx: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's signature
    output_of(ctx).json = value


json_option = click.option(
    "--json", is_flag=True, expose_value=False, callback=_as_json, help="Write JSON: one object for each result."
)
